// Tests of the small RTCP block types: literal bytes one way, the same values back, and every
// truncation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/random.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_remb.h"
#include "rtp/rtcp_reports.h"
#include "rtp/rtcp_sdes.h"
#include "rtp/rtcp_xr.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

// gmock's container matchers want a standard container.
template <typename T, size_t N>
std::vector<T> items(const BoundedVector<T, N>& v) {
  return {v.begin(), v.end()};
}

// Runs `write` into a buffer and gives the bytes it appended.
template <typename Write>
std::vector<uint8_t> written(Write&& write) {
  std::array<uint8_t, 2048> buffer{};
  ByteWriter writer(buffer);
  EXPECT_TRUE(write(writer));
  const std::vector<uint8_t> bytes(writer.written().begin(), writer.written().end());
  for (size_t n = 0; n < bytes.size(); ++n) {
    ByteWriter small(MutableBytes(buffer).first(n));
    EXPECT_FALSE(write(small)) << "fits into " << n;
    EXPECT_EQ(small.size(), 0u);
  }
  return bytes;
}

RtcpBlock block_of(const std::vector<uint8_t>& bytes) {
  RtcpReader reader(bytes);
  const auto block = reader.next();
  EXPECT_TRUE(block && !reader.next() && reader.ok());
  return block.value_or(RtcpBlock{});
}

// The same block with its body cut to `n` bytes.
RtcpBlock cut(RtcpBlock block, size_t n) {
  block.body = block.body.first(n);
  return block;
}

constexpr ReportBlock kReport{.ssrc = 0x11111111,
                              .fraction_lost = 0x40,
                              .cumulative_lost = -2,
                              .extended_highest_sequence = 0x00021234,
                              .jitter = 7,
                              .last_sr = 0xb7052000,
                              .delay_since_last_sr = 0x00054000};

TEST(SenderReportTest, WritesAndReadsEveryField) {
  SenderReport report{.sender_ssrc = 0x01020304,
                      .ntp = NtpTime(0xe000000080000000),
                      .rtp_timestamp = 90'000,
                      .packet_count = 3,
                      .octet_count = 300};
  report.reports.push_back(kReport);
  const auto bytes = written([&](ByteWriter& w) { return write_sender_report(w, report); });
  EXPECT_THAT(bytes,
              ElementsAreArray({0x81, 0xc8, 0x00, 0x0c, 0x01, 0x02, 0x03, 0x04, 0xe0, 0x00, 0x00,
                                0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x01, 0x5f, 0x90, 0x00, 0x00,
                                0x00, 0x03, 0x00, 0x00, 0x01, 0x2c, 0x11, 0x11, 0x11, 0x11, 0x40,
                                0xff, 0xff, 0xfe, 0x00, 0x02, 0x12, 0x34, 0x00, 0x00, 0x00, 0x07,
                                0xb7, 0x05, 0x20, 0x00, 0x00, 0x05, 0x40, 0x00}));
  const auto block = block_of(bytes);
  const auto parsed = parse_sender_report(block);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sender_ssrc, report.sender_ssrc);
  EXPECT_EQ(parsed->ntp, report.ntp);
  EXPECT_EQ(parsed->rtp_timestamp, 90'000u);
  EXPECT_EQ(parsed->packet_count, 3u);
  EXPECT_EQ(parsed->octet_count, 300u);
  EXPECT_THAT(items(parsed->reports), ElementsAre(kReport));
  EXPECT_FALSE(parse_receiver_report(block));
  for (size_t n = 0; n < block.body.size(); ++n) EXPECT_FALSE(parse_sender_report(cut(block, n)));
}

TEST(ReceiverReportTest, WritesAndReadsAsManyReportsAsItsCountAllows) {
  SeededRandom random(6);
  ReceiverReport report{.sender_ssrc = 9, .reports = {}};
  while (!report.reports.full()) {
    report.reports.push_back({.ssrc = random.u32(),
                              .fraction_lost = static_cast<uint8_t>(random.u32()),
                              .cumulative_lost = static_cast<int32_t>(random.u32()) >> 8,
                              .extended_highest_sequence = random.u32(),
                              .jitter = random.u32(),
                              .last_sr = random.u32(),
                              .delay_since_last_sr = random.u32()});
  }
  const auto bytes = written([&](ByteWriter& w) { return write_receiver_report(w, report); });
  EXPECT_EQ(bytes[0], 0x9f);
  EXPECT_EQ(bytes.size(), 8u + 31 * 24);
  const auto block = block_of(bytes);
  const auto parsed = parse_receiver_report(block);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sender_ssrc, 9u);
  EXPECT_THAT(items(parsed->reports),
              ElementsAreArray(report.reports.begin(), report.reports.end()));
  for (size_t n = 0; n < block.body.size(); ++n) EXPECT_FALSE(parse_receiver_report(cut(block, n)));
}

