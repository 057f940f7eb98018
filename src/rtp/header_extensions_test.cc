#include "rtp/header_extensions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;

TEST(AudioLevelTest, ReadsLevelAndVoice) {
  EXPECT_EQ(read_audio_level(std::vector<uint8_t>{0x9e}), (AudioLevel{.level = 30, .voice = true}));
  EXPECT_EQ(read_audio_level(std::vector<uint8_t>{0x7f, 0}),
            (AudioLevel{.level = 127, .voice = false}));
  EXPECT_EQ(read_audio_level({}), std::nullopt);
  EXPECT_EQ(read_audio_level(std::vector<uint8_t>(3)), std::nullopt);
}

TEST(AudioLevelTest, WritesAndClampsToSilence) {
  EXPECT_THAT(write_audio_level({.level = 30, .voice = true}), ElementsAre(0x9e));
  EXPECT_THAT(write_audio_level({.level = 200, .voice = false}), ElementsAre(0x7f));
}

TEST(TransportSequenceTest, ReadsBothVersions) {
  EXPECT_EQ(read_transport_sequence(std::vector<uint8_t>{0x12, 0x34}), 0x1234);
  EXPECT_EQ(read_transport_sequence(std::vector<uint8_t>{0x12, 0x34, 0x80, 0x01}), 0x1234);
  EXPECT_EQ(read_transport_sequence(std::vector<uint8_t>(3)), std::nullopt);
  EXPECT_THAT(write_transport_sequence(0x1234), ElementsAre(0x12, 0x34));
}

