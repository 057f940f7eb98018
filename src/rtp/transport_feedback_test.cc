#include "rtp/transport_feedback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

// gmock's container matchers want a standard container.
template <typename T, size_t N>
std::vector<T> items(const BoundedVector<T, N>& v) {
  return {v.begin(), v.end()};
}

constexpr FeedbackHeader kHeader{
    .sender_ssrc = 1, .media_ssrc = 2, .base_sequence = 10, .feedback_count = 3};

struct Written {
  std::vector<uint8_t> bytes;
  size_t taken = 0;
};

Written write(const FeedbackHeader& header, std::span<const PacketArrival> arrivals,
              size_t space = 4096) {
  std::vector<uint8_t> buffer(space);
  ByteWriter writer(buffer);
  Written out;
  out.taken = write_transport_feedback(writer, header, arrivals);
  EXPECT_TRUE(writer.ok());
  out.bytes.assign(writer.written().begin(), writer.written().end());
  return out;
}

TransportFeedback parse(const std::vector<uint8_t>& bytes) {
  TransportFeedback feedback;
  RtcpReader reader(bytes);
  const auto block = reader.next();
  EXPECT_TRUE(block);
  if (block) {
    EXPECT_TRUE(parse_transport_feedback(*block, feedback));
  }
  return feedback;
}

TransportFeedbackError error_of(const std::vector<uint8_t>& body) {
  TransportFeedback feedback;
  const RtcpBlock block{.type = RtcpType::kTransportFeedback, .count = 15, .body = body};
  const auto result = parse_transport_feedback(block, feedback);
  EXPECT_FALSE(result);
  return result.error();
}