TEST(ReceiverReportTest, ClampsTheCumulativeLoss) {
  for (const auto& [loss, kept] : {std::pair{0x900000, 0x7fffff}, {-0x900000, -0x800000}}) {
    ReceiverReport report;
    report.reports.push_back({.cumulative_lost = loss});
    const auto bytes = written([&](ByteWriter& w) { return write_receiver_report(w, report); });
    EXPECT_EQ(parse_receiver_report(block_of(bytes))->reports[0].cumulative_lost, kept);
  }
}

TEST(SdesTest, WritesAndReadsCnames) {
  const SdesChunk chunks[] = {{0x01020304, "ab"}, {5, "c"}};
  const auto bytes = written([&](ByteWriter& w) { return write_sdes(w, chunks); });
  EXPECT_THAT(bytes, ElementsAreArray({0x82, 0xca, 0x00, 0x05, 0x01, 0x02, 0x03, 0x04,
                                       0x01, 0x02, 0x61, 0x62, 0x00, 0x00, 0x00, 0x00,
                                       0x00, 0x00, 0x00, 0x05, 0x01, 0x01, 0x63, 0x00}));
  const auto block = block_of(bytes);
  const auto parsed = parse_sdes(block);
  ASSERT_TRUE(parsed);
  EXPECT_THAT(items(*parsed), ElementsAreArray(chunks));
  for (size_t n = 0; n < block.body.size(); ++n) EXPECT_FALSE(parse_sdes(cut(block, n))) << n;
}

TEST(SdesTest, SkipsOtherItems) {
  const std::vector<uint8_t> bytes{0x81, 0xca, 0x00, 0x03, 0, 0,   0, 9,
                                   0x02, 0x01, 'n',  0x01, 1, 'x', 0, 0};
  const auto parsed = parse_sdes(block_of(bytes));
  ASSERT_TRUE(parsed);
  EXPECT_THAT(items(*parsed), ElementsAre(SdesChunk{9, "x"}));
}

TEST(SdesTest, RefusesTooLongACname) {
  const std::string name(256, 'x');
  const SdesChunk chunk{1, name};
  std::array<uint8_t, 512> out{};
  ByteWriter writer(out);
  EXPECT_FALSE(write_sdes(writer, {&chunk, 1}));
}

TEST(ByeTest, WritesAndReadsSourcesAndReason) {
  const uint32_t ssrcs[] = {1, 2};
  const auto bytes = written([&](ByteWriter& w) { return write_bye(w, ssrcs, "gone"); });
  EXPECT_THAT(bytes,
              ElementsAreArray({0x82, 0xcb, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
                                0x00, 0x02, 0x04, 0x67, 0x6f, 0x6e, 0x65, 0x00, 0x00, 0x00}));
  const auto block = block_of(bytes);
  const auto parsed = parse_bye(block);
  ASSERT_TRUE(parsed);
  EXPECT_THAT(items(parsed->ssrcs), ElementsAre(1, 2));
  EXPECT_EQ(parsed->reason, "gone");
  for (size_t n = 0; n < 13; ++n) EXPECT_EQ(parse_bye(cut(block, n)).has_value(), n == 8) << n;
}

TEST(PliTest, WritesAndReads) {
  const PictureLoss pli{.sender_ssrc = 1, .media_ssrc = 0x0a0b0c0d};
  const auto bytes = written([&](ByteWriter& w) { return write_pli(w, pli); });
  EXPECT_THAT(bytes, ElementsAre(0x81, 0xce, 0, 2, 0, 0, 0, 1, 0x0a, 0x0b, 0x0c, 0x0d));
  const auto block = block_of(bytes);
  EXPECT_EQ(parse_pli(block), pli);
  EXPECT_FALSE(parse_fir(block));
  for (size_t n = 0; n < 8; ++n) EXPECT_FALSE(parse_pli(cut(block, n)));
}

TEST(FirTest, WritesAndReadsEntries) {
  const FirEntry entries[] = {{2, 7}, {3, 255}};
  const auto bytes = written([&](ByteWriter& w) { return write_fir(w, 1, entries); });
  EXPECT_THAT(bytes, ElementsAre(0x84, 0xce, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0,  //
                                 0, 0, 0, 2, 7, 0, 0, 0, 0, 0, 0, 3, 255, 0, 0, 0));
  const auto block = block_of(bytes);
  const auto parsed = parse_fir(block);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sender_ssrc, 1u);
  EXPECT_THAT(items(parsed->entries), ElementsAreArray(entries));
  for (size_t n = 0; n < block.body.size(); ++n) {
    EXPECT_EQ(parse_fir(cut(block, n)).has_value(), n == 8 || n == 16) << n;
  }
}

