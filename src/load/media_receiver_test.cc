#include "load/media_receiver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "load/media_sender.h"
#include "rtp/packet.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_reports.h"
#include "rtp/transport_feedback.h"

namespace parley::load {
namespace {

constexpr rtp::HeaderExtensionIds kIds{.mid = 4, .audio_level = 1, .transport_sequence = 3};
constexpr uint32_t kVideo = 0x1000;
constexpr uint32_t kRtx = 0x2000;
constexpr uint32_t kAudio = 0x500;

// A sender whose packets the test hands to a receiver, or doesn't.
class MediaReceiverTest : public testing::Test {
 protected:
  MediaReceiverTest() {
    sender.add_stream(
        {.codec = {.codec = rtp::Codec::kOpus, .payload_type = 111, .clock_rate = 48'000},
         .ssrc = {kAudio, 0},
         .mid = "0",
         .stamp_source = 8});
    sender.add_stream(
        {.codec = {.codec = rtp::Codec::kVp8, .payload_type = 96, .rtx_payload_type = 97},
         .ssrc = {kVideo, kRtx},
         .mid = "1",
         .first_sequence = 65'530,
         .stamp_source = 9});
    receiver.add_slot(rtp::MediaKind::kAudio, {kAudio, 0});
    receiver.add_slot(rtp::MediaKind::kVideo, {kVideo, kRtx});
  }

  using Packet = std::vector<uint8_t>;
  std::vector<Packet> take() {
    std::vector<Packet> packets;
    std::array<uint8_t, 1500> buffer;
    while (const size_t size = sender.poll_packet(buffer, now))
      packets.emplace_back(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(size));
    return packets;
  }
  std::vector<Packet> picture(size_t packets = 3) {
    sender.send_blank_picture(
        1, {.bytes = 1000 * packets, .packets = packets, .width = 640, .height = 360}, now);
    return take();
  }
  void deliver(const Packet& packet) {
    if (receiver.handle_header(*OpenHeader::parse(packet), packet.size(), now) ==
        MediaReceiver::Wants::kPayload) {
      ++decrypted;
      receiver.handle_payload(packet, now);
    }
  }
  // 40 ms go by.
  void frame(size_t packets = 3) {
    for (const Packet& packet : picture(packets)) deliver(packet);
    pass(40);
  }
  void pass(int64_t ms) { now = now + TimeDelta::millis(ms); }
  const ReceiverCounters& video() const { return receiver.counters(1); }
  std::vector<Packet> rtcp() {
    std::vector<Packet> packets;
    std::array<uint8_t, 1400> buffer;
    while (const size_t size = receiver.poll_rtcp(buffer, now))
      packets.emplace_back(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(size));
    return packets;
  }
  template <typename Visit>
  void for_blocks(const std::vector<Packet>& packets, Visit&& visit) {
    for (const Packet& packet : packets) {
      rtp::RtcpReader reader(packet);
      while (const auto block = reader.next()) visit(*block);
    }
  }

  Timestamp now = Timestamp::seconds(10);
  Latencies latencies;
  SeededRandom random{1};
  MediaSender sender{kIds, now, TimeDelta::zero()};
  MediaReceiver receiver{{.extensions = kIds, .check_every = 1}, latencies, random};
  int decrypted = 0;
};

TEST_F(MediaReceiverTest, FindsNothingWrongWithWhatIsWhole) {
  for (int i = 0; i < 100; ++i) {
    frame();
    sender.send_blank_sound(0, 100, now);
    for (const Packet& packet : take()) deliver(packet);
  }
  EXPECT_EQ(video().packets.received, 300u);
  EXPECT_EQ(video().checked, 300u);
  EXPECT_EQ(receiver.total(rtp::MediaKind::kAudio).packets.received, 100u);
  for (const rtp::MediaKind kind : {rtp::MediaKind::kAudio, rtp::MediaKind::kVideo}) {
    const ReceiverCounters total = receiver.total(kind);
    EXPECT_EQ(total.damaged + total.misnumbered + total.mistimed + total.packets.lost, 0u);
  }
  EXPECT_EQ(latencies.video.count(), 300u);
  EXPECT_EQ(latencies.video.max(), TimeDelta::zero());
}

TEST_F(MediaReceiverTest, MeasuresFromTheStampToTheArrival) {
  frame();
  const auto packets = picture();
  pass(7);
  for (const Packet& packet : packets) deliver(packet);
  EXPECT_EQ(latencies.video.max(), TimeDelta::millis(7));
}

TEST_F(MediaReceiverTest, WhatWasSentBeforeItLookedIsNoLatency) {
  const auto packets = picture();
  pass(900);
  for (const Packet& packet : packets) deliver(packet);
  EXPECT_EQ(latencies.video.count(), 0u);
  frame();
  EXPECT_EQ(latencies.video.count(), 3u);
}

TEST_F(MediaReceiverTest, DecryptsOnlyASample) {
  MediaReceiver sampling({.extensions = kIds, .check_every = 10}, latencies, random);
  sampling.add_slot(rtp::MediaKind::kVideo, {kVideo, kRtx});
  int wanted = 0;
  for (const Packet& packet : picture(100)) {
    if (sampling.handle_header(*OpenHeader::parse(packet), packet.size(), now) ==
        MediaReceiver::Wants::kPayload)
      ++wanted;
  }
  EXPECT_EQ(wanted, 10);
  EXPECT_EQ(sampling.counters(0).packets.received, 100u);
}

TEST_F(MediaReceiverTest, SeesADamagedPayload) {
  frame();
  auto packets = picture();
  packets[1].back() ^= 1;
  packets[2][packets[2].size() - 600] ^= 0x80;
  for (const Packet& packet : packets) deliver(packet);
  EXPECT_EQ(video().damaged, 2u);
}

TEST_F(MediaReceiverTest, SeesTwoPacketsUnderEachOthersNumbers) {
  frame();
  auto packets = picture();
  std::swap_ranges(packets[0].begin() + 2, packets[0].begin() + 4, packets[1].begin() + 2);
  for (const Packet& packet : packets) deliver(packet);
  EXPECT_GT(video().misnumbered, 0u);
  EXPECT_EQ(video().damaged, 0u);
}

TEST_F(MediaReceiverTest, SeesRtpTimesThatDoNotGoWithTheClock) {
  for (int i = 0; i < 100; ++i) frame();
  auto packets = picture();
  for (Packet& packet : packets)
    rtp::set_timestamp(packet, rtp::PacketView::parse(packet)->timestamp + 9000);
  for (const Packet& packet : packets) deliver(packet);
  EXPECT_EQ(video().mistimed, 1u);
}

TEST_F(MediaReceiverTest, APauseInSoundIsNoFault) {
  const auto sound = [&](bool forwarded, uint16_t renumber) {
    sender.send_blank_sound(0, 100, now);
    Packet packet = take().front();
    rtp::set_sequence_number(packet, renumber);
    if (forwarded) deliver(packet);
    pass(20);
  };
  uint16_t number = 0;
  for (int i = 0; i < 150; ++i) sound(true, number++);
  for (int i = 0; i < 100; ++i) sound(false, 0);
  for (int i = 0; i < 150; ++i) sound(true, number++);
  const ReceiverCounters& audio = receiver.counters(0);
  EXPECT_EQ(audio.checked, 300u);
  EXPECT_EQ(audio.misnumbered + audio.mistimed, 0u);
  number += 5;  // but not a gap that the sender didn't make
  sound(true, number);
  EXPECT_EQ(audio.misnumbered, 1u);
}

TEST_F(MediaReceiverTest, ASourceThatComesBackIsJudgedAnew) {
  MediaReceiver sampling({.extensions = kIds, .check_every = 16}, latencies, random);
  sampling.add_slot(rtp::MediaKind::kAudio, {kAudio, 0});
  // Packets of one source, then fewer than a sample of another's, then of the first again.
  uint16_t number = 0;
  for (const auto& [csrc, count] : {std::pair{7u, 40}, {8u, 5}, {7u, 40}}) {
    for (int i = 0; i < count; ++i) {
      sender.send_blank_sound(0, 100, now);
      const Packet plain = take().front();
      Packet packet = plain;
      packet[0] |= 1;
      std::array<uint8_t, 4> source{};
      store_be32(source.data(), csrc);
      packet.insert(packet.begin() + 12, source.begin(), source.end());
      rtp::set_sequence_number(packet, number++);
      pass(20);
      if (sampling.handle_header(*OpenHeader::parse(packet), packet.size(), now) ==
          MediaReceiver::Wants::kPayload)
        sampling.handle_payload(packet, now);
    }
  }
  EXPECT_EQ(sampling.counters(0).checked, 3u + 1u + 3u);
  EXPECT_EQ(sampling.counters(0).misnumbered, 0u);
}

TEST_F(MediaReceiverTest, AsksForWhatIsMissingAndCountsTheRepair) {
  frame();
  const auto packets = picture();
  deliver(packets[0]);
  deliver(packets[2]);
  pass(20);
  std::vector<uint16_t> asked;
  for_blocks(rtcp(), [&](const rtp::RtcpBlock& block) {
    if (const auto nack = rtp::parse_nack(block)) {
      EXPECT_EQ(nack->media_ssrc, kVideo);
      asked.assign(nack->sequences.begin(), nack->sequences.end());
    }
    sender.handle_rtcp(block);
  });
  EXPECT_EQ(asked, std::vector<uint16_t>{static_cast<uint16_t>(65'530 + 4)});
  const auto repairs = take();
  ASSERT_EQ(repairs.size(), 1u);
  deliver(repairs[0]);
  EXPECT_EQ(video().packets.repaired, 1u);
  EXPECT_EQ(video().packets.lost, 0u);
  EXPECT_EQ(video().damaged, 0u);
  EXPECT_EQ(latencies.video.max(), TimeDelta::millis(20));
}

TEST_F(MediaReceiverTest, WhatNeverComesIsLost) {
  frame();
  const auto packets = picture();
  deliver(packets[0]);
  deliver(packets[2]);
  for (int i = 0; i < 60; ++i) {
    frame();
    rtcp();
  }
  EXPECT_EQ(video().packets.lost, 1u);
}

TEST_F(MediaReceiverTest, NoticesThatPacketsOvertookEachOther) {
  frame();
  const auto packets = picture();
  deliver(packets[0]);
  deliver(packets[2]);
  deliver(packets[1]);
  EXPECT_EQ(video().packets.reordered, 1u);
  EXPECT_EQ(video().misnumbered, 0u);
  pass(30);
  for_blocks(rtcp(), [](const rtp::RtcpBlock& block) { EXPECT_FALSE(rtp::parse_nack(block)); });
}

TEST_F(MediaReceiverTest, ALargeHoleAsksForAKeyFrame) {
  frame();
  picture(200);  // not delivered
  frame();
  bool asked = false;
  for_blocks(rtcp(), [&](const rtp::RtcpBlock& block) {
    const auto pli = rtp::parse_pli(block);
    asked = asked || (pli && pli->media_ssrc == kVideo);
  });
  EXPECT_TRUE(asked);
}

TEST_F(MediaReceiverTest, SaysWhenEachNumberedPacketArrived) {
  const Timestamp first = now;
  frame();
  pass(60);
  size_t reported = 0;
  for_blocks(rtcp(), [&](const rtp::RtcpBlock& block) {
    rtp::TransportFeedback feedback;
    if (!rtp::parse_transport_feedback(block, feedback)) return;
    EXPECT_EQ(feedback.base_sequence, 0);
    EXPECT_EQ(feedback.reference_ticks, static_cast<uint32_t>(first.ms() / 64));
    reported += feedback.packets.size();
  });
  EXPECT_EQ(reported, 3u);
}

TEST_F(MediaReceiverTest, ThoseWhoWatchTheSameAnswerAtTimesOfTheirOwn) {
  const auto packets = picture();
  std::set<Timestamp> due;
  for (int i = 0; i < 20; ++i) {
    MediaReceiver viewer({.extensions = kIds}, latencies, random);
    viewer.add_slot(rtp::MediaKind::kVideo, {kVideo, kRtx});
    for (const Packet& packet : packets)
      viewer.handle_header(*OpenHeader::parse(packet), packet.size(), now);
    due.insert(viewer.poll_timeout().when);
  }
  EXPECT_EQ(due.size(), 20u);
}

TEST_F(MediaReceiverTest, AnAnswerThatIsLateDoesNotMoveThoseAfterIt) {
  for (const Packet& packet : picture()) deliver(packet);
  const Deadline first = receiver.poll_timeout();
  ASSERT_STREQ(first.reason, "feedback");
  now = first.when + TimeDelta::millis(100);
  EXPECT_EQ(rtcp().size(), 1u);
  EXPECT_EQ(receiver.poll_timeout().when, first.when + congestion::ArrivalRecorder::kInterval * 2);
}

TEST_F(MediaReceiverTest, ReportsWhatItReceivedEachSecond) {
  for (int i = 0; i < 26; ++i) frame();
  bool reported = false;
  for_blocks(rtcp(), [&](const rtp::RtcpBlock& block) {
    const auto report = rtp::parse_receiver_report(block);
    if (!report || report->reports.size() != 1) return;
    EXPECT_EQ(report->reports[0].ssrc, kVideo);
    EXPECT_EQ(report->reports[0].fraction_lost, 0);
    reported = true;
  });
  EXPECT_TRUE(reported);
}

TEST_F(MediaReceiverTest, WhatBelongsToNoSlotIsIgnored) {
  for (Packet& packet : picture()) {
    rtp::set_ssrc(packet, 77);
    deliver(packet);
  }
  EXPECT_EQ(decrypted, 0);
  EXPECT_EQ(receiver.live_slots(rtp::MediaKind::kVideo, TimeDelta::seconds(1), now), 0u);
}

TEST(OpenHeaderTest, ReadsAHeaderWhosePaddingIsEncrypted) {
  std::vector<uint8_t> packet = {0xb0, 0xe0, 0,    5, 0,    0,    0, 9,    0,    0,   0,
                                 7,    0xbe, 0xde, 0, 0x01, 0x31, 1, 0x02, 0x00, 0xff};
  const auto header = OpenHeader::parse(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->payload_type, 96);
  EXPECT_EQ(header->sequence, 5);
  EXPECT_EQ(header->timestamp, 9u);
  EXPECT_EQ(header->ssrc, 7u);
  EXPECT_EQ(header->extension_profile, rtp::kOneByteProfile);
  EXPECT_EQ(header->extension.size(), 4u);
  packet.resize(18);
  EXPECT_FALSE(OpenHeader::parse(packet));
  packet.resize(11);
  EXPECT_FALSE(OpenHeader::parse(packet));
}

}  // namespace
}  // namespace parley::load
