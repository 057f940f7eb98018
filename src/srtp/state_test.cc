// The parts that remember: packet index, replay window, map of SSRCs.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "srtp/packet_index.h"
#include "srtp/packet_layout.h"
#include "srtp/replay_window.h"
#include "srtp/ssrc_map.h"
#include "srtp/test_bytes.h"

namespace parley::srtp {
namespace {

// RFC 3711 §3.3.1, whose reference code stands in its Appendix A.
TEST(PacketIndexTest, FollowsTheRfcsAlgorithm) {
  const auto reference = [](int64_t highest, int sequence) -> int64_t {
    const int64_t roc = highest >> 16;
    const int last = static_cast<int>(highest & 0xffff);
    int64_t v = roc;
    if (last < 32768) {
      if (sequence - last > 32768) v = roc - 1;
    } else if (last - 32768 > sequence) {
      v = roc + 1;
    }
    return v * 65536 + sequence;
  };
  SeededRandom random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto highest = static_cast<int64_t>(random.below(1u << 20));
    auto sequence = static_cast<uint16_t>(random.u32());
    if (i % 4 == 0) sequence = static_cast<uint16_t>(highest + 0x7fff + i % 3);
    ASSERT_EQ(estimate_index(highest, sequence), reference(highest, sequence))
        << highest << " " << sequence;
  }
}

TEST(PacketIndexTest, FirstPacketStartsTheCounterAtZero) {
  EXPECT_EQ(estimate_index(-1, 65535), 65535);
  EXPECT_EQ(estimate_index(65535, 0), 65536);
  EXPECT_EQ(estimate_index(65536, 65535), 65535);
  EXPECT_EQ(estimate_index(5, 65535), -1);
}

// RFC 3711 §3.3.2.
TEST(ReplayWindowTest, AgreesWithASet) {
  SeededRandom random(9);
  ReplayWindow<128> window;
  std::set<int64_t> seen;
  int64_t highest = -1;
  for (int i = 0; i < 200'000; ++i) {
    // Mostly near the top, now and then far ahead.
    const auto jump = static_cast<int64_t>(random.below(i % 50 == 0 ? 400 : 8));
    const auto back = static_cast<int64_t>(random.below(160));
    const int64_t index = std::max<int64_t>(0, highest + (i % 3 == 0 ? jump : -back));
    const bool fresh = !seen.contains(index) && (index > highest || highest - index < 128);
    ASSERT_EQ(window.is_fresh(index), fresh) << index << " of " << highest;
    if (!fresh) continue;
    window.mark(index);
    seen.insert(index);
    highest = std::max(highest, index);
    ASSERT_EQ(window.highest(), highest);
  }
  EXPECT_FALSE(window.is_fresh(-1));
}

template <typename Map>
void compare_with_std_map(Map map) {
  SeededRandom random(11);
  std::map<uint32_t, uint32_t> model;
  for (int i = 0; i < 200'000; ++i) {
    const auto ssrc = static_cast<uint32_t>(random.below(100)) * 0x01000193u;
    if (random.below(2) == 0) {
      ASSERT_EQ(map.erase(ssrc), model.erase(ssrc) == 1);
    } else if (uint32_t* value = map.find(ssrc)) {
      ASSERT_EQ(*value, model.at(ssrc));
    } else if (uint32_t* added = map.insert(ssrc)) {
      ASSERT_LT(model.size(), 64u);
      *added = model[ssrc] = random.u32();
    } else {
      ASSERT_TRUE(map.full());
      ASSERT_EQ(model.size(), 64u);
    }
    ASSERT_EQ(map.size(), model.size());
  }
  for (const auto& [ssrc, value] : model) {
    EXPECT_EQ(*map.find(ssrc), value);
    EXPECT_EQ(map.at(map.index_of(ssrc)), value);
  }
  EXPECT_EQ(map.index_of(1), Map::kNowhere);
}

TEST(SsrcMapTest, AgreesWithStdMapUnderInsertionAndErasure) {
  compare_with_std_map(SsrcMap<uint32_t>(64));
  compare_with_std_map(SsrcMap<uint32_t, 2>(64));
}

// RFC 3550 §5.1.
TEST(PacketLayoutTest, HeaderLengthCountsCsrcsAndExtension) {
  EXPECT_EQ(rtp_header_length(rtp_packet(1, 1, 50)), 12u);
  EXPECT_EQ(rtp_header_length(rtp_packet(1, 1, 50, 3)), 24u);
  EXPECT_EQ(rtp_header_length(rtp_packet(1, 1, 0, 15, 2)), 84u);
  EXPECT_EQ(rtp_header_length({}), 0u);
  Packet packet = rtp_packet(1, 1, 0, 2, 3);
  for (size_t size = 0; size < packet.size(); ++size) {
    EXPECT_EQ(rtp_header_length(Bytes(packet).first(size)), 0u);
  }
  packet[0] = static_cast<uint8_t>((packet[0] & 0x3f) | 0x40);
  EXPECT_EQ(rtp_header_length(packet), 0u);
}

}  // namespace
}  // namespace parley::srtp
