#include "base/random.h"

#include <array>
#include <bit>
#include <string_view>

#include "base/check.h"

namespace parley {
namespace {

std::string draw(RandomSource& random, std::string_view alphabet, size_t length) {
  std::string text(length, '\0');
  random.fill({reinterpret_cast<uint8_t*>(text.data()), length});
  // Both alphabets have a power of two letters, so the mask keeps the draw uniform.
  for (char& c : text) c = alphabet[static_cast<uint8_t>(c) & (alphabet.size() - 1)];
  return text;
}

}  // namespace

uint32_t RandomSource::u32() {
  std::array<uint8_t, 4> b;
  fill(b);
  return load_be32(b.data());
}

uint64_t RandomSource::u64() {
  std::array<uint8_t, 8> b;
  fill(b);
  return load_be64(b.data());
}

uint64_t RandomSource::below(uint64_t bound) {
  PARLEY_CHECK(bound > 0);
  const uint64_t reject_below =
      (0 - bound) % bound;  // makes the remaining range a multiple of bound
  for (;;) {
    const uint64_t v = u64();
    if (v >= reject_below) return v % bound;
  }
}

TimeDelta RandomSource::below(TimeDelta bound) {
  return TimeDelta::micros(static_cast<int64_t>(below(static_cast<uint64_t>(bound.us()))));
}

std::string RandomSource::ice_chars(size_t length) {
  return draw(*this, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", length);
}

std::string RandomSource::base32(size_t length) {
  return draw(*this, "abcdefghijklmnopqrstuvwxyz234567", length);
}

SeededRandom::SeededRandom(uint64_t seed) {
  // splitmix64, the generator's authors' way to spread one seed over the state.
  for (auto& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

uint64_t SeededRandom::next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(MutableBytes out) {
  size_t i = 0;
  while (i < out.size()) {
    uint64_t word = next();
    for (int k = 0; k < 8 && i < out.size(); ++k, ++i, word >>= 8)
      out[i] = static_cast<uint8_t>(word);
  }
}

}  // namespace parley
