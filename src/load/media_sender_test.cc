#include "load/media_sender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "load/stamp.h"
#include "rtp/opus.h"
#include "rtp/packet.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_reports.h"
#include "rtp/rtx.h"
#include "rtp/vp8_descriptor.h"

namespace parley::load {
namespace {

constexpr rtp::HeaderExtensionIds kIds{
    .mid = 4, .rid = 10, .repaired_rid = 11, .audio_level = 1, .transport_sequence = 3};
constexpr uint32_t kSsrc = 0x1000;
constexpr uint32_t kRtxSsrc = 0x2000;

class MediaSenderTest : public testing::Test {
 protected:
  MediaSenderTest() : picture(2500) {
    std::iota(picture.begin(), picture.end(), uint8_t{0});
    sender.add_stream(
        {.codec = {.codec = rtp::Codec::kOpus, .payload_type = 111, .clock_rate = 48'000},
         .ssrc = {0x500, 0},
         .mid = "0"});
    sender.add_stream(
        {.codec = {.codec = rtp::Codec::kVp8, .payload_type = 96, .rtx_payload_type = 97},
         .ssrc = {kSsrc, kRtxSsrc},
         .mid = "1",
         .rid = "m",
         .first_sequence = 65'534,
         .first_rtp_time = 1'000,
         .first_picture_id = 0x7fff});
  }

  std::vector<std::vector<uint8_t>> take() {
    std::vector<std::vector<uint8_t>> packets;
    std::array<uint8_t, 1500> buffer;
    while (const size_t size = sender.poll_packet(buffer, Timestamp::seconds(1)))
      packets.emplace_back(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(size));
    return packets;
  }
  static rtp::PacketView view(const std::vector<uint8_t>& packet) {
    return rtp::PacketView::parse(packet).value();
  }
  template <typename Write>
  void feed(Write&& write) {
    std::array<uint8_t, 200> buffer;
    ByteWriter writer(buffer);
    write(writer);
    rtp::RtcpReader reader(writer.written());
    while (const auto block = reader.next()) sender.handle_rtcp(*block);
  }
  void nack(std::vector<uint16_t> sequences) {
    feed([&](ByteWriter& writer) { rtp::write_nack(writer, 1, kSsrc, sequences); });
  }

  const Timestamp start = Timestamp::seconds(10);
  MediaSender sender{kIds, start, TimeDelta::seconds(1'700'000'000)};
  std::vector<uint8_t> picture;
};

TEST_F(MediaSenderTest, SplitsAPictureAndNumbersItsPackets) {
  sender.send_picture(1, {.data = picture, .key_frame = true}, start + TimeDelta::millis(100));
  const auto packets = take();
  ASSERT_EQ(packets.size(), 3u);  // 1100 + 1100 + 300
  std::vector<uint8_t> joined;
  for (size_t i = 0; i < packets.size(); ++i) {
    const auto packet = view(packets[i]);
    EXPECT_EQ(packet.payload_type, 96);
    EXPECT_EQ(packet.ssrc, kSsrc);
    EXPECT_EQ(packet.sequence_number, static_cast<uint16_t>(65'534 + i));
    EXPECT_EQ(packet.timestamp, 1'000u + 9'000u);
    EXPECT_EQ(packet.marker, i == 2);
    const auto extensions = rtp::parse_header_extensions(packet, kIds);
    EXPECT_EQ(extensions.mid, "1");
    EXPECT_EQ(extensions.rid, "m");
    EXPECT_EQ(extensions.transport_sequence, i);
    EXPECT_FALSE(extensions.audio_level);
    const auto descriptor = rtp::parse_vp8_descriptor(packet.payload);
    ASSERT_TRUE(descriptor);
    EXPECT_EQ(descriptor->starts_frame(), i == 0);
    EXPECT_EQ(descriptor->picture_id, 0);  // after 0x7fff
    EXPECT_EQ(descriptor->tl0_pic_idx, 1);
    joined.insert(joined.end(), packet.payload.begin() + descriptor->size, packet.payload.end());
  }
  EXPECT_EQ(joined, picture);
  EXPECT_EQ(sender.counters(1).packets, 3u);
  EXPECT_EQ(sender.counters(1).key_frames, 1u);
}

TEST_F(MediaSenderTest, RepairsWhatItStillHas) {
  sender.send_picture(1, {.data = picture}, start);
  const auto sent = take();
  nack({65'535, 0, 7});  // the last one was never sent
  const auto repairs = take();
  ASSERT_EQ(repairs.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const auto repair = view(repairs[i]);
    const auto original = view(sent[i + 1]);
    EXPECT_EQ(repair.payload_type, 97);
    EXPECT_EQ(repair.ssrc, kRtxSsrc);
    EXPECT_EQ(repair.sequence_number, i);
    EXPECT_EQ(repair.timestamp, original.timestamp);
    EXPECT_EQ(repair.marker, original.marker);
    EXPECT_EQ(rtp::rtx_original_sequence(repair), original.sequence_number);
    EXPECT_TRUE(std::ranges::equal(repair.payload.subspan(2), original.payload));
    const auto extensions = rtp::parse_header_extensions(repair, kIds);
    EXPECT_EQ(extensions.repaired_rid, "m");
    EXPECT_EQ(extensions.rid, "");
    EXPECT_EQ(extensions.transport_sequence, 3 + i);
  }
  EXPECT_EQ(sender.counters(1).nacked, 3u);
  EXPECT_EQ(sender.counters(1).repaired, 2u);
  EXPECT_EQ(sender.counters(1).packets, 3u);
}

TEST_F(MediaSenderTest, ForgetsOldPackets) {
  const std::vector<uint8_t> small(100);
  for (size_t i = 0; i <= MediaSender::kKeptPackets; ++i)
    sender.send_picture(1, {.data = small}, start);
  take();
  nack({65'534, 65'535});
  EXPECT_EQ(take().size(), 1u);
}

TEST_F(MediaSenderTest, PlansNoMoreThanItsBound) {
  sender.send_picture(1, {.data = picture}, start);
  for (size_t i = 0; i < MediaSender::kMaxPlans; ++i) nack({65'534, 65'535, 0});
  EXPECT_EQ(take().size(), MediaSender::kMaxPlans);
}

TEST_F(MediaSenderTest, RemembersKeyFrameRequestsOnce) {
  EXPECT_FALSE(sender.take_key_frame_request(1));
  feed([](ByteWriter& writer) { rtp::write_pli(writer, {1, kSsrc}); });
  feed([](ByteWriter& writer) { rtp::write_pli(writer, {1, 0x9999}); });
  EXPECT_TRUE(sender.take_key_frame_request(1));
  EXPECT_FALSE(sender.take_key_frame_request(1));
  // RFC 5104 §4.3.1.1: a repeated number is the same request.
  const rtp::FirEntry entry{.ssrc = kSsrc, .sequence = 4};
  for (int i = 0; i < 2; ++i) {
    feed([&](ByteWriter& writer) { rtp::write_fir(writer, 1, {&entry, 1}); });
    EXPECT_EQ(sender.take_key_frame_request(1), i == 0);
  }
  EXPECT_EQ(sender.counters(1).key_frame_requests, 2u);
}

TEST_F(MediaSenderTest, SoundCarriesItsLevel) {
  const std::vector<uint8_t> opus(80, 1);
  sender.set_audio_level({.level = 30, .voice = true});
  sender.send_sound(0, opus, start + TimeDelta::millis(20));
  const auto packets = take();
  ASSERT_EQ(packets.size(), 1u);
  const auto packet = view(packets[0]);
  EXPECT_EQ(packet.payload_type, 111);
  EXPECT_EQ(packet.timestamp, 960u);
  const auto extensions = rtp::parse_header_extensions(packet, kIds);
  EXPECT_EQ(extensions.mid, "0");
  EXPECT_EQ(extensions.audio_level, (rtp::AudioLevel{30, true}));
}

TEST_F(MediaSenderTest, ReportsOnlyStreamsThatSent) {
  std::array<uint8_t, 500> buffer;
  EXPECT_EQ(sender.write_reports(buffer, start), 0u);
  sender.send_picture(1, {.data = picture}, start);
  const size_t size = sender.write_reports(buffer, start + TimeDelta::seconds(1));
  rtp::RtcpReader reader(Bytes(buffer).first(size));
  const auto report = rtp::parse_sender_report(reader.next().value());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sender_ssrc, kSsrc);
  EXPECT_EQ(report->rtp_timestamp, 91'000u);
  EXPECT_EQ(report->packet_count, 3u);
  EXPECT_EQ(report->ntp, rtp::NtpTime::from_unix(TimeDelta::seconds(1'700'000'011)));
  EXPECT_FALSE(reader.next());
}

TEST_F(MediaSenderTest, BlankPicturesBearStampsOfTheMomentTheyLeave) {
  sender.send_blank_picture(
      1, {.bytes = 2500, .packets = 3, .key_frame = true, .width = 640, .height = 360}, start);
  const auto packets = take();
  ASSERT_EQ(packets.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const auto packet = view(packets[i]);
    EXPECT_EQ(packet.payload.size(), i == 0 ? 834u : 833u);
    EXPECT_EQ(packet.marker, i == 2);
    const auto descriptor = rtp::parse_vp8_descriptor(packet.payload);
    ASSERT_TRUE(descriptor);
    const auto stamp = read_stamp(packet.payload.subspan(descriptor->size + 10));
    ASSERT_TRUE(stamp);
    EXPECT_EQ(stamp->number, i);
    EXPECT_EQ(stamp->sent, Timestamp::seconds(1));  // when take() polled
  }
  const Bytes first = view(packets[0]).payload;
  const auto header = rtp::parse_vp8_frame_header(first, *rtp::parse_vp8_descriptor(first));
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->key_frame);
  EXPECT_EQ(header->width, 640);
  EXPECT_EQ(header->height, 360);
}

TEST_F(MediaSenderTest, ARepairBearsTheTimeOfItsOriginal) {
  sender.send_blank_picture(1, {.bytes = 500, .packets = 1}, start);
  take();
  nack({65'534});
  std::array<uint8_t, 1500> buffer;
  const size_t size = sender.poll_packet(buffer, Timestamp::seconds(2));
  ASSERT_GT(size, 0u);
  const Bytes payload = rtp::PacketView::parse(Bytes(buffer).first(size))->payload.subspan(2);
  const size_t at = rtp::parse_vp8_descriptor(payload)->size + 10u;
  EXPECT_EQ(read_stamp(payload.subspan(at))->sent, Timestamp::seconds(1));
}

TEST_F(MediaSenderTest, BlankSoundIsOpusOfTwentyMilliseconds) {
  sender.send_blank_sound(0, 80, start);
  const auto packets = take();
  ASSERT_EQ(packets.size(), 1u);
  const auto packet = view(packets[0]);
  EXPECT_EQ(packet.payload.size(), 80u);
  EXPECT_EQ(rtp::opus_duration(packet.payload), TimeDelta::millis(20));
  EXPECT_TRUE(read_stamp(packet.payload.subspan(1)));
}

}  // namespace
}  // namespace parley::load
