// The numbered rules of layer_filter.h, one by one, on hand-made frames.
#include "sfu/layer_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::sfu {
namespace {

using Layering = FrameInfo::Layering;

class LayerFilterTest : public ::testing::Test {
 protected:
  static FrameInfo vp8(uint8_t temporal, bool sync = false, bool key = false) {
    return {.layering = Layering::kTemporal,
            .key_picture = key,
            .starts_frame = true,
            .ends_frame = true,
            .temporal = temporal,
            .layer_sync = sync};
  }
  struct Vp9 {
    uint8_t spatial = 0;
    uint8_t temporal = 0;
    bool key = false;
    bool switch_up = false;
    bool key_mode = false;  // layers depend on those below at key pictures only
  };
  static FrameInfo vp9(const Vp9& f) {
    return {.layering = Layering::kSpatial,
            .key_picture = f.key && f.spatial == 0,
            .starts_frame = true,
            .ends_frame = true,
            .spatial = f.spatial,
            .temporal = f.temporal,
            .inter_picture = !f.key,
            .inter_layer = f.spatial > 0 && (f.key || !f.key_mode),
            .for_upper = f.spatial < 2 && (f.key || !f.key_mode),
            .switch_up = f.switch_up,
            .spatial_layers = f.key ? uint8_t{3} : uint8_t{0}};
  }
  // A picture of all three layers; which were forwarded ("01" = the lower two), and '!' after the
  // one that bears the marker.
  std::string picture(Vp9 f) {
    std::string out;
    ++time_;
    for (f.spatial = 0; f.spatial < 3; ++f.spatial) {
      const auto verdict = filter_.decide(vp9(f), time_);
      if (verdict.forward) out += static_cast<char>('0' + f.spatial);
      if (verdict.forward && verdict.marker) out += '!';
    }
    return out;
  }
  bool passes(const FrameInfo& frame) { return filter_.decide(frame, ++time_).forward; }