TEST(RembTest, WritesAndReadsRateAndSources) {
  Remb remb{.sender_ssrc = 1, .rate = DataRate::bps(0x3fffe << 3), .ssrcs = {}};
  remb.ssrcs.push_back(0x02030405);
  const auto bytes = written([&](ByteWriter& w) { return write_remb(w, remb); });
  EXPECT_THAT(bytes, ElementsAreArray({0x8f, 0xce, 0x00, 0x05, 0x00, 0x00, 0x00, 0x01,
                                       0x00, 0x00, 0x00, 0x00, 0x52, 0x45, 0x4d, 0x42,
                                       0x01, 0x0f, 0xff, 0xfe, 0x02, 0x03, 0x04, 0x05}));
  const auto block = block_of(bytes);
  const auto parsed = parse_remb(block);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->rate, remb.rate);
  EXPECT_THAT(items(parsed->ssrcs), ElementsAre(0x02030405));
  for (size_t n = 0; n < block.body.size(); ++n) EXPECT_FALSE(parse_remb(cut(block, n)));
}

TEST(RembTest, RoundsDownTo18BitsAtEveryMagnitude) {
  for (int shift = 0; shift < 63; ++shift) {
    const int64_t bps = (int64_t{1} << shift) | 1;
    const Remb remb{.rate = DataRate::bps(bps)};
    const auto bytes = written([&](ByteWriter& w) { return write_remb(w, remb); });
    const int64_t read = parse_remb(block_of(bytes))->rate.bps();
    EXPECT_LE(read, bps);
    EXPECT_GE(read, bps - (bps >> 17));
  }
  const auto bytes =
      written([&](ByteWriter& w) { return write_remb(w, {.rate = DataRate::bps(-1)}); });
  EXPECT_EQ(parse_remb(block_of(bytes))->rate, DataRate::zero());
}

TEST(RembTest, RefusesARateBeyond63BitsAndAnotherName) {
  std::vector<uint8_t> bytes{0x8f, 0xce, 0,   4,   0,   0,   0, 1,    0,    0,
                             0,    0,    'R', 'E', 'M', 'B', 0, 0xff, 0xff, 0xff};
  EXPECT_FALSE(parse_remb(block_of(bytes)));
  bytes[17] = 0xb4 | 3;  // exponent 45: 18 + 45 = 63 bits
  EXPECT_TRUE(parse_remb(block_of(bytes)));
  bytes[12] = 'X';
  EXPECT_FALSE(parse_remb(block_of(bytes)));
}

TEST(ExtendedReportTest, WritesAndReadsReferenceTimeAndItsEcho) {
  ExtendedReport report{
      .sender_ssrc = 1, .reference_time = NtpTime(0x0102030405060708), .dlrr = {}};
  report.dlrr.push_back({.ssrc = 2, .last_rr = 0x03040506, .delay_since_last_rr = 0x00010000});
  const auto bytes = written([&](ByteWriter& w) { return write_extended_report(w, report); });
  EXPECT_THAT(bytes, ElementsAreArray({0x80, 0xcf, 0x00, 0x08, 0x00, 0x00, 0x00, 0x01, 0x04,
                                       0x00, 0x00, 0x02, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
                                       0x07, 0x08, 0x05, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,
                                       0x02, 0x03, 0x04, 0x05, 0x06, 0x00, 0x01, 0x00, 0x00}));
  const auto block = block_of(bytes);
  const auto parsed = parse_extended_report(block);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sender_ssrc, 1u);
  EXPECT_EQ(parsed->reference_time, report.reference_time);
  EXPECT_THAT(items(parsed->dlrr), ElementsAre(report.dlrr[0]));
  for (size_t n = 0; n < block.body.size(); ++n) {
    EXPECT_EQ(parse_extended_report(cut(block, n)).has_value(), n == 4 || n == 16) << n;
  }
}

TEST(ExtendedReportTest, SkipsOtherBlocksAndOddLengths) {
  const std::vector<uint8_t> bytes{0x80, 0xcf, 0, 7, 0, 0, 0, 1,   //
                                   0x2a, 0,    0, 1, 9, 9, 9, 9,   // unknown type 42
                                   0x04, 0,    0, 1, 9, 9, 9, 9,   // a reference time of 4 bytes
                                   0x05, 0,    0, 1, 9, 9, 9, 9};  // a third of a DLRR item
  const auto parsed = parse_extended_report(block_of(bytes));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->reference_time, std::nullopt);
  EXPECT_TRUE(parsed->dlrr.empty());
}

}  // namespace
}  // namespace parley::rtp
