// What the control plane wants done, and the queue that its parts write to.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>

#include "base/address.h"
#include "base/ids.h"
#include "media/command.h"
#include "signaling/server_message.h"

namespace parley::control {

// A signalling socket, numbered by the driver; never used again while the process lives.
using ConnectionId = Id<struct SignalingConnectionTag>;

struct ConnectionInfo {
  IpAddress remote_ip;
  IpAddress local_ip;  // the address of ours that the connection came in on
};

// One frame's text, made once and shared by all who get it.
using SharedText = std::shared_ptr<const std::string>;

struct SendText {
  ConnectionId connection;
  SharedText text;
};
struct CloseConnection {
  ConnectionId connection;
  uint16_t code = 1000;  // RFC 6455 §7.4
  std::string reason;
};
struct MediaOutput {
  size_t shard = 0;
  media::Command command;
};
using Output = std::variant<SendText, CloseConnection, MediaOutput>;

// WebSocket close codes; from 4000 on they are ours (RFC 6455 §7.4.2).
inline constexpr uint16_t kCloseNormal = 1000;
inline constexpr uint16_t kCloseGoingAway = 1001;
inline constexpr uint16_t kCloseRefused = 4000;  // after a fatal error
inline constexpr uint16_t kCloseRemoved = 4001;
inline constexpr uint16_t kCloseReplaced = 4002;
inline constexpr uint16_t kCloseSilent = 4003;
inline constexpr uint16_t kCloseTooMany = 4004;

SharedText encode(const signaling::ServerMessage& message);

// Drained by the driver after each call; so bounded by what one call makes.
class Outbox {
 public:
  void send(ConnectionId to, const signaling::ServerMessage& message);
  void send_text(ConnectionId to, SharedText text);
  void close(ConnectionId connection, uint16_t code, std::string reason);
  void media(size_t shard, media::Command command);
  bool poll(Output& out);

 private:
  std::deque<Output> outputs_;
};

}  // namespace parley::control
