// What the tests of ControlPlane share: a driver that keeps what came out, and a client's offer.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/control_plane.h"
#include "sdp/offer.h"
#include "signaling/codec.h"

namespace parley::control {

inline constexpr int64_t kWallMs = 1'767'225'600'000;
inline constexpr char kFingerprint[] =
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"
    "FF";
inline constexpr ConnectionId kAna{1}, kBo{2}, kCy{3}, kDi{4};

// After this everything that waits for its turn in a small room has been told.
inline constexpr TimeDelta kTurn = room::broadcast_interval(2) * Presenter::kQualityIntervals;

inline ControlConfig config() {
  ControlConfig config;
  config.shards = {{.media_port = 3478}, {.media_port = 3479}};
  config.advertised = {IpAddress::v4(192, 0, 2, 1)};
  config.fingerprint = kFingerprint;
  return config;
}

// Microphone at mid 0, camera at mid 1, an audio slot at mid 2, a video slot at mid 3.
inline signaling::client::OfferBody offer(std::string ufrag = "abcd") {
  return {.sdp = sdp::build_offer(
              {.tracks = {{.kind = rtp::MediaKind::kAudio},
                          {.kind = rtp::MediaKind::kVideo, .rids = {"l", "m", "h"}}},
               .audio_slots = 1,
               .video_slots = 1,
               .ice_ufrag = std::move(ufrag),
               .ice_pwd = "0123456789012345678901",
               .fingerprint = kFingerprint}),
          .sources = {{"0", signaling::MediaSource::kMic}, {"1", signaling::MediaSource::kCamera}}};
}

inline signaling::client::Join join_message(std::string name, std::string room = "blue-fox") {
  return {.id = 1,
          .room = std::move(room),
          .name = std::move(name),
          .state = {.mic = true, .camera = true},
          .offer = offer()};
}

class ControlPlaneTest : public testing::Test {
 protected:
  void start(ControlConfig with) {
    control_ = std::make_unique<ControlPlane>(std::move(with), random_);
  }
  void connect(ConnectionId id) {
    control_->handle_connected(
        id, {.remote_ip = IpAddress::v4(198, 51, 100, 7), .local_ip = IpAddress::v4(10, 0, 0, 5)},
        now_);
  }
  void say(ConnectionId id, const signaling::ClientMessage& message) {
    control_->handle_message(id, signaling::write(message), now_, kWallMs);
    drain();
  }
  void event(const media::Event& event) {
    control_->handle_media_event(event, now_);
    drain();
  }
  void join(ConnectionId id, const char* name) {
    connect(id);
    say(id, join_message(name));
  }
  void advance(TimeDelta by) {
    now_ = now_ + by;
    control_->handle_timeout(now_);
    drain();
  }
  void take_turn() { advance(kTurn); }
  void drain() {
    Output out;
    while (control_->poll_output(out)) {
      if (const auto* text = std::get_if<SendText>(&out)) {
        const auto message = signaling::parse_server_message(*text->text);
        ASSERT_TRUE(message) << *text->text;
        told_[text->connection].push_back(*message);
      } else if (const auto* close = std::get_if<CloseConnection>(&out)) {
        closed_[close->connection] = close->code;
      } else {
        media_.push_back(std::get<MediaOutput>(out));
      }
    }
  }
  // The messages of one type that a connection got since forget(), in order.
  template <typename T>
  std::vector<T> got(ConnectionId id) {
    std::vector<T> found;
    for (const signaling::ServerMessage& message : told_[id]) {
      if (const auto* of_type = std::get_if<T>(&message)) found.push_back(*of_type);
    }
    return found;
  }
  template <typename T>
  T last(ConnectionId id) {
    const std::vector<T> found = got<T>(id);
    EXPECT_FALSE(found.empty());
    return found.empty() ? T{} : found.back();
  }
  template <typename T>
  std::vector<T> commands() {
    std::vector<T> found;
    for (const MediaOutput& output : media_) {
      if (const auto* of_type = std::get_if<T>(&output.command)) found.push_back(*of_type);
    }
    return found;
  }
  void forget() {
    told_.clear();
    closed_.clear();
    media_.clear();
  }

  SeededRandom random_{1};
  Timestamp now_ = Timestamp::seconds(1'000);
  std::unique_ptr<ControlPlane> control_ = std::make_unique<ControlPlane>(config(), random_);
  std::map<ConnectionId, std::vector<signaling::ServerMessage>> told_;
  std::map<ConnectionId, uint16_t> closed_;
  std::vector<MediaOutput> media_;
};

}  // namespace parley::control
