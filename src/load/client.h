// What a load generator drives: one simulated participant of whatever service, with a WebSocket and
// a UDP socket that the driver holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "load/media_leg.h"

namespace parley::load {

enum class ClientState : uint8_t {
  kIdle,        // no socket yet
  kJoining,     // said that it wants to join
  kConnecting,  // in the room; its media isn't connected yet
  kConnected,
  kEnded,  // for good; see end_reason()
};

// The driver passes on what the sockets bring, in both directions. Outputs are to be polled after
// every handle_ function. Does no IO.
class Client {
 public:
  virtual ~Client() = default;

  // The WebSocket stands. `udp`: the local address of the UDP socket, from which the server can be
  // reached. `server`: the address that the WebSocket leads to; media goes there too if the server
  // offers that.
  virtual void handle_open(const SocketAddress& udp, const IpAddress& server, Timestamp now) = 0;
  virtual void handle_message(std::string_view text, Timestamp now) = 0;
  // The WebSocket is gone or never stood; `reason` is a sentence.
  virtual void handle_close(std::string reason) = 0;
  // `arrived`: when it reached the machine, at most `now`.
  virtual void handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp arrived,
                               Timestamp now) = 0;
  virtual void handle_timeout(Timestamp now) = 0;
  // Says good-bye and stops sending.
  virtual void leave() = 0;

  virtual bool poll_message(std::string& out) = 0;
  // `bytes` are valid until the next call. `now` is what packets say about when they were sent.
  virtual bool poll_datagram(transport::PeerTransport::Output& out, Timestamp now) = 0;
  virtual Deadline poll_timeout() const = 0;

  virtual ClientState state() const = 0;
  virtual const std::string& name() const = 0;
  virtual const std::string& end_reason() const = 0;
  virtual std::optional<Timestamp> connected_at() const = 0;
  virtual const MediaLeg& media() const = 0;
};

}  // namespace parley::load
