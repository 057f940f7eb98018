// What the server says on standard output once it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "io/interfaces.h"

namespace parley::app {

struct ServingAt {
  std::optional<SocketAddress> http;  // as bound; absent: off
  std::optional<SocketAddress> https;
  uint16_t media_port = 0;
  bool self_signed = false;
};

// "ready http=URL https=URL media=PORT": the contract with programs that start Parley. "off" stands
// for a listener that is not there.
std::string ready_line(const ServingAt& at);

// The lines before it, for people: addresses to open, and a QR code of the best one for a phone
// when `terminal`.
std::string greeting(const ServingAt& at, const std::vector<io::InterfaceAddress>& interfaces,
                     bool terminal);

// A QR code of two modules a character; empty when the text is too long.
std::string qr_code(const std::string& text);

}  // namespace parley::app
