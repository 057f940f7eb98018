#include "base/address.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace parley {
namespace {

std::optional<std::array<uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<uint8_t, 4> out{};
  for (size_t i = 0; i < 4; ++i) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<size_t>(end - text.data());
    if (error != std::errc{} || value > 255 || digits > 3 || (digits > 1 && text[0] == '0'))
      return std::nullopt;
    out[i] = static_cast<uint8_t>(value);
    text.remove_prefix(digits);
    if (i < 3) {
      if (text.empty() || text[0] != '.') return std::nullopt;
      text.remove_prefix(1);
    }
  }
  return text.empty() ? std::optional(out) : std::nullopt;
}

// One side of "::": groups of hexadecimal, the last perhaps a dotted IPv4.
std::optional<std::vector<uint8_t>> parse_groups(std::string_view text) {
  std::vector<uint8_t> out;
  if (text.empty()) return out;
  for (;;) {
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(group);
      if (!v4) return std::nullopt;
      out.insert(out.end(), v4->begin(), v4->end());
      return out;
    }
    unsigned value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    if (error != std::errc{} || end != group.data() + group.size() || group.size() > 4)
      return std::nullopt;
    out.push_back(static_cast<uint8_t>(value >> 8));
    out.push_back(static_cast<uint8_t>(value));
    if (out.size() > 16) return std::nullopt;
    if (colon == std::string_view::npos) return out;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::array<uint8_t, 16>> parse_v6(std::string_view text) {
  std::array<uint8_t, 16> out{};
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto groups = parse_groups(text);
    if (!groups || groups->size() != 16) return std::nullopt;
    std::copy(groups->begin(), groups->end(), out.begin());
    return out;
  }
  const auto head = parse_groups(text.substr(0, gap));
  const auto tail = parse_groups(text.substr(gap + 2));
  if (!head || !tail || head->size() + tail->size() > 14) return std::nullopt;
  std::copy(head->begin(), head->end(), out.begin());
  std::copy(tail->begin(), tail->end(), out.end() - static_cast<std::ptrdiff_t>(tail->size()));
  return out;
}

}  // namespace

IpAddress IpAddress::v4(uint32_t host_order) {
  IpAddress ip;
  store_be32(ip.bytes_.data(), host_order);
  return ip;
}

IpAddress IpAddress::v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  IpAddress ip;
  ip.bytes_ = {a, b, c, d};
  return ip;
}

IpAddress IpAddress::v6(const std::array<uint8_t, 16>& bytes) {
  static constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin()))
    return v4(load_be32(bytes.data() + 12));
  IpAddress ip;
  ip.bytes_ = bytes;
  ip.v6_ = true;
  return ip;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    const auto b = parse_v4(text);
    return b ? std::optional(v4((*b)[0], (*b)[1], (*b)[2], (*b)[3])) : std::nullopt;
  }
  const auto b = parse_v6(text);
  return b ? std::optional(v6(*b)) : std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return bytes_ == std::array<uint8_t, 16>{};
}

bool IpAddress::is_loopback() const {
  if (!v6_) return bytes_[0] == 127;
  std::array<uint8_t, 16> one{};
  one[15] = 1;
  return bytes_ == one;
}

bool IpAddress::is_link_local() const {
  if (!v6_) return bytes_[0] == 169 && bytes_[1] == 254;
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_private() const {
  if (is_loopback() || is_link_local()) return true;
  if (v6_) return (bytes_[0] & 0xfe) == 0xfc;
  return bytes_[0] == 10 || (bytes_[0] == 172 && (bytes_[1] & 0xf0) == 16) ||
         (bytes_[0] == 192 && bytes_[1] == 168);
}

bool IpAddress::same_network(const IpAddress& other, int prefix_bits) const {
  if (v6_ != other.v6_) return false;
  for (int bit = 0; bit < prefix_bits; bit += 8) {
    const int left = prefix_bits - bit;
    const auto mask = static_cast<uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    const auto i = static_cast<size_t>(bit / 8);
    if (i >= bytes().size()) break;
    if ((bytes_[i] & mask) != (other.bytes_[i] & mask)) return false;
  }
  return true;
}

std::string IpAddress::to_string() const {
  if (!v6_) return fmt::format("{}.{}.{}.{}", bytes_[0], bytes_[1], bytes_[2], bytes_[3]);
  // RFC 5952 §4: lower case, no leading zeros, the longest run of two or more zero groups as "::",
  // the first at a tie.
  int best = -1;
  int best_length = 1;
  for (int i = 0; i < 8;) {
    int j = i;
    while (j < 8 && load_be16(&bytes_[static_cast<size_t>(2 * j)]) == 0) ++j;
    if (j - i > best_length) {
      best = i;
      best_length = j - i;
    }
    i = j > i ? j : i + 1;
  }
  std::string text;
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", load_be16(&bytes_[static_cast<size_t>(2 * i)]));
  }
  return text;
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  const auto ip = IpAddress::parse(host);
  uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (!ip || error != std::errc{} || end != port_text.data() + port_text.size())
    return std::nullopt;
  return SocketAddress{*ip, port};
}

std::string SocketAddress::to_string() const {
  return ip.is_v6() ? fmt::format("[{}]:{}", ip.to_string(), port)
                    : fmt::format("{}:{}", ip.to_string(), port);
}

}  // namespace parley
