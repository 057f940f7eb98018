// Redundant audio on its way in (RedUnpacker) and out (RedPacker).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sfu/red_packer.h"
#include "sfu/red_unpacker.h"

namespace parley::sfu {
namespace {

constexpr uint8_t kOpus = 111;
constexpr int64_t kFrame = 960;

std::vector<uint8_t> frame(int64_t sequence) {
  return std::vector<uint8_t>(20, static_cast<uint8_t>(sequence));
}

TrackPacket plain(int64_t sequence, const std::vector<uint8_t>& payload) {
  return {.position = {.sequence = sequence, .rtp_time = sequence * kFrame}, .payload = payload};
}

// A packet with copies of the `copies` frames before it, as a browser sends it.
std::vector<uint8_t> red_payload(int64_t sequence, size_t copies) {
  std::vector<std::vector<uint8_t>> data;
  std::vector<rtp::RedBlock> blocks;
  for (size_t i = 0; i <= copies; ++i)
    data.push_back(frame(sequence - static_cast<int64_t>(copies - i)));
  for (size_t i = 0; i <= copies; ++i) {
    blocks.push_back({.payload_type = kOpus,
                      .timestamp_offset = static_cast<uint16_t>((copies - i) * kFrame),
                      .data = data[i]});
  }
  std::vector<uint8_t> out(1200);
  out.resize(rtp::write_red(out, blocks));
  return out;
}

class RedUnpackerTest : public ::testing::Test {
 protected:
  // The sequence numbers given, after checking that each frame is what it says.
  std::vector<int64_t> unpack(int64_t sequence, size_t copies) {
    const std::vector<uint8_t> payload =
        copies > 0 ? red_payload(sequence, copies) : frame(sequence);
    TrackPacket packet = plain(sequence, payload);
    packet.red = copies > 0;
    std::vector<int64_t> out;
    for (const TrackPacket& primary : unpacker_.unpack(packet)) {
      EXPECT_FALSE(primary.red);
      EXPECT_EQ(primary.position.rtp_time, primary.position.sequence * kFrame);
      EXPECT_EQ(std::vector<uint8_t>(primary.payload.begin(), primary.payload.end()),
                frame(primary.position.sequence));
      out.push_back(primary.position.sequence);
    }
    return out;
  }
  RedUnpacker unpacker_;
};

using Sequences = std::vector<int64_t>;

TEST_F(RedUnpackerTest, GivesEachFrameOnceAndFillsGapsFromCopies) {
  EXPECT_EQ(unpack(10, 2), Sequences{10}) << "what was said before the first isn't missing";
  EXPECT_EQ(unpack(11, 2), Sequences{11});
  EXPECT_EQ(unpack(14, 2), (Sequences{12, 13, 14}));
  EXPECT_EQ(unpack(13, 2), Sequences{}) << "late, given already";
  EXPECT_EQ(unpack(17, 1), (Sequences{16, 17}));
  EXPECT_EQ(unpack(15, 0), Sequences{15}) << "late, but no copy came";
}

TEST_F(RedUnpackerTest, PlainPacketsPassAndDuplicatesDoNot) {
  EXPECT_EQ(unpack(5, 0), Sequences{5});
  EXPECT_EQ(unpack(5, 0), Sequences{});
  EXPECT_EQ(unpack(5000, 0), Sequences{5000});
  EXPECT_EQ(unpack(5000 - RedUnpacker::kWindow, 0), Sequences{}) << "too old to tell";
  EXPECT_EQ(unpack(5001 - RedUnpacker::kWindow, 0), Sequences{5001 - RedUnpacker::kWindow});
}

TEST_F(RedUnpackerTest, WhatIsNotRedAsItSaysIsDropped) {
  const std::vector<uint8_t> cut = {0xef, 0x01};
  TrackPacket packet = plain(1, cut);
  packet.red = true;
  EXPECT_TRUE(unpacker_.unpack(packet).empty());
}

class RedPackerTest : public ::testing::Test {
 protected:
  RedPackerTest() { pool_.pin(); }
  // What a viewer gets of the packet.
  TrackPacket send(int64_t sequence, uint8_t payload_type = kOpus, size_t size = 20) {
    payload_ = std::vector<uint8_t>(size, static_cast<uint8_t>(sequence));
    packer_.on_packet(plain(sequence, payload_));
    return packer_.pack(plain(sequence, payload_), payload_type);
  }
  PacketPool pool_{8};
  RedPacker packer_{pool_};
  std::vector<uint8_t> payload_;
};

TEST_F(RedPackerTest, CarriesThePacketBefore) {
  EXPECT_FALSE(send(1).red) << "nothing before it";
  const TrackPacket second = send(2);
  ASSERT_TRUE(second.red);
  const auto blocks = rtp::parse_red(second.payload);
  ASSERT_TRUE(blocks && blocks->size() == 2);
  EXPECT_EQ((*blocks)[0].timestamp_offset, kFrame);
  EXPECT_EQ((*blocks)[0].payload_type, kOpus);
  EXPECT_EQ((*blocks)[0].data[0], 1);
  EXPECT_EQ((*blocks)[1].data[0], 2);
}

TEST_F(RedPackerTest, PlainAfterAGapALongPauseOrAFrameTooLarge) {
  send(1);
  EXPECT_FALSE(send(3).red) << "its copy would pass for packet 2";
  send(4, kOpus, rtp::kMaxRedBlockSize + 1);
  EXPECT_FALSE(send(5).red);
  TrackPacket late = plain(6, payload_);
  late.position.rtp_time += rtp::kMaxRedTimestampOffset;
  packer_.on_packet(late);
  EXPECT_FALSE(packer_.pack(late, kOpus).red);
}

TEST_F(RedPackerTest, OneCopyForAllViewersOfANumbering) {
  send(1);
  const TrackPacket first = send(2, kOpus);
  const TrackPacket same = packer_.pack(plain(2, payload_), kOpus);
  EXPECT_EQ(first.payload.data(), same.payload.data());
  const TrackPacket other = packer_.pack(plain(2, payload_), 109);
  ASSERT_TRUE(other.red);
  EXPECT_EQ(rtp::parse_red(other.payload)->back().payload_type, 109);
  EXPECT_EQ(rtp::parse_red(first.payload)->back().payload_type, kOpus) << "untouched";
  EXPECT_FALSE(packer_.pack(plain(2, payload_), 96).red) << "a third numbering goes plain";
}

}  // namespace
}  // namespace parley::sfu
