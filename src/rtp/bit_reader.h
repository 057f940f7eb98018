// Bits, most significant first: what header extensions and parameter sets of video are packed in.
// Like ByteReader and ByteWriter, neither touches a byte outside its span; failing sticks.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"

namespace parley::rtp {

class BitReader {
 public:
  explicit BitReader(Bytes data) : data_(data) {}

  bool flag() { return bits(1) != 0; }
  // The next `count` bits, at most 32; 0 (and failed) if there are fewer.
  uint32_t bits(int count) {
    uint32_t value = 0;
    if (count < 0 || count > 32 || position_ + static_cast<size_t>(count) > data_.size() * 8) {
      failed_ = true;
      return 0;
    }
    for (; count > 0; --count, ++position_) {
      value = (value << 1) | ((data_[position_ >> 3] >> (7 - (position_ & 7))) & 1u);
    }
    return value;
  }
  // ns(n) of the AV1 specification §4.10.7: 0..n-1 in as few bits as it takes; n > 0.
  uint32_t non_symmetric(uint32_t n) {
    const auto width = static_cast<int>(std::bit_width(n));
    const uint32_t short_codes = (uint32_t{1} << width) - n;
    const uint32_t value = bits(width - 1);
    return value < short_codes ? value : (value << 1) - short_codes + bits(1);
  }
  // ue(v) of ITU-T H.264 §9.1; failed above 32 bits.
  uint32_t exp_golomb() {
    int zeros = 0;
    while (ok() && !flag()) {
      if (++zeros > 31) failed_ = true;
    }
    return ok() ? (uint32_t{1} << zeros) - 1 + bits(zeros) : 0;
  }
  // se(v), §9.1.1.
  int32_t signed_exp_golomb() {
    const uint32_t code = exp_golomb();
    const auto half = static_cast<int32_t>((code >> 1) + (code & 1));
    return (code & 1) != 0 ? half : -half;
  }

  bool ok() const { return !failed_; }

 private:
  Bytes data_;
  size_t position_ = 0;
  bool failed_ = false;
};

class BitWriter {
 public:
  explicit BitWriter(MutableBytes out) : out_(out) {}

  void flag(bool value) { bits(value ? 1 : 0, 1); }
  void bits(uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i, ++position_) {
      if ((position_ >> 3) >= out_.size()) {
        failed_ = true;
        return;
      }
      uint8_t& byte = out_[position_ >> 3];
      const auto mask = static_cast<uint8_t>(0x80 >> (position_ & 7));
      byte = static_cast<uint8_t>(((value >> i) & 1u) != 0 ? byte | mask : byte & ~mask);
    }
  }
  void non_symmetric(uint32_t value, uint32_t n) {
    const auto width = static_cast<int>(std::bit_width(n));
    const uint32_t short_codes = (uint32_t{1} << width) - n;
    if (value < short_codes) {
      bits(value, width - 1);
    } else {
      bits(value + short_codes, width);
    }
  }

  // Fills the last byte with zeros; the bytes written.
  size_t finish() {
    while (!failed_ && (position_ & 7) != 0) flag(false);
    return position_ >> 3;
  }
  bool ok() const { return !failed_; }

 private:
  MutableBytes out_;
  size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace parley::rtp
