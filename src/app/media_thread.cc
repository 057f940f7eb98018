#include "app/media_thread.h"

#include <errno.h>
#include <fmt/format.h>

namespace parley::app {

std::expected<io::UdpSocket, std::string> bind_media_socket(uint16_t port, size_t index) {
  const auto wanted = port == 0 ? uint16_t{0} : static_cast<uint16_t>(port + index);
  auto socket = io::UdpSocket::bind(std::nullopt, wanted);
  if (socket) return std::move(*socket);
  switch (socket.error().system_error) {
    case EADDRINUSE:
      return std::unexpected(
          fmt::format("UDP port {} is taken: another program uses it for media; stop that program "
                      "or use --media-port with another number.",
                      wanted));
    case EACCES:
    case EPERM:
      return std::unexpected(fmt::format(
          "UDP port {} may not be used by this user; use --media-port with a number from 1024 on.",
          wanted));
    default:
      return std::unexpected(
          fmt::format("UDP port {} can't be opened ({}); use --media-port to choose another.",
                      wanted, socket.error().message));
  }
}

}  // namespace parley::app
