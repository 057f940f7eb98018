// For tests: a router with one camera and one viewer who looks at it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sfu/router.h"

namespace parley::sfu {

class OneCameraRouterTest : public ::testing::Test {
 protected:
  static constexpr PeerId kPublisher{1};
  static constexpr PeerId kViewer{2};
  static constexpr TrackId kCamera{7};
  static constexpr uint32_t kSlotSsrc = 500;
  // As the publisher numbers its codecs, and as the viewer does.
  static constexpr uint8_t kVp8 = 96;
  static constexpr uint8_t kVp9 = 98;
  static constexpr uint8_t kViewersVp8 = 100;
  static constexpr uint8_t kViewersVp8Rtx = 101;
  static constexpr uint8_t kViewersVp9 = 102;

  explicit OneCameraRouterTest(std::vector<std::string> rids) {
    media::TrackDescription camera{.id = kCamera, .kind = rtp::MediaKind::kVideo, .group = 1};
    camera.rids = std::move(rids);
    camera.codecs = {{.codec = rtp::Codec::kVp8, .payload_type = kVp8},
                     {.codec = rtp::Codec::kVp9, .payload_type = kVp9}};
    media::PeerDescription publisher;
    publisher.tracks = {camera};
    router_.set_peer(kPublisher, 0, publisher, now_);
    for (auto& encoding : track().encodings()) encoding.ssrc = 1;

    media::SlotDescription slot{.id = SlotId{3}, .kind = rtp::MediaKind::kVideo};
    slot.ssrc = {.ssrc = kSlotSsrc, .rtx_ssrc = 501};
    slot.codecs = {
        {.codec = rtp::Codec::kVp8,
         .payload_type = kViewersVp8,
         .rtx_payload_type = kViewersVp8Rtx},
        {.codec = rtp::Codec::kVp9, .payload_type = kViewersVp9, .rtx_payload_type = 103}};
    media::PeerDescription viewer;
    viewer.slots = {slot};
    router_.set_peer(kViewer, 1, viewer, now_);
  }

  DownSlot& slot() { return *router_.find_slot(kViewer, kSlotSsrc); }
  UpTrack& track() { return *router_.find_track(kCamera); }

  void look(uint16_t width, uint16_t height) {
    const media::ViewWish wish{.track = kCamera, .width = width, .height = height, .priority = 0};
    router_.set_view(kViewer, std::span(&wish, 1), now_);
  }

  // Time passes; the key frames that the publisher is asked for are counted.
  void tick(TimeDelta time) {
    now_ = now_ + time;
    router_.handle_tick(now_);
    Feedback feedback;
    while (router_.poll_feedback(feedback))
      key_frames_asked_ += feedback.kind == Feedback::Kind::kKeyFrame ? 1 : 0;
  }

  // Hands over a packet now and gives what goes to the viewer.
  std::vector<ForwardPlan> take(size_t encoding, const MediaPacket& packet) {
    router_.handle_media(track(), encoding, packet, now_);
    std::vector<ForwardPlan> out(router_.plans().begin(), router_.plans().end());
    router_.clear_plans();
    return out;
  }

  SeededRandom random_{1};
  PacketPool pool_{1024};
  Router router_{RouterId{1}, pool_, random_};
  Timestamp now_ = Timestamp::seconds(100);
  int key_frames_asked_ = 0;
};

}  // namespace parley::sfu
