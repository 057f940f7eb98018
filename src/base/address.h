// IP addresses and ports as plain values, comparable and hashable, with no operating-system header
// behind them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace parley {

// IPv4 or IPv6. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is stored as the IPv4 it means, so
// that one host has one value.
class IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0
  static IpAddress v4(uint32_t host_order);
  static IpAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
  static IpAddress v6(const std::array<uint8_t, 16>& bytes);
  // Dotted or colon form (RFC 4291 §2.2), without zone or brackets; nullopt for anything else, host
  // names included.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return !v6_; }
  bool is_v6() const { return v6_; }
  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_link_local() const;
  // RFC 1918, RFC 4193, link-local or loopback.
  bool is_private() const;
  // The 4 or 16 bytes in network order.
  Bytes bytes() const { return Bytes(bytes_.data(), v6_ ? 16u : 4u); }
  uint32_t v4_host_order() const { return load_be32(bytes_.data()); }
  // True if both are of one family and their first `prefix_bits` bits agree.
  bool same_network(const IpAddress& other, int prefix_bits) const;
  std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<uint8_t, 16> bytes_{};
  bool v6_ = false;
};

struct SocketAddress {
  IpAddress ip;
  uint16_t port = 0;

  // "1.2.3.4:5" or "[::1]:5"; nullopt for anything else.
  static std::optional<SocketAddress> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const SocketAddress&) const = default;
};

// The two ends of a UDP flow as seen here. `local` matters where a host has several addresses: what
// came in to one must be answered from it, or the other side's NAT and ICE agent won't know it.
struct FlowPath {
  SocketAddress local;
  SocketAddress remote;
  auto operator<=>(const FlowPath&) const = default;
};

}  // namespace parley

template <>
struct std::hash<parley::IpAddress> {
  size_t operator()(const parley::IpAddress& ip) const noexcept {
    uint64_t h = 0xcbf29ce484222325;
    for (const uint8_t b : ip.bytes()) h = (h ^ b) * 0x100000001b3;
    return h;
  }
};
template <>
struct std::hash<parley::SocketAddress> {
  size_t operator()(const parley::SocketAddress& a) const noexcept {
    return std::hash<parley::IpAddress>{}(a.ip) * 31 + a.port;
  }
};
template <>
struct std::hash<parley::FlowPath> {
  size_t operator()(const parley::FlowPath& p) const noexcept {
    return std::hash<parley::SocketAddress>{}(p.remote) * 1315423911u +
           std::hash<parley::SocketAddress>{}(p.local);
  }
};
