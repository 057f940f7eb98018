#include "control/output.h"

#include <utility>

#include "signaling/codec.h"

namespace parley::control {

SharedText encode(const signaling::ServerMessage& message) {
  return std::make_shared<const std::string>(signaling::write(message));
}

void Outbox::send(ConnectionId to, const signaling::ServerMessage& message) {
  if (to) send_text(to, encode(message));
}

void Outbox::send_text(ConnectionId to, SharedText text) {
  if (to) outputs_.emplace_back(SendText{to, std::move(text)});
}

void Outbox::close(ConnectionId connection, uint16_t code, std::string reason) {
  if (connection) outputs_.emplace_back(CloseConnection{connection, code, std::move(reason)});
}

void Outbox::media(size_t shard, media::Command command) {
  outputs_.emplace_back(MediaOutput{shard, std::move(command)});
}

bool Outbox::poll(Output& out) {
  if (outputs_.empty()) return false;
  out = std::move(outputs_.front());
  outputs_.pop_front();
  return true;
}

}  // namespace parley::control
