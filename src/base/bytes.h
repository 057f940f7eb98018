// Bounded reading and writing of network byte order. Neither ever touches a byte outside its span:
// a read or write that doesn't fit sets the failed state, which sticks, and reads give zero; check
// ok() once at the end.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace parley {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Unchecked big-endian access for code that has checked the length already.
inline uint16_t load_be16(const uint8_t* p) {
  return static_cast<uint16_t>((p[0] << 8) | p[1]);
}
inline uint32_t load_be24(const uint8_t* p) {
  return (uint32_t{p[0]} << 16) | (uint32_t{p[1]} << 8) | p[2];
}
inline uint32_t load_be32(const uint8_t* p) {
  return (uint32_t{p[0]} << 24) | (uint32_t{p[1]} << 16) | (uint32_t{p[2]} << 8) | p[3];
}
inline uint64_t load_be64(const uint8_t* p) {
  return (uint64_t{load_be32(p)} << 32) | load_be32(p + 4);
}
// Each is one store: of bytes written singly the compiler shifts neighbours together.
template <typename Word>
void store_be(uint8_t* p, Word v) {
  if constexpr (std::endian::native == std::endian::little) v = std::byteswap(v);
  std::memcpy(p, &v, sizeof v);
}
inline void store_be16(uint8_t* p, uint16_t v) {
  store_be(p, v);
}
inline void store_be24(uint8_t* p, uint32_t v) {
  p[0] = static_cast<uint8_t>(v >> 16);
  store_be(p + 1, static_cast<uint16_t>(v));
}
inline void store_be32(uint8_t* p, uint32_t v) {
  store_be(p, v);
}
inline void store_be64(uint8_t* p, uint64_t v) {
  store_be(p, v);
}
// 16 bytes in one store, for what is soon loaded so: a load that has to gather its bytes from
// several stores waits until they have reached the cache.
inline void store_be128(uint8_t* p, uint64_t high, uint64_t low) {
  using Words [[gnu::vector_size(16)]] = uint64_t;
  Words words = {high, low};
  if constexpr (std::endian::native == std::endian::little)
    words = Words{std::byteswap(high), std::byteswap(low)};
  std::memcpy(p, &words, sizeof words);
}

class ByteReader {
 public:
  explicit ByteReader(Bytes data) : data_(data) {}

  uint8_t u8() {
    const auto* p = take(1);
    return p ? *p : uint8_t{0};
  }
  uint16_t u16() {
    const auto* p = take(2);
    return p ? load_be16(p) : uint16_t{0};
  }
  uint32_t u24() {
    const auto* p = take(3);
    return p ? load_be24(p) : 0;
  }
  uint32_t u32() {
    const auto* p = take(4);
    return p ? load_be32(p) : 0;
  }
  uint64_t u64() {
    const auto* p = take(8);
    return p ? load_be64(p) : 0;
  }
  // The next n bytes; empty (and failed) if there are fewer.
  Bytes bytes(size_t n) {
    const auto* p = take(n);
    return p ? Bytes{p, n} : Bytes{};
  }
  Bytes rest() { return bytes(remaining()); }
  void skip(size_t n) { take(n); }

  size_t remaining() const { return data_.size() - offset_; }
  size_t offset() const { return offset_; }
  bool ok() const { return !failed_; }

 private:
  const uint8_t* take(size_t n) {
    if (failed_ || n > remaining()) {
      failed_ = true;
      return nullptr;
    }
    const uint8_t* p = data_.data() + offset_;
    offset_ += n;
    return p;
  }

  Bytes data_;
  size_t offset_ = 0;
  bool failed_ = false;
};

class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes out) : out_(out) {}

  void u8(uint8_t v) {
    if (auto* p = take(1)) *p = v;
  }
  void u16(uint16_t v) {
    if (auto* p = take(2)) store_be16(p, v);
  }
  void u24(uint32_t v) {
    if (auto* p = take(3)) store_be24(p, v);
  }
  void u32(uint32_t v) {
    if (auto* p = take(4)) store_be32(p, v);
  }
  void u64(uint64_t v) {
    if (auto* p = take(8)) store_be64(p, v);
  }
  void bytes(Bytes b) {
    if (auto* p = take(b.size()); p && !b.empty()) std::memcpy(p, b.data(), b.size());
  }
  void zeros(size_t n) {
    if (auto* p = take(n); p && n > 0) std::memset(p, 0, n);
  }

  size_t size() const { return offset_; }
  size_t remaining() const { return out_.size() - offset_; }
  bool ok() const { return !failed_; }
  MutableBytes written() const { return out_.first(offset_); }

 private:
  uint8_t* take(size_t n) {
    if (failed_ || n > out_.size() - offset_) {
      failed_ = true;
      return nullptr;
    }
    uint8_t* p = out_.data() + offset_;
    offset_ += n;
    return p;
  }

  MutableBytes out_;
  size_t offset_ = 0;
  bool failed_ = false;
};

}  // namespace parley