  LayerFilter filter_;
  int64_t time_ = 0;
};

TEST_F(LayerFilterTest, WhatSaysNothingOfLayersIsForwarded) {
  filter_.set_target(0, 0);
  EXPECT_TRUE(passes({.spatial = 2, .temporal = 2}));
  EXPECT_FALSE(filter_.needs_key_frame());
}

TEST_F(LayerFilterTest, WhereTheBaseLayerIsLeftOutWhatDependsOnNothingElseFillsTheGap) {
  constexpr int64_t kFrame = 90'000 / 15;
  filter_.set_target(0, 0);
  EXPECT_TRUE(filter_.decide(vp8(0, false, true), 10 * kFrame).forward);
  EXPECT_FALSE(filter_.decide(vp8(2, true), 11 * kFrame).forward) << "no gap";
  // What follows a key frame that took too much: the highest layer only.
  EXPECT_FALSE(filter_.decide(vp8(2), 13 * kFrame).forward) << "it may depend on what was dropped";
  EXPECT_TRUE(filter_.decide(vp8(2, true), 15 * kFrame).forward);
  EXPECT_TRUE(filter_.decide(vp8(2, true), 15 * kFrame).forward) << "its other packets, too";
  EXPECT_FALSE(filter_.decide(vp8(2, true), 17 * kFrame).forward) << "no gap any more";
  EXPECT_EQ(filter_.temporal(), 0) << "its layer isn't in force";
  filter_.set_target(0, 0, false);
  EXPECT_FALSE(filter_.decide(vp8(2, true), 21 * kFrame).forward) << "the path is full";
}

TEST_F(LayerFilterTest, TemporalLayersGoDownAtOnceAndUpAtASyncFrame) {
  EXPECT_TRUE(passes(vp8(0, false, true)));
  EXPECT_TRUE(passes(vp8(2)));
  filter_.set_target(0, 0);
  EXPECT_FALSE(passes(vp8(1))) << "down at the next picture";
  EXPECT_FALSE(passes(vp8(2)));
  EXPECT_TRUE(passes(vp8(0)));
  filter_.set_target(0, 2);
  EXPECT_FALSE(passes(vp8(1))) << "it depends on a T1 that was dropped";
  EXPECT_FALSE(passes(vp8(2, true))) << "only one layer at a time";
  EXPECT_TRUE(passes(vp8(1, true)));
  EXPECT_FALSE(passes(vp8(2)));
  EXPECT_TRUE(passes(vp8(2, true)));
  EXPECT_FALSE(filter_.needs_key_frame()) << "temporal layers never need one";
}

TEST_F(LayerFilterTest, AKeyPictureStartsAllOver) {
  passes(vp8(0, false, true));
  filter_.set_target(0, 0);
  passes(vp8(2));
  filter_.set_target(0, 2);
  EXPECT_TRUE(passes(vp8(0, false, true)));
  EXPECT_TRUE(passes(vp8(2))) << "without a sync frame";
}

TEST_F(LayerFilterTest, ALateFrameGetsWhatWasInForceThenAndChangesNothing) {
  filter_.decide(vp8(0, false, true), 100);
  filter_.decide(vp8(2), 101);
  filter_.set_target(0, 0);
  filter_.decide(vp8(0), 103);
  EXPECT_TRUE(filter_.decide(vp8(2), 102).forward) << "it was repaired; all layers were shown then";
  EXPECT_FALSE(filter_.decide(vp8(2), 104).forward);
  EXPECT_FALSE(filter_.decide(vp8(0), 99).forward) << "before everything that is known";
}

TEST_F(LayerFilterTest, TheRestOfAFrameFollowsItsFirstPacket) {
  filter_.decide(vp8(0, false, true), 100);
  FrameInfo first = vp8(2);
  first.ends_frame = false;
  EXPECT_TRUE(filter_.decide(first, 101).forward);
  filter_.set_target(0, 0);
  EXPECT_TRUE(filter_.decide(vp8(2), 101).forward) << "half a frame helps nobody";
}

TEST_F(LayerFilterTest, SpatialLayersAboveTheTargetAreDroppedAndTheMarkerMoves) {
  filter_.set_target(1, 2);
  EXPECT_EQ(picture({.key = true}), "01!");
  EXPECT_EQ(picture({}), "01!");
}

TEST_F(LayerFilterTest, FullSvcGoesDownAtTheNextPictureAndUpAtAKeyPicture) {
  EXPECT_EQ(picture({.key = true}), "012!");
  filter_.set_target(0, 2);
  EXPECT_EQ(picture({}), "0!");
  filter_.set_target(2, 2);
  EXPECT_EQ(picture({}), "0!") << "layer 2 has a hole";
  EXPECT_TRUE(filter_.needs_key_frame());
  EXPECT_EQ(picture({.key = true}), "012!");
  EXPECT_FALSE(filter_.needs_key_frame());
}

TEST_F(LayerFilterTest, InKeyModesOnlyTheShownLayerFlowsBetweenKeyPictures) {
  EXPECT_EQ(picture({.key = true, .key_mode = true}), "012!");
  EXPECT_EQ(picture({.key_mode = true}), "2!");
  filter_.set_target(0, 2);
  EXPECT_EQ(picture({.key_mode = true}), "2!") << "the lower layers have holes: it goes on";
  EXPECT_TRUE(filter_.needs_key_frame());
  EXPECT_EQ(picture({.key = true, .key_mode = true}), "0!");
  EXPECT_EQ(picture({.key_mode = true}), "0!");
}

TEST_F(LayerFilterTest, Vp9GoesUpInTimeAfterASwitchingPicture) {
  filter_.set_target(2, 0);
  EXPECT_EQ(picture({.key = true}), "012!");
  EXPECT_EQ(picture({.temporal = 1}), "");
  filter_.set_target(2, 2);
  EXPECT_EQ(picture({.temporal = 2}), "") << "it may look back at what was dropped";
  EXPECT_EQ(picture({.temporal = 0, .switch_up = true}), "012!");
  EXPECT_EQ(picture({.temporal = 2}), "012!");
}

TEST_F(LayerFilterTest, ALayerThatStoppedIsNotWaitedFor) {
  filter_.set_target(2, 2);
  EXPECT_EQ(picture({.key = true}), "012!");
  const auto lower_two = [&] {
    ++time_;
    filter_.decide(vp9({.spatial = 0}), time_);
    return filter_.decide(vp9({.spatial = 1}), time_);
  };
  for (int i = 0; i <= LayerFilter::kGonePictures + 1; ++i) lower_two();
  EXPECT_EQ(filter_.spatial(), 1) << "the sender gave layer 2 up";
  EXPECT_TRUE(lower_two().marker) << "or the receiver waits for it in every picture";
  EXPECT_FALSE(filter_.needs_key_frame());
}

TEST_F(LayerFilterTest, AFrameThatCouldNotBeSentNeedsAKeyFrame) {
  passes(vp8(0, false, true));
  filter_.on_frame_broken(vp8(0));
  EXPECT_TRUE(filter_.needs_key_frame());
  passes(vp8(0, false, true));
  EXPECT_FALSE(filter_.needs_key_frame());
}

TEST_F(LayerFilterTest, AnUpperTemporalLayerThatCouldNotBeSentComesBackAtItsSyncFrame) {
  passes(vp8(0, false, true));
  EXPECT_TRUE(passes(vp8(2, true)));
  filter_.on_frame_broken(vp8(1, true));
  EXPECT_FALSE(filter_.needs_key_frame()) << "the base layer is whole";
  EXPECT_FALSE(passes(vp8(2))) << "it may refer to what is missing";
  EXPECT_TRUE(passes(vp8(0)));
  EXPECT_FALSE(passes(vp8(1))) << "so does this";
  EXPECT_FALSE(passes(vp8(2, true))) << "one layer at a time";
  EXPECT_TRUE(passes(vp8(0)));
  EXPECT_TRUE(passes(vp8(1, true)));
  EXPECT_TRUE(passes(vp8(2, true)));
}

TEST_F(LayerFilterTest, WhatComesLateOfALayerThatWasTakenForWholeIsForwarded) {
  EXPECT_EQ(picture({.key = true, .key_mode = true}), "012!");
  // Of the next picture the lowest layer is late.
  const int64_t late = ++time_;
  EXPECT_FALSE(filter_.decide(vp9({.spatial = 1, .key_mode = true}), late).forward);
  EXPECT_TRUE(filter_.decide(vp9({.spatial = 2, .key_mode = true}), late).forward);
  filter_.set_target(0, 2);
  EXPECT_EQ(picture({.key_mode = true}), "0!") << "it has no hole yet";
  const auto verdict = filter_.decide(vp9({.key_mode = true}), late);
  EXPECT_TRUE(verdict.forward) << "what goes on refers to it";
  EXPECT_FALSE(verdict.marker) << "the layer above it bears it";
  EXPECT_EQ(picture({.key_mode = true}), "0!");
  EXPECT_FALSE(filter_.needs_key_frame());
}

TEST_F(LayerFilterTest, WhatComesLateOfALowerLayerIsDroppedWhileTheUpperOneGoesOn) {
  EXPECT_EQ(picture({.key = true, .key_mode = true}), "012!");
  const int64_t late = ++time_;
  EXPECT_TRUE(filter_.decide(vp9({.spatial = 2, .key_mode = true}), late).forward);
  EXPECT_EQ(picture({.temporal = 1, .key_mode = true}), "2!");
  EXPECT_FALSE(filter_.decide(vp9({.key_mode = true}), late).forward);
  filter_.set_target(0, 2);
  EXPECT_EQ(picture({.key_mode = true}), "2!") << "the lower layers have holes";
  EXPECT_TRUE(filter_.needs_key_frame());
}

// L2T1 as decode targets: 0 is the lower layer alone, 1 both.
class LayerFilterTargetsTest : public ::testing::Test {
 protected:
  LayerFilterTargetsTest() {
    structure_.targets.push_back({.spatial = 0});
    structure_.targets.push_back({.spatial = 1});
    structure_.contained[0] = 0b01;
    structure_.contained[1] = 0b11;
  }
  struct Frame {
    int64_t number = 0;
    uint8_t spatial = 0;
    uint32_t present = 0b11;
    uint32_t switches = 0;
    bool key = false;
    std::initializer_list<uint16_t> references = {};
  };
  bool passes(int64_t time, const Frame& f) {
    FrameInfo frame{.layering = Layering::kTargets,
                    .key_picture = f.key,
                    .starts_frame = true,
                    .ends_frame = true,
                    .spatial = f.spatial,
                    .active_targets = 0b11,
                    .frame_number = f.number,
                    .structure = &structure_};
    frame.indications.present = f.present;
    frame.indications.switches = f.switches;
    for (const uint16_t reference : f.references) frame.references.push_back(reference);
    return filter_.decide(frame, time).forward;
  }
  rtp::DependencyStructure structure_;
  LayerFilter filter_;
};

TEST_F(LayerFilterTargetsTest, DownAtAnyPictureWhenTheTargetIsContained) {
  EXPECT_TRUE(passes(1, {.number = 1, .switches = 0b11, .key = true}));
  EXPECT_TRUE(passes(1, {.number = 2, .spatial = 1, .present = 0b10, .references = {1}}));
  filter_.set_target(0, 0);
  EXPECT_TRUE(passes(2, {.number = 3, .references = {2}}));
  EXPECT_FALSE(passes(2, {.number = 4, .spatial = 1, .present = 0b10, .references = {1, 2}}));
}

TEST_F(LayerFilterTargetsTest, UpAtASwitchWhoseReferencesWereForwarded) {
  filter_.set_target(0, 0);
  EXPECT_TRUE(passes(1, {.number = 1, .switches = 0b11, .key = true}));
  EXPECT_FALSE(passes(1, {.number = 2, .spatial = 1, .present = 0b10, .references = {1}}));
  filter_.set_target(1, 0);
  EXPECT_TRUE(passes(2, {.number = 3, .references = {2}}));
  EXPECT_FALSE(passes(2, {.number = 4, .spatial = 1, .present = 0b10, .references = {1, 2}}));
  EXPECT_TRUE(filter_.needs_key_frame());
  // A picture whose lower frame lets one switch to both layers.
  EXPECT_TRUE(passes(3, {.number = 5, .switches = 0b10, .references = {2}}));
  EXPECT_TRUE(passes(3, {.number = 6, .spatial = 1, .present = 0b10, .references = {1}}));
  EXPECT_FALSE(filter_.needs_key_frame());
}

TEST_F(LayerFilterTargetsTest, NotUpWhereAReferenceWasLeftOut) {
  filter_.set_target(0, 0);
  passes(1, {.number = 1, .switches = 0b11, .key = true});
  passes(1, {.number = 2, .spatial = 1, .present = 0b10, .references = {1}});
  filter_.set_target(1, 0);
  EXPECT_TRUE(passes(2, {.number = 3, .switches = 0b10, .references = {2, 1}}));
  EXPECT_FALSE(passes(2, {.number = 4, .spatial = 1, .present = 0b10, .references = {1}}));
}

}  // namespace
}  // namespace parley::sfu
