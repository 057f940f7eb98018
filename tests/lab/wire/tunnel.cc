#include "tunnel.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace parley::lab {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int check(int result, const std::string& what) {
  if (result < 0) fail(what);
  return result;
}

class Descriptor {
 public:
  Descriptor(int fd, const std::string& what) : fd_(check(fd, what)) {}
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// While it lives this thread is in the other network namespace.
class NetworkVisit {
 public:
  explicit NetworkVisit(const std::string& network)
      : home_(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "our network namespace") {
    if (network == "-") return;
    const Descriptor there(open(network.c_str(), O_RDONLY | O_CLOEXEC), network);
    check(setns(there.get(), CLONE_NEWNET), "entering " + network);
  }
  ~NetworkVisit() {
    if (setns(home_.get(), CLONE_NEWNET) != 0) std::terminate();
  }
  NetworkVisit(const NetworkVisit&) = delete;
  NetworkVisit& operator=(const NetworkVisit&) = delete;

 private:
  Descriptor home_;
};

ifreq request_for(const std::string& device) {
  ifreq request{};
  std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
  return request;
}

void set_address(int socket, unsigned long what, const std::string& device, in_addr address) {
  ifreq request = request_for(device);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr = address;
  std::memcpy(&request.ifr_addr, &place, sizeof(place));
  check(ioctl(socket, what, &request), "address of " + device);
}

// Its neighbour discovery would be in all counters; where IPv6 isn't, there is nothing to switch
// off.
void switch_off_ipv6(const std::string& device) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + device + "/disable_ipv6";
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "1", 1) != 1) fail(path);
  close(fd);
}

void bring_up(const TunnelPlace& place) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  in_addr address{};
  if (inet_pton(AF_INET, place.address.c_str(), &address) != 1)
    throw std::invalid_argument("not an IPv4 address: " + place.address);
  const in_addr mask{htonl(~uint32_t{0} << (32 - place.prefix))};
  set_address(socket.get(), SIOCSIFADDR, place.device, address);
  set_address(socket.get(), SIOCSIFNETMASK, place.device, mask);
  ifreq request = request_for(place.device);
  request.ifr_mtu = Tunnel::kMtu;
  check(ioctl(socket.get(), SIOCSIFMTU, &request), "MTU of " + place.device);
  request = request_for(place.device);
  check(ioctl(socket.get(), SIOCGIFFLAGS, &request), "flags of " + place.device);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  check(ioctl(socket.get(), SIOCSIFFLAGS, &request), "bringing up " + place.device);
}

}  // namespace

TunnelPlace TunnelPlace::parse(const std::string& text) {
  const size_t first = text.find(',');
  const size_t second = first == std::string::npos ? first : text.find(',', first + 1);
  const size_t slash = second == std::string::npos ? second : text.find('/', second + 1);
  if (slash == std::string::npos)
    throw std::invalid_argument("NETWORK,DEVICE,ADDRESS/PREFIX, not " + text);
  TunnelPlace place{text.substr(0, first), text.substr(first + 1, second - first - 1),
                    text.substr(second + 1, slash - second - 1), std::stoi(text.substr(slash + 1))};
  if (place.device.empty() || place.device.size() >= IFNAMSIZ || place.prefix < 1 ||
      place.prefix > 32)
    throw std::invalid_argument("not a place for an interface: " + text);
  return place;
}

Tunnel::Tunnel(const TunnelPlace& place) {
  const NetworkVisit visit(place.network);
  fd_ = check(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
  try {
    ifreq request = request_for(place.device);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    check(ioctl(fd_, TUNSETIFF, &request), "making " + place.device);
    switch_off_ipv6(place.device);
    bring_up(place);
  } catch (...) {
    close(fd_);
    throw;
  }
}

Tunnel::~Tunnel() {
  close(fd_);
}

bool Tunnel::receive(std::vector<uint8_t>& packet) {
  packet.resize(kMtu);
  const ssize_t size = read(fd_, packet.data(), packet.size());
  if (size <= 0) return false;
  packet.resize(static_cast<size_t>(size));
  return true;
}

bool Tunnel::send(const std::vector<uint8_t>& packet) {
  return write(fd_, packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

}  // namespace parley::lab
