#include "load/stamp.h"

#include <array>

#include "base/check.h"

namespace parley::load {
namespace {

constexpr uint32_t kMagic = 0x50724c64;
constexpr size_t kTimeOffset = 12;
constexpr size_t kShifts = 256;

// Without a period that a shift by less than kShifts could hide in.
constexpr std::array<uint8_t, kShifts + kMaxFiller> kFiller = [] {
  std::array<uint8_t, kShifts + kMaxFiller> bytes{};
  uint32_t state = 1;
  for (uint8_t& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;  // Numerical Recipes' LCG
    byte = static_cast<uint8_t>(state >> 24);
  }
  return bytes;
}();

}  // namespace

void write_stamp(MutableBytes out, const Stamp& stamp) {
  PARLEY_CHECK(out.size() >= kStampSize);
  store_be32(out.data(), kMagic);
  store_be32(out.data() + 4, stamp.source);
  store_be32(out.data() + 8, stamp.number);
  set_stamp_time(out.data(), stamp.sent);
}

void set_stamp_time(uint8_t* at, Timestamp sent) {
  store_be64(at + kTimeOffset, static_cast<uint64_t>(sent.us()));
}

std::optional<Stamp> read_stamp(Bytes bytes) {
  ByteReader reader(bytes);
  if (reader.u32() != kMagic) return std::nullopt;
  const Stamp stamp{.source = reader.u32(),
                    .number = reader.u32(),
                    .sent = Timestamp::micros(static_cast<int64_t>(reader.u64()))};
  return reader.ok() ? std::optional(stamp) : std::nullopt;
}

Bytes filler(const Stamp& stamp, size_t size) {
  PARLEY_CHECK(size <= kMaxFiller);
  return Bytes(kFiller).subspan((stamp.source * 31 + stamp.number) % kShifts, size);
}

}  // namespace parley::load
