// For this folder's tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "srtp/profile.h"

namespace parley::srtp {

using Packet = std::vector<uint8_t>;

// Hexadecimal digits; anything else between them is skipped.
inline Packet hex(std::string_view text) {
  Packet result;
  int high = -1;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      result.push_back(static_cast<uint8_t>(high * 16 + digit));
      high = -1;
    }
  }
  return result;
}

inline constexpr auto kProfiles = {Profile::kAeadAes128Gcm, Profile::kAeadAes256Gcm,
                                   Profile::kAes128CmSha1_80};

inline MasterKey test_key(Profile profile, uint64_t seed = 1) {
  SeededRandom random(seed);
  MasterKey key{.profile = profile};
  random.fill(key.key_storage);
  random.fill(key.salt_storage);
  return key;
}

// A plain RTP packet with a payload of `payload` bytes counted from the sequence number.
inline Packet rtp_packet(uint32_t ssrc, uint16_t sequence, size_t payload, size_t csrcs = 0,
                         size_t extension_words = 0) {
  Packet packet(12 + 4 * csrcs);
  packet[0] = static_cast<uint8_t>(0x80 | csrcs);
  packet[1] = 96;
  store_be16(&packet[2], sequence);
  store_be32(&packet[4], sequence * 3000u);
  store_be32(&packet[8], ssrc);
  for (size_t i = 12; i < packet.size(); ++i) packet[i] = static_cast<uint8_t>(i);
  if (extension_words > 0) {
    packet[0] |= 0x10;
    const size_t at = packet.size();
    packet.resize(at + 4 + 4 * extension_words, 0x5a);
    store_be16(&packet[at], 0xbede);
    store_be16(&packet[at + 2], static_cast<uint16_t>(extension_words));
  }
  for (size_t i = 0; i < payload; ++i) packet.push_back(static_cast<uint8_t>(sequence + i));
  return packet;
}

// A receiver report without blocks, followed by `extra` bytes that stand for more of a compound.
inline Packet rtcp_packet(uint32_t ssrc, size_t extra = 0) {
  Packet packet(8 + extra, 0xc3);
  store_be16(&packet[0], 0x80c9);
  store_be16(&packet[2], static_cast<uint16_t>(1 + extra / 4));
  store_be32(&packet[4], ssrc);
  return packet;
}

}  // namespace parley::srtp
