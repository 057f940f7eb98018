#include "rtp/video_layers_allocation.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using Extension = std::vector<uint8_t>;

// Three encodings of one spatial layer and two temporal layers each, told by the second.
const Extension kSimulcast = {0x61, 0x54, 0x64, 0x96, 0x01, 0xc8, 0x01,
                              0xac, 0x02, 0xe8, 0x07, 0xc4, 0x13};

TEST(VideoLayersAllocationTest, ReadsTheTargetsOfSimulcast) {
  const auto a = parse_video_layers_allocation(kSimulcast);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->sent_on, 1);
  EXPECT_EQ(a->streams, 3);
  EXPECT_FALSE(a->has_pictures);
  ASSERT_EQ(a->layers.size(), 3u);
  for (uint8_t i = 0; i < 3; ++i) {
    EXPECT_EQ(a->layers[i].stream, i);
    EXPECT_EQ(a->layers[i].spatial, 0);
    ASSERT_EQ(a->layers[i].targets.size(), 2u);
  }
  EXPECT_EQ(a->layers[0].targets[0], DataRate::kbps(100));
  EXPECT_EQ(a->layers[0].targets[1], DataRate::kbps(150));
  EXPECT_EQ(a->layers[2].targets[0], DataRate::kbps(1000));
  EXPECT_EQ(a->layers[2].targets[1], DataRate::kbps(2500));
}

TEST(VideoLayersAllocationTest, ReadsSpatialLayersWithTheirPictures) {
  // One stream, layers 0 and 1 with three and one temporal layers.
  const auto a = parse_video_layers_allocation(Extension{0x03, 0x80, 0x3c, 0x46, 0x64, 0xf4, 0x03,
                                                         0x01, 0x3f, 0x00, 0xb3, 0x0f,  //
                                                         0x02, 0x7f, 0x01, 0x67, 0x1e});
  ASSERT_TRUE(a);
  ASSERT_EQ(a->layers.size(), 2u);
  EXPECT_TRUE(a->has_pictures);
  EXPECT_EQ(a->layers[0].targets.size(), 3u);
  EXPECT_EQ(a->layers[0].width, 320u);
  EXPECT_EQ(a->layers[0].height, 180u);
  EXPECT_EQ(a->layers[0].fps, 15);
  EXPECT_EQ(a->layers[1].spatial, 1);
  EXPECT_EQ(a->layers[1].targets[0], DataRate::kbps(500));
  EXPECT_EQ(a->layers[1].width, 640u);
  EXPECT_EQ(a->layers[1].fps, 30);
}

TEST(VideoLayersAllocationTest, ReadsStreamsOfDifferentLayers) {
  // Of three streams the first rests, the second has two spatial layers, the third one.
  const auto a = parse_video_layers_allocation(Extension{0x20, 0x03, 0x10, 0x00, 0x0a, 0x14, 0x1e});
  ASSERT_TRUE(a);
  ASSERT_EQ(a->layers.size(), 3u);
  EXPECT_EQ(a->layers[0].stream, 1);
  EXPECT_EQ(a->layers[1].spatial, 1);
  EXPECT_EQ(a->layers[2].stream, 2);
  EXPECT_EQ(a->layers[2].targets[0], DataRate::kbps(30));
}

TEST(VideoLayersAllocationTest, ASingleZeroSaysThatNothingIsSent) {
  const auto a = parse_video_layers_allocation(Extension{0});
  ASSERT_TRUE(a);
  EXPECT_TRUE(a->layers.empty());
}

TEST(VideoLayersAllocationTest, RefusesWhatIsCutOffLeftOverOrBeyondBounds) {
  EXPECT_FALSE(parse_video_layers_allocation({}));
  for (size_t n = 1; n < kSimulcast.size(); ++n)
    EXPECT_FALSE(parse_video_layers_allocation(Bytes(kSimulcast).first(n))) << n;
  Extension longer = kSimulcast;
  longer.push_back(0);
  EXPECT_FALSE(parse_video_layers_allocation(longer)) << "no picture sizes";
  EXPECT_FALSE(parse_video_layers_allocation(Extension{0x01, 0x00, 0xc1, 0x84, 0x3d}))
      << "1,000,001 kbit/s";
  EXPECT_TRUE(parse_video_layers_allocation(Extension{0x01, 0x00, 0xc0, 0x84, 0x3d}));
  EXPECT_FALSE(parse_video_layers_allocation(Extension{0x01, 0x00, 0x80, 0x80, 0x80, 0x80, 0x00}))
      << "an endless number";
}

TEST(VideoLayersAllocationTest, IsReadBackAsWritten) {
  SeededRandom random(5);
  for (int i = 0; i < 2000; ++i) {
    VideoLayersAllocation a{.sent_on = static_cast<uint8_t>(random.below(4)),
                            .streams = static_cast<uint8_t>(1 + random.below(4)),
                            .has_pictures = random.below(2) == 1,
                            .layers = {}};
    for (uint8_t stream = 0; stream < a.streams; ++stream) {
      for (uint8_t spatial = 0; spatial < 4; ++spatial) {
        if (random.below(2) == 0) continue;
        a.layers.push_back({.stream = stream, .spatial = spatial, .targets = {}});
        auto& layer = a.layers.back();
        for (uint64_t t = 0; t <= random.below(4); ++t)
          layer.targets.push_back(DataRate::kbps(static_cast<int64_t>(random.below(1'000'001))));
        if (layer.targets.empty()) layer.targets.push_back(DataRate::zero());
        if (!a.has_pictures) continue;
        layer.width = 1 + static_cast<uint32_t>(random.below(65'536));
        layer.height = 1 + static_cast<uint32_t>(random.below(65'536));
        layer.fps = static_cast<uint8_t>(random.below(256));
      }
    }
    std::array<uint8_t, kMaxVideoLayersAllocation> out{};
    const size_t size = write_video_layers_allocation(out, a);
    ASSERT_GT(size, 0u);
    const auto again = parse_video_layers_allocation(Bytes(out).first(size));
    ASSERT_TRUE(again);
    ASSERT_EQ(again->layers.size(), a.layers.size());
    if (a.layers.empty()) continue;
    EXPECT_EQ(again->sent_on, a.sent_on);
    EXPECT_EQ(again->streams, a.streams);
    for (size_t l = 0; l < a.layers.size(); ++l) {
      EXPECT_EQ(again->layers[l].stream, a.layers[l].stream);
      EXPECT_EQ(again->layers[l].spatial, a.layers[l].spatial);
      EXPECT_EQ(again->layers[l].height, a.layers[l].height);
      EXPECT_EQ(again->layers[l].fps, a.layers[l].fps);
      ASSERT_EQ(again->layers[l].targets.size(), a.layers[l].targets.size());
      for (size_t t = 0; t < a.layers[l].targets.size(); ++t)
        EXPECT_EQ(again->layers[l].targets[t], a.layers[l].targets[t]);
    }
    EXPECT_EQ(write_video_layers_allocation(MutableBytes(out).first(size - 1), a), 0u);
  }
}

}  // namespace
}  // namespace parley::rtp
