#include "load/clip.h"

#include <gtest/gtest.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "rtp/opus.h"

namespace parley::load {
namespace {

ClipConfig short_clip() {
  return {.encodings = {{"l", 160, 90, DataRate::kbps(100)}, {"h", 320, 180, DataRate::kbps(300)}},
          .frames_per_second = 15,
          .length = TimeDelta::seconds(2)};
}

// libvpx as the judge: what a browser decodes with too.
class Decoder {
 public:
  Decoder() { vpx_codec_dec_init(&codec_, vpx_codec_vp8_dx(), nullptr, 0); }
  ~Decoder() { vpx_codec_destroy(&codec_); }
  // The mean brightness of the picture; -1 if it can't be decoded.
  double decode(const Picture& picture, unsigned width, unsigned height) {
    if (vpx_codec_decode(&codec_, picture.data.data(), static_cast<unsigned>(picture.data.size()),
                         nullptr, 0) != VPX_CODEC_OK)
      return -1;
    vpx_codec_iter_t iterator = nullptr;
    const vpx_image_t* image = vpx_codec_get_frame(&codec_, &iterator);
    if (image == nullptr || image->d_w != width || image->d_h != height) return -1;
    double sum = 0;
    for (unsigned y = 0; y < height; ++y) {
      const uint8_t* row = image->planes[VPX_PLANE_Y] + y * static_cast<unsigned>(image->stride[0]);
      for (unsigned x = 0; x < width; ++x) sum += row[x];
    }
    return sum / (width * height);
  }

 private:
  vpx_codec_ctx_t codec_{};
};

TEST(ClipTest, EveryPictureOfEverySizeDecodes) {
  const auto clip = Clip::make(short_clip());
  ASSERT_TRUE(clip.has_value());
  ASSERT_EQ(clip->pictures(), 30u);
  EXPECT_EQ(clip->frame_interval(), TimeDelta::micros(66'666));
  for (size_t encoding = 0; encoding < clip->encodings(); ++encoding) {
    Decoder decoder;
    for (size_t i = 0; i < clip->pictures(); ++i) {
      const Picture picture = clip->picture(encoding, i);
      EXPECT_EQ(picture.key_frame, i == 0);
      const double brightness =
          decoder.decode(picture, clip->encoding(encoding).width, clip->encoding(encoding).height);
      EXPECT_GT(brightness, 60) << "picture " << i << " of encoding " << encoding;
      EXPECT_LT(brightness, 230);
    }
  }
}

TEST(ClipTest, LoopsAndRestartsAtItsKeyFrame) {
  const auto clip = Clip::make(short_clip());
  ASSERT_TRUE(clip.has_value());
  Decoder decoder;
  for (const size_t i : {0, 1, 2, 0, 1, 0, 0})
    EXPECT_GT(decoder.decode(clip->picture(0, i), 160, 90), 0) << i;
}

TEST(ClipTest, IsAboutAsLargeAsAsked) {
  const auto clip = Clip::make(short_clip());
  ASSERT_TRUE(clip.has_value());
  for (size_t encoding = 0; encoding < clip->encodings(); ++encoding) {
    DataSize size;
    for (size_t i = 0; i < clip->pictures(); ++i)
      size += DataSize::bytes(static_cast<int64_t>(clip->picture(encoding, i).data.size()));
    const DataRate rate = size / TimeDelta::seconds(2);
    EXPECT_GT(rate.bps(), clip->encoding(encoding).rate.bps() / 2);
    EXPECT_LT(rate.bps(), clip->encoding(encoding).rate.bps() * 3 / 2);
  }
}

TEST(SilentOpusTest, IsOnePaddedFrameOfTwentyMilliseconds) {
  const auto packet = silent_opus(80);
  ASSERT_EQ(packet.size(), 80u);
  EXPECT_EQ(packet[0], 0xfb);  // configuration 31, mono, code 3
  EXPECT_EQ(packet[1], 0x41);  // padded, one frame
  EXPECT_EQ(packet[2], 75);    // RFC 6716 §3.2.5: 3 bytes before, 2 of the frame, 75 of padding
  EXPECT_EQ(rtp::opus_duration(packet), TimeDelta::millis(20));
  EXPECT_FALSE(rtp::is_opus_dtx(packet));
}

}  // namespace
}  // namespace parley::load
