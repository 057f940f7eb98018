#include "load/clip.h"

#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace parley::load {
namespace {

// A grid that drifts, bars that sweep over it and a block that runs along a curve: enough motion
// and edges that an encoder has to spend its bits, and that a freeze is seen at once.
void draw(vpx_image_t& image, int index) {
  const int width = static_cast<int>(image.d_w);
  const int height = static_cast<int>(image.d_h);
  const int cell = std::max(8, height / 12);
  const int sweep = index * width / 100 % width;
  const int block = height / 5;
  const int period = 2 * (width - block);
  const int along = index * width / 40 % period;
  const int left = along < width - block ? along : period - along;
  const int top = (height - block) * (50 + (index % 100 < 50 ? index % 50 : 50 - index % 50)) / 100;
  for (int y = 0; y < height; ++y) {
    uint8_t* row = image.planes[VPX_PLANE_Y] + y * image.stride[VPX_PLANE_Y];
    for (int x = 0; x < width; ++x) {
      const bool odd = (((x + index) / cell) ^ ((y + index / 2) / cell)) & 1;
      int luma = (odd ? 150 : 90) + (x * 40 / width) - (y * 20 / height);
      if (x >= sweep && x < sweep + cell / 2) luma = 220;
      if (x >= left && x < left + block && y >= top && y < top + block) luma = 235;
      row[x] = static_cast<uint8_t>(luma);
    }
  }
  for (const int plane : {VPX_PLANE_U, VPX_PLANE_V}) {
    for (int y = 0; y < (height + 1) / 2; ++y) {
      uint8_t* row = image.planes[plane] + y * image.stride[plane];
      const int tint = plane == VPX_PLANE_U ? 110 + y * 60 / height : 150 - y * 60 / height;
      std::fill_n(row, (width + 1) / 2, static_cast<uint8_t>(tint));
    }
  }
}

struct ImageDeleter {
  void operator()(vpx_image_t* image) const { vpx_img_free(image); }
};

class Encoder {
 public:
  ~Encoder() {
    if (open_) vpx_codec_destroy(&codec_);
  }
  bool open(const Encoding& encoding, const ClipConfig& config) {
    vpx_codec_enc_cfg_t settings;
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &settings, 0) != VPX_CODEC_OK)
      return false;
    settings.g_w = encoding.width;
    settings.g_h = encoding.height;
    settings.g_timebase = {1, config.frames_per_second};
    settings.g_lag_in_frames = 0;
    settings.g_threads = 1;
    settings.rc_end_usage = VPX_CBR;
    settings.rc_target_bitrate = static_cast<unsigned>(encoding.rate.kbps());
    settings.rc_min_quantizer = 2;
    settings.rc_max_quantizer = 56;
    settings.rc_dropframe_thresh = 0;
    settings.rc_buf_sz = 1000;
    settings.rc_buf_initial_sz = 500;
    settings.rc_buf_optimal_sz = 600;
    settings.kf_mode = VPX_KF_DISABLED;  // only the first picture
    open_ = vpx_codec_enc_init(&codec_, vpx_codec_vp8_cx(), &settings, 0) == VPX_CODEC_OK;
    // What a browser uses while it talks: fast, no look-ahead, a key frame of bounded size.
    return open_ && vpx_codec_control(&codec_, VP8E_SET_CPUUSED, -10) == VPX_CODEC_OK &&
           vpx_codec_control(&codec_, VP8E_SET_MAX_INTRA_BITRATE_PCT, 300u) == VPX_CODEC_OK;
  }
  bool encode(const vpx_image_t& image, int index) {
    return vpx_codec_encode(&codec_, &image, index, 1, index == 0 ? VPX_EFLAG_FORCE_KF : 0,
                            VPX_DL_REALTIME) == VPX_CODEC_OK;
  }
  const vpx_codec_cx_pkt_t* poll() {
    while (const vpx_codec_cx_pkt_t* packet = vpx_codec_get_cx_data(&codec_, &iterator_)) {
      if (packet->kind == VPX_CODEC_CX_FRAME_PKT) return packet;
    }
    iterator_ = nullptr;
    return nullptr;
  }
  std::string error() {
    const char* detail = vpx_codec_error_detail(&codec_);
    return detail != nullptr ? detail : vpx_codec_error(&codec_);
  }

 private:
  vpx_codec_ctx_t codec_{};
  vpx_codec_iter_t iterator_ = nullptr;
  bool open_ = false;
};

}  // namespace

std::expected<Clip, std::string> Clip::make(const ClipConfig& config) {
  PARLEY_CHECK(!config.encodings.empty() && config.frames_per_second > 0);
  Clip clip;
  clip.config_ = config;
  for (const Encoding& encoding : config.encodings) {
    auto track = encode(encoding, config);
    if (!track) return std::unexpected(track.error());
    clip.tracks_.push_back(std::move(*track));
  }
  return clip;
}

std::expected<Clip::Track, std::string> Clip::encode(const Encoding& encoding,
                                                     const ClipConfig& config) {
  const auto fail = [&](const std::string& why) {
    return std::unexpected("The test picture can't be encoded in " +
                           std::to_string(encoding.width) + "x" + std::to_string(encoding.height) +
                           ": " + why + ".");
  };
  const std::unique_ptr<vpx_image_t, ImageDeleter> image(
      vpx_img_alloc(nullptr, VPX_IMG_FMT_I420, encoding.width, encoding.height, 16));
  if (!image) return fail("no memory");
  Encoder encoder;
  if (!encoder.open(encoding, config)) return fail(encoder.error());
  const auto count =
      static_cast<int>(std::max<int64_t>(1, config.length.ms() * config.frames_per_second / 1000));
  Track track;
  for (int index = 0; index < count; ++index) {
    draw(*image, index);
    if (!encoder.encode(*image, index)) return fail(encoder.error());
    const size_t offset = track.bytes.size();
    while (const vpx_codec_cx_pkt_t* packet = encoder.poll()) {
      const auto* data = static_cast<const uint8_t*>(packet->data.frame.buf);
      track.bytes.insert(track.bytes.end(), data, data + packet->data.frame.sz);
    }
    if (track.bytes.size() == offset) return fail("libvpx left a picture out");
    track.pictures.push_back({offset, track.bytes.size() - offset});
  }
  track.bytes.shrink_to_fit();
  return track;
}

Picture Clip::picture(size_t encoding, size_t index) const {
  const Track& track = tracks_[encoding];
  const Track::Place& place = track.pictures[index];
  return {.data = Bytes(track.bytes).subspan(place.offset, place.size), .key_frame = index == 0};
}

std::vector<uint8_t> silent_opus(size_t size) {
  PARLEY_CHECK(size >= 6 && size <= 200);
  std::vector<uint8_t> packet(size);
  // RFC 6716 §3.2.5: one frame (code 3, padded) of 20 ms, full band, CELT, whose two bytes are what
  // encoders make of digital silence; then as many zeros as the third byte says.
  packet[0] = 31 << 3 | 3;
  packet[1] = 0x40 | 1;
  packet[2] = static_cast<uint8_t>(size - 5);
  packet[3] = 0xff;
  packet[4] = 0xfe;
  return packet;
}

}  // namespace parley::load
