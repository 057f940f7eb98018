// Decides for each packet of the encoding that a slot shows whether it belongs to the layers the
// slot is to have. One per slot; driven by DownSlot. Knows no sequence numbers and asks for
// nothing: its owner reads needs_key_frame().
//
// Rules:
//  1. What is to be shown (the target) is looked at when a picture (an RTP timestamp) begins. Which
//  of a picture's spatial layers are forwarded is decided once for each, at the first packet seen
//  of it, and kept: the rest of the layer's frame follows, however late it comes.
//  2. A picture that comes only after a newer one gets what was in force before it, and changes
//  nothing. One older than the kept ones is dropped. A frame of a layer that was gone down to
//  since, as whole so far, is forwarded, too: what goes on refers to it.
//  3. At a key picture everything starts afresh: the target is in force at once.
//  4. Temporal layers go down at the next picture. (VP8, VP9: nothing lower depends on what is
//  higher. Decode targets: rule 7.)
//  5. VP8 goes up one temporal layer at a frame of that layer that depends on the base layer only
//  (Y, RFC 7741 §4.2). VP9 goes up as far as wanted after a picture of a forwarded layer from which
//  on higher layers don't look back (U, RFC 9628 §4.2).
//     Where nothing was forwarded for kStopgap a frame that depends on the base layer only is,
//     whatever its layer: an encoder pays for a key frame by leaving out lower layers, and goes on
//     with the highest for a second or two. Not while the path takes less than it is given.
//     An upper layer's frame that couldn't be sent takes its layer out of force like a lower
//     target.
//  6. VP9's spatial layers. Layers above the one in force are dropped, and those below it that no
//  upper one depends on (Z): in the KEY modes only the shown layer flows between key pictures. Down
//  goes at the next picture if the lower layer has been forwarded without a hole since it started
//  (the full modes), else at a key picture. Up goes at a key picture, or where a base-layer frame
//  of the next layer depends on no earlier picture and nothing below it went out (rule 9).
//  7. Decode targets (AV1, dependency descriptor). The target is the best active one within the
//  wanted layers; a frame is forwarded if it is present in it. From one to another goes at any
//  picture if the other is part of the one, else at a frame that is a switch for the other and
//  whose references were all forwarded (to more spatial layers only if nothing below it went out,
//  rule 9), else at a key picture.
//  8. A layer that hasn't been seen for kGonePictures pictures isn't waited for.
//  9. The last packet of the highest layer forwarded of a picture bears the marker bit; nothing of
//  the picture follows it.
// 10. Where a frame says nothing of layers it is forwarded.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bounded.h"
#include "base/prefetch.h"
#include "sfu/frame_info.h"

namespace parley::sfu {

class LayerFilter {
 public:
  // How long a packet may be late: a second at 60 frames per second, as long as repairs are tried.
  static constexpr size_t kPictures = 64;
  static constexpr int kGonePictures = 8;
  static constexpr int64_t kStopgap = 90 * 150;  // ms of the RTP clock of video
  static constexpr int64_t kFrameHistory = 1024;

  struct Verdict {
    bool forward = false;
    bool marker = false;  // rule 9
  };

  // A stream begins; its first packet belongs to a key picture.
  void restart();
  // Highest layers to forward, from 0. `stopgaps`: rule 5.
  void set_target(uint8_t spatial, uint8_t temporal, bool stopgaps = true);
  // `rtp_time` unwrapped: names the picture.
  Verdict decide(const FrameInfo& frame, int64_t rtp_time);

  // The target can't be reached, or the stream not go on, without one.
  bool needs_key_frame() const { return needs_key_frame_; }
  // A frame that had been decided on couldn't be sent after all.
  void on_frame_broken(const FrameInfo& frame);
  // Begins to fetch what decide() needs.
  void prefetch() const {
    parley::prefetch(this);
    parley::prefetch(pictures_.data() + kPictures);
  }
  // In force.
  uint8_t spatial() const { return now_.spatial; }
  uint8_t temporal() const { return now_.temporal; }

 private:
  using Layering = FrameInfo::Layering;
  struct State {
    uint8_t spatial = 0;
    uint8_t temporal = 0;
    int8_t decode_target = -1;
  };
  struct Picture {
    int64_t time = 0;
    State state;
    bool key = false;
    uint8_t decided = 0;  // bit = spatial layer
    uint8_t forwarded = 0;
  };
  // Which of the last kFrameHistory frame numbers were forwarded.
  class Frames {
   public:
    void insert(int64_t number);
    bool contains(int64_t number) const;
    void clear() { newest_ = -1; }

   private:
    static size_t word(int64_t n) { return static_cast<size_t>(n / 64) % (kFrameHistory / 64); }
    std::array<uint64_t, kFrameHistory / 64> bits_{};
    int64_t newest_ = -1;
  };

  Picture* find(int64_t time);
  Picture* begin_picture(const FrameInfo& frame, int64_t time);
  Picture* insert_late(int64_t time);
  void start_key_picture(const FrameInfo& frame, Picture& picture);
  void enter(const FrameInfo& frame, int8_t decode_target);
  void start_delta_picture(const FrameInfo& frame, int64_t time);
  void lower_spatial(int64_t time);
  void look_for_gone_layers();
  bool decide_newest(const FrameInfo& frame, Picture& picture);
  bool decide_temporal(const FrameInfo& frame, const Picture& picture) const;
  bool decide_spatial(const FrameInfo& frame, Picture& picture);
  bool decide_target(const FrameInfo& frame, Picture& picture);
  bool decide_late(const FrameInfo& frame, const Picture& picture);
  bool lowered_since(uint8_t spatial, int64_t time) const;
  int8_t best_target(const FrameInfo& frame, uint8_t spatial) const;
  void follow_structure(const FrameInfo& frame);
  void update_need(const FrameInfo& frame);
  uint8_t wanted_spatial() const;

  uint8_t target_spatial_ = FrameInfo::kMaxSpatial - 1;
  uint8_t target_temporal_ = 7;
  bool stopgaps_ = true;
  State now_;
  bool needs_key_frame_ = false;
  bool broken_ = false;
  // VP9: spatial layers forwarded without a hole since they started.
  uint8_t intact_ = 0;
  // VP9: layers gone down to since the key picture, and the first picture in the last of them.
  uint8_t lowered_to_ = 0;
  int64_t lowered_at_ = 0;
  int64_t key_time_ = 0;
  uint8_t highest_sent_ = FrameInfo::kMaxSpatial - 1;  // rule 8
  int pictures_without_ = 0;
  int64_t last_forwarded_ = 0;                           // time of that picture
  const rtp::DependencyStructure* structure_ = nullptr;  // only compared
  Frames frames_;
  BoundedVector<Picture, kPictures> pictures_;  // by time
};

}  // namespace parley::sfu
