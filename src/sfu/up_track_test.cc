// What a track knows of its packets.
#include "sfu/up_track.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "rtp/dependency_descriptor.h"

namespace parley::sfu {
namespace {

using Layering = FrameInfo::Layering;

constexpr uint8_t kAv1 = 45;

// AV1 in two spatial layers.
class UpTrackAv1Test : public ::testing::Test {
 protected:
  UpTrackAv1Test() {
    structure_.max_spatial = 1;
    for (const uint8_t spatial : {uint8_t{0}, uint8_t{1}}) {
      structure_.targets.push_back({.spatial = spatial});
      rtp::DependencyStructure::Template key{.spatial = spatial, .indications = {}};
      key.indications.present = key.indications.switches = spatial == 0 ? 0b11u : 0b10u;
      if (spatial > 0) key.diffs.push_back(1);
      structure_.templates.push_back(key);
    }
  }
  static media::TrackDescription camera() {
    return {.id = TrackId{7},
            .kind = rtp::MediaKind::kVideo,
            .codecs = {{.codec = rtp::Codec::kAv1, .payload_type = kAv1}}};
  }
  // Of the key picture's two frames, of one packet each; the first has the structure.
  std::optional<TrackPacket> accept(uint16_t sequence, uint8_t spatial) {
    std::array<uint8_t, rtp::kMaxDependencyDescriptor> dependencies{};
    const size_t size =
        rtp::write_dependency_descriptor(dependencies,
                                         {.starts_frame = true,
                                          .ends_frame = true,
                                          .template_id = spatial,
                                          .frame_number = static_cast<uint16_t>(100 + spatial),
                                          .has_structure = spatial == 0},
                                         structure_);
    return track_.accept(0,
                         {.sequence = sequence,
                          .rtp_time = 3000,
                          .payload_type = kAv1,
                          .payload = payload_,
                          .dependencies = Bytes(dependencies).first(size)},
                         Timestamp::seconds(1));
  }

  rtp::DependencyStructure structure_;
  std::vector<uint8_t> payload_ = {0x10, 0xff};
  PacketPool pool_{8};
  UpTrack track_{camera(), PeerId{1}, pool_};
};

TEST_F(UpTrackAv1Test, WhatCameBeforeItsStructureIsReadOnceThatIsThere) {
  const auto upper = accept(11, 1);
  ASSERT_TRUE(upper);
  EXPECT_EQ(upper->frame.layering, Layering::kNone) << "nothing to read it by";
  const auto lower = accept(10, 0);
  ASSERT_TRUE(lower);
  EXPECT_TRUE(lower->key_frame_start);
  const auto kept = track_.cached(0, 11);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->frame.layering, Layering::kTargets) << "or every viewer is sent it";
  EXPECT_EQ(kept->frame.spatial, 1);
  EXPECT_EQ(kept->position.picture_id, lower->position.picture_id + 1);
}

}  // namespace
}  // namespace parley::sfu
