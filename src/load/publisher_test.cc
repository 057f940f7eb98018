#include "load/publisher.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace parley::load {
namespace {

constexpr rtp::HeaderExtensionIds kIds{.mid = 4, .audio_level = 1, .transport_sequence = 3};

class PublisherTest : public testing::Test {
 protected:
  // When each packet leaves in a second, by a driver that looks every 500 us; pictures only.
  std::vector<Timestamp> play(double pace) {
    const Material material{
        .clip = {},
        .sound = {},
        .traffic = {
            .encodings = {{"", 1280, 720, DataRate::kbps(2880)}}, .even = true, .pace = pace}};
    Publisher publisher({.number = 1,
                         .audio = {.codec = rtp::Codec::kOpus, .payload_type = 111},
                         .video = {.codec = rtp::Codec::kVp8, .payload_type = 96},
                         .extensions = kIds,
                         .audio_mid = "0",
                         .video_mid = "1"},
                        material, random, now);
    publisher.start(now);
    std::vector<Timestamp> departures;
    std::array<uint8_t, MediaSender::kMaxPacket> buffer;
    for (const Timestamp end = now + TimeDelta::seconds(3); now < end;
         now = now + TimeDelta::micros(500)) {
      publisher.handle_timeout(now);
      while (const size_t size = publisher.poll_packet(buffer, now)) {
        if (size > 1000 && end - now < TimeDelta::seconds(1)) departures.push_back(now);
      }
    }
    return departures;
  }
  static size_t most_at_once(const std::vector<Timestamp>& departures) {
    size_t most = 0;
    size_t run = 0;
    for (size_t i = 0; i < departures.size(); ++i) {
      run = i > 0 && departures[i] == departures[i - 1] ? run + 1 : 1;
      most = std::max(most, run);
    }
    return most;
  }

  SeededRandom random{1};
  Timestamp now = Timestamp() + TimeDelta::seconds(1);
};

TEST_F(PublisherTest, PicturesLeaveAtOnceWithoutAPace) {
  const auto departures = play(0);
  EXPECT_NEAR(static_cast<double>(departures.size()), 300, 15);
  EXPECT_EQ(most_at_once(departures), 10u);
}

TEST_F(PublisherTest, APaceSpreadsThePacketsOfAPicture) {
  const auto departures = play(1);
  EXPECT_NEAR(static_cast<double>(departures.size()), 300, 15);
  EXPECT_LE(most_at_once(departures), 2u);
  // 1,200 bytes at 2.88 Mbit/s.
  const TimeDelta mean =
      (departures.back() - departures.front()) / static_cast<int64_t>(departures.size() - 1);
  EXPECT_NEAR(static_cast<double>(mean.us()), 3'333, 170);
}

TEST_F(PublisherTest, WhoIsSilentSendsLittleWithDtx) {
  for (const double speech : {0.0, 1.0}) {
    const Material material{.clip = {}, .sound = {}, .traffic = {.dtx = true}};
    Publisher publisher({.camera = false,
                         .speech = speech,
                         .number = 1,
                         .extensions = kIds,
                         .audio_mid = "0",
                         .video_mid = "1"},
                        material, random, now);
    publisher.start(now);
    std::array<uint8_t, MediaSender::kMaxPacket> buffer;
    for (int i = 0; i < 400; ++i, now = now + TimeDelta::millis(10)) {
      publisher.handle_timeout(now);
      while (publisher.poll_packet(buffer, now) > 0) {
      }
    }
    EXPECT_NEAR(static_cast<double>(publisher.sound().packets), speech > 0 ? 200 : 10, 1);
  }
}

TEST_F(PublisherTest, TheNextPacketIsADeadline) {
  const Material material{.clip = {}, .sound = {}, .traffic = {.pace = 1}};
  Publisher publisher({.number = 1, .extensions = kIds, .audio_mid = "0", .video_mid = "1"},
                      material, random, now);
  publisher.start(now);
  now = now + TimeDelta::millis(40);
  std::array<uint8_t, MediaSender::kMaxPacket> buffer;
  while (publisher.poll_timeout().when <= now) {
    publisher.handle_timeout(now);
    publisher.poll_report(buffer, now);
    publisher.poll_packet(buffer, now);
  }
  EXPECT_LE(publisher.poll_timeout().when, now + TimeDelta::millis(8));
}

}  // namespace
}  // namespace parley::load