// Reference 1 (64 ms); 10 at 64 ms, 11 lost, 12 one millisecond later, 13 a quarter millisecond
// before 12.
TEST(TransportFeedbackTest, WritesTheBytesOfTheDraft) {
  const PacketArrival arrivals[] = {
      {10, TimeDelta::millis(64)}, {12, TimeDelta::millis(65)}, {13, TimeDelta::micros(64'750)}};
  const Written out = write(kHeader, arrivals);
  EXPECT_EQ(out.taken, 3u);
  EXPECT_THAT(out.bytes, ElementsAreArray(
                             {0x8f, 0xcd, 0x00, 0x06, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
                              0x02, 0x00, 0x0a, 0x00, 0x04, 0x00, 0x00, 0x01, 0x03,
                              // two-bit vector: small, lost, small, large; deltas 0, 4, -1; 2 zeros
                              0xd1, 0x80, 0x00, 0x04, 0xff, 0xff, 0x00, 0x00}));
}

TEST(TransportFeedbackTest, ReadsWhatItWrote) {
  const PacketArrival arrivals[] = {
      {10, TimeDelta::millis(64)}, {12, TimeDelta::millis(65)}, {13, TimeDelta::micros(64'750)}};
  const TransportFeedback f = parse(write(kHeader, arrivals).bytes);
  EXPECT_EQ(f.sender_ssrc, 1u);
  EXPECT_EQ(f.media_ssrc, 2u);
  EXPECT_EQ(f.base_sequence, 10);
  EXPECT_EQ(f.feedback_count, 3);
  EXPECT_EQ(f.reference_ticks, 1u);
  EXPECT_THAT(items(f.packets), ElementsAre(PacketStatus{10, 0, true}, PacketStatus{11, 0, false},
                                            PacketStatus{12, 4, true}, PacketStatus{13, -1, true}));
}

TEST(TransportFeedbackTest, ReadsRunLengthsAndOneBitVectors) {
  const std::vector<uint8_t> bytes{0x8f, 0xcd, 0x00, 0x06, 0,    0,    0,    1,    0,    0,
                                   0,    2,    0xff, 0xfe, 0x00, 0x06, 0x80, 0x00, 0x00, 0xff,  //
                                   0x40, 0x02,  // a run of two with large deltas
                                   0xa0, 0x00,  // one-bit: small, then 13 lost, of which 4 count
                                   0x80, 0x00, 0x7f, 0xff,  // -8192 ms and +8191.75 ms
                                   0xff, 0x00, 0x00, 0x00};
  std::vector<uint8_t> longer = bytes;
  longer[3] = 0x07;
  const TransportFeedback f = parse(longer);
  EXPECT_EQ(f.reference_ticks, 0x800000u);
  EXPECT_THAT(items(f.packets),
              ElementsAre(PacketStatus{65534, -32768, true}, PacketStatus{65535, 32767, true},
                          PacketStatus{0, 255, true}, PacketStatus{1, 0, false},
                          PacketStatus{2, 0, false}, PacketStatus{3, 0, false}));
}

TEST(TransportFeedbackTest, NamesItsErrors) {
  using enum TransportFeedbackError;
  const std::vector<uint8_t> fixed{0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0};
  auto with = [&](std::vector<uint8_t> tail) {
    auto body = fixed;
    body.insert(body.end(), tail.begin(), tail.end());
    return body;
  };
  EXPECT_EQ(error_of(fixed), kTruncated);                    // no chunk
  EXPECT_EQ(error_of(with({0x20, 0x02, 5})), kTruncated);    // one delta of two
  EXPECT_EQ(error_of(with({0x60, 0x02})), kReservedSymbol);  // a run of 3s
  EXPECT_EQ(error_of(with({0xf0, 0x00})), kReservedSymbol);  // a vector with a 3
  auto many = with({0x3f, 0xff});
  many[10] = 0x08;
  many[11] = 0x01;
  EXPECT_EQ(error_of(many), kTooManyPackets);

  TransportFeedback out;
  const RtcpBlock nack{.type = RtcpType::kTransportFeedback, .count = 1, .body = fixed};
  EXPECT_EQ(parse_transport_feedback(nack, out).error(), kWrongBlock);
  for (size_t n = 0; n < fixed.size(); ++n) {
    error_of(std::vector<uint8_t>(fixed.begin(), fixed.begin() + static_cast<std::ptrdiff_t>(n)));
  }
}

TEST(TransportFeedbackTest, RunsOfZeroLengthDontLoopForever) {
  std::vector<uint8_t> body{0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0};
  body.insert(body.end(), 64, 0);
  EXPECT_EQ(error_of(body), TransportFeedbackError::kTruncated);
}

TEST(TransportFeedbackTest, CountsNumbersBeforeTheFirstArrivalAsLost) {
  const PacketArrival arrivals[] = {{40, TimeDelta::seconds(1)}};
  const Written out = write(kHeader, arrivals);
  // A run of 14 lost or more is one chunk: 30 lost, then one received.
  EXPECT_THAT(Bytes(out.bytes).subspan(20), ElementsAre(0x00, 0x1e, 0x20, 0x01, 0xa0, 0, 0, 0));
  const TransportFeedback f = parse(out.bytes);
  ASSERT_EQ(f.packets.size(), 31u);
  EXPECT_FALSE(f.packets[29].received);
  EXPECT_EQ(f.packets[30], (PacketStatus{40, 160, true}));
  EXPECT_EQ(f.reference_ticks, 15u);
}

TEST(TransportFeedbackTest, TakesOnlyWhatItsFieldsCanHold) {
  const PacketArrival late[] = {{10, TimeDelta::zero()}, {11, TimeDelta::seconds(9)}};
  EXPECT_EQ(write(kHeader, late).taken, 1u);
  const PacketArrival far[] = {{10, TimeDelta::zero()}, {10 + 2048, TimeDelta::zero()}};
  EXPECT_EQ(write(kHeader, far).taken, 1u);
  const PacketArrival edge[] = {{10, TimeDelta::zero()}, {10 + 2047, TimeDelta::zero()}};
  EXPECT_EQ(write(kHeader, edge).taken, 2u);
  const PacketArrival repeated[] = {{10, TimeDelta::zero()}, {10, TimeDelta::zero()}};
  EXPECT_EQ(write(kHeader, repeated).taken, 1u);
  const PacketArrival before[] = {{9, TimeDelta::zero()}};
  EXPECT_EQ(write(kHeader, before).taken, 0u);
  EXPECT_EQ(write(kHeader, {}).taken, 0u);
}

TEST(TransportFeedbackTest, TakesAsManyAsFitTheSpace) {
  std::vector<PacketArrival> arrivals;
  for (uint16_t i = 0; i < 200; ++i) {
    arrivals.push_back({static_cast<uint16_t>(10 + i), TimeDelta::millis(i)});
  }
  size_t last = 0;
  for (size_t space = 0; space < 260; ++space) {
    const Written out = write(kHeader, arrivals, space);
    ASSERT_LE(out.bytes.size(), space);
    EXPECT_GE(out.taken, last);
    EXPECT_EQ(out.taken == 0, space < 24) << space;
    if (out.taken > 0) {
      EXPECT_EQ(parse(out.bytes).packets.size(), out.taken);
    }
    last = out.taken;
  }
  EXPECT_EQ(last, 200u);
}

// Whatever arrives, consecutive blocks report each arrival once, at most half a tick off.
TEST(TransportFeedbackTest, ReportsAnyArrivalsOverConsecutiveBlocks) {
  SeededRandom random(8);
  for (int round = 0; round < 300; ++round) {
    std::vector<PacketArrival> arrivals;
    auto sequence = static_cast<uint16_t>(random.u32());
    FeedbackHeader header = kHeader;
    header.base_sequence = sequence;
    int64_t us = static_cast<int64_t>(random.below(1'000'000'000'000));
    const uint64_t spread = 1 + random.below(60'000);
    for (uint64_t i = random.below(600); i > 0; --i) {
      arrivals.push_back({sequence, TimeDelta::micros(us)});
      sequence =
          static_cast<uint16_t>(sequence + 1 + (random.below(8) == 0 ? random.below(30) : 0));
      us += static_cast<int64_t>(random.below(spread)) - static_cast<int64_t>(spread / 8);
      us = std::max<int64_t>(us, 0);
    }
    std::span<const PacketArrival> rest(arrivals);
    while (!rest.empty()) {
      const Written out = write(header, rest, 32 + random.below(600));
      ASSERT_GT(out.taken, 0u);
      const TransportFeedback f = parse(out.bytes);
      int64_t ticks = int64_t{f.reference_ticks} * 256;
      size_t found = 0;
      for (const PacketStatus& p : f.packets) {
        if (!p.received) continue;
        ticks += p.delta_ticks;
        ASSERT_EQ(p.sequence, rest[found].sequence);
        const int64_t expected = (rest[found].arrival.us() + 125) / 250;
        ASSERT_EQ(ticks & 0xffff'ffff, expected & 0xffff'ffff);
        ++found;
      }
      ASSERT_EQ(found, out.taken);
      header.base_sequence = static_cast<uint16_t>(rest[out.taken - 1].sequence + 1);
      ++header.feedback_count;
      rest = rest.subspan(out.taken);
    }
  }
}

}  // namespace
}  // namespace parley::rtp
