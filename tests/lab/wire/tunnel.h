// A network interface of another namespace whose other end is in our hands.
//
// TUN and not AF_PACKET on a veth pair: the kernel finishes checksums and segmentation before it
// hands over a packet, so there are no offloads to switch off; there is no ARP to spare, no third
// namespace, and no echo of what we send. The interface goes with the file descriptor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace parley::lab {

struct TunnelPlace {
  std::string network;  // path of a network namespace; "-": our own
  std::string device;   // the interface's name there, at most 15 characters
  std::string address;  // IPv4, dotted
  int prefix = 0;       // 1..32

  // From "NETWORK,DEVICE,ADDRESS/PREFIX"; throws std::invalid_argument.
  static TunnelPlace parse(const std::string& text);
};

class Tunnel {
 public:
  static constexpr int kMtu = 1500;

  // Makes the interface, gives it the address and brings it up. Throws std::system_error.
  explicit Tunnel(const TunnelPlace& place);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  int fd() const { return fd_; }
  // A whole IP packet that its namespace sent; false if there is none now. Never blocks.
  bool receive(std::vector<uint8_t>& packet);
  // False if the kernel didn't take it.
  bool send(const std::vector<uint8_t>& packet);

 private:
  int fd_ = -1;
};

}  // namespace parley::lab