TEST(AbsSendTimeTest, IsSixBitsOfSecondsAndEighteenOfFraction) {
  EXPECT_EQ(AbsSendTime::from(TimeDelta::seconds(1)).value, 0x04'0000u);
  EXPECT_EQ(AbsSendTime::from(TimeDelta::millis(64'500)).value, 0x02'0000u);
  EXPECT_EQ(AbsSendTime::from(TimeDelta::seconds(-1)).value, 0xfc'0000u);
  EXPECT_EQ(AbsSendTime{0xff'0000}.to_delta(), TimeDelta::millis(63'750));
  EXPECT_THAT(write_abs_send_time({0x01'0203}), ElementsAre(1, 2, 3));
  EXPECT_EQ(read_abs_send_time(std::vector<uint8_t>{1, 2, 3}), AbsSendTime{0x01'0203});
  EXPECT_EQ(read_abs_send_time(std::vector<uint8_t>(2)), std::nullopt);
}

TEST(AbsSendTimeTest, DifferenceHoldsAcrossTheWrap) {
  const AbsSendTime before{0xff'0000};
  const AbsSendTime after{0x01'0000};
  EXPECT_EQ(after.since(before), TimeDelta::millis(500));
  EXPECT_EQ(before.since(after), TimeDelta::millis(-500));
}

TEST(SdesTextTest, TakesTokensOnly) {
  EXPECT_EQ(read_sdes_text(as_bytes("0")), "0");
  EXPECT_EQ(read_sdes_text(as_bytes("h-1_a")), "h-1_a");
  EXPECT_EQ(read_sdes_text({}), std::nullopt);
  EXPECT_EQ(read_sdes_text(as_bytes("a b")), std::nullopt);
  EXPECT_EQ(read_sdes_text(as_bytes("a\n")), std::nullopt);
  EXPECT_EQ(read_sdes_text(as_bytes(std::string(32, 'x'))), std::string(32, 'x'));
  EXPECT_EQ(read_sdes_text(as_bytes(std::string(33, 'x'))), std::nullopt);
}

TEST(VideoOrientationTest, ReadsAndWritesQuarters) {
  const VideoOrientation o{.back_camera = true, .flip = false, .rotation = 270};
  EXPECT_THAT(write_video_orientation(o), ElementsAre(0x0b));
  EXPECT_EQ(read_video_orientation(std::vector<uint8_t>{0x0b}), o);
  EXPECT_THAT(write_video_orientation({.flip = true, .rotation = 450}), ElementsAre(0x05));
  EXPECT_EQ(read_video_orientation({}), std::nullopt);
}

TEST(PlayoutDelayTest, CountsTensOfMilliseconds) {
  const PlayoutDelay d{.min = TimeDelta::millis(10), .max = TimeDelta::millis(40'950)};
  EXPECT_THAT(write_playout_delay(d), ElementsAre(0x00, 0x1f, 0xff));
  EXPECT_EQ(read_playout_delay(std::vector<uint8_t>{0x00, 0x1f, 0xff}), d);
  EXPECT_THAT(write_playout_delay({.min = TimeDelta::seconds(-1), .max = TimeDelta::seconds(99)}),
              ElementsAre(0x00, 0x0f, 0xff));
}

TEST(AbsCaptureTimeTest, HasAnOptionalOffset) {
  const AbsCaptureTime plain{.captured = NtpTime(0x0102030405060708), .clock_offset_q32 = {}};
  EXPECT_THAT(write_abs_capture_time(plain).view(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  const AbsCaptureTime offset{.captured = NtpTime(1), .clock_offset_q32 = -2};
  const auto bytes = write_abs_capture_time(offset);
  EXPECT_EQ(bytes.size, 16u);
  EXPECT_EQ(read_abs_capture_time(bytes.view()), offset);
  EXPECT_EQ(read_abs_capture_time(bytes.view().first(8)),
            (AbsCaptureTime{.captured = NtpTime(1), .clock_offset_q32 = {}}));
  EXPECT_EQ(read_abs_capture_time(bytes.view().first(9)), std::nullopt);
}

constexpr HeaderExtensionIds kIds{.mid = 1,
                                  .rid = 2,
                                  .repaired_rid = 3,
                                  .audio_level = 4,
                                  .transport_sequence = 5,
                                  .abs_send_time = 6,
                                  .video_orientation = 7,
                                  .dependency_descriptor = 8,
                                  .video_layers_allocation = 9,
                                  .playout_delay = 10,
                                  .abs_capture_time = 11};

TEST(HeaderExtensionsTest, OnePassFindsEveryOne) {
  const auto level = write_audio_level({.level = 40, .voice = true});
  const auto sequence = write_transport_sequence(777);
  const auto sent = write_abs_send_time({0xabcdef});
  const auto orientation = write_video_orientation({.rotation = 90});
  const auto delay = write_playout_delay({});
  const auto captured = write_abs_capture_time({.captured = NtpTime(5), .clock_offset_q32 = 6});
  const std::vector<uint8_t> descriptor{1, 2, 3};
  const std::vector<uint8_t> allocation{4};
  const ExtensionElement elements[] = {{1, as_bytes("a")}, {2, as_bytes("h")},   {3, as_bytes("r")},
                                       {4, level},         {5, sequence},        {6, sent},
                                       {7, orientation},   {8, descriptor},      {9, allocation},
                                       {10, delay},        {11, captured.view()}};
  std::array<uint8_t, 128> buffer{};
  const size_t size = write_header(buffer, {.extensions = elements});
  const auto packet = PacketView::parse(Bytes(buffer).first(size));
  ASSERT_TRUE(packet);

  const HeaderExtensions all = parse_header_extensions(*packet, kIds);
  EXPECT_EQ(all.mid, "a");
  EXPECT_EQ(all.rid, "h");
  EXPECT_EQ(all.repaired_rid, "r");
  EXPECT_EQ(all.audio_level, (AudioLevel{.level = 40, .voice = true}));
  EXPECT_EQ(all.transport_sequence, 777);
  EXPECT_EQ(all.abs_send_time, AbsSendTime{0xabcdef});
  EXPECT_EQ(all.video_orientation, (VideoOrientation{.rotation = 90}));
  EXPECT_EQ(all.playout_delay, PlayoutDelay{});
  EXPECT_EQ(all.abs_capture_time, (AbsCaptureTime{NtpTime(5), 6}));
  EXPECT_THAT(all.dependency_descriptor, ElementsAre(1, 2, 3));
  EXPECT_THAT(all.video_layers_allocation, ElementsAre(4));

  const HeaderExtensions none = parse_header_extensions(*packet, {});
  EXPECT_EQ(none.mid, "");
  EXPECT_EQ(none.transport_sequence, std::nullopt);
}

TEST(HeaderExtensionsTest, SkipsTheMalformedAndKeepsTheRest) {
  const std::vector<uint8_t> wrong(3);
  const auto sequence = write_transport_sequence(9);
  const ExtensionElement elements[] = {{4, wrong}, {5, sequence}, {5, wrong}, {1, as_bytes("\n")}};
  std::array<uint8_t, 64> buffer{};
  const size_t size = write_header(buffer, {.extensions = elements});
  const auto packet = PacketView::parse(Bytes(buffer).first(size));
  ASSERT_TRUE(packet);
  const HeaderExtensions all = parse_header_extensions(*packet, kIds);
  EXPECT_EQ(all.audio_level, std::nullopt);
  EXPECT_EQ(all.transport_sequence, 9);
  EXPECT_EQ(all.mid, "");
}

}  // namespace
}  // namespace parley::rtp
