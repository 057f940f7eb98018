// What a decoder would say of a slot's stream of layers (see layered_publisher.h): plays packets in
// sequence and says everything that must never happen, loss or no loss: it waits for repairs as
// long as it takes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/sequence.h"
#include "base/units.h"
#include "rtp/dependency_descriptor.h"
#include "rtp/parameters.h"
#include "sim/layered_publisher.h"

namespace parley::sim {

struct DecoderPacket {
  uint16_t sequence = 0;
  uint32_t rtp_time = 0;
  bool marker = false;
  std::vector<uint8_t> payload;
  std::vector<uint8_t> dependencies;
  bool operator==(const DecoderPacket&) const = default;
};

class LayeredDecoder {
 public:
  explicit LayeredDecoder(rtp::Codec codec) : codec_(codec) {}

  // Time is measured against the camera's clock from the next picture on: one that begins with kept
  // pictures, whose time is squeezed, must not judge it before they are through.
  void judge_time_anew() {
    last_time_.reset();
    time_ = filler_time_ = 0;
    judges_time_ = true;
  }
  void ignore_time() { judges_time_ = false; }

  // The number of the first packet there is, whether it comes or not.
  void start_at(uint16_t sequence) {
    if (!next_) next_ = unwrap_.unwrap(sequence);
  }
  void on_packet(const DecoderPacket& packet, bool retransmitted, Timestamp now);
  // Numbers to ask for again now.
  std::vector<uint16_t> missing(Timestamp now);
  // How long the first hole has been waited for.
  TimeDelta waiting(Timestamp now) const;

  uint64_t frames = 0;
  int64_t worst_time_error = 0;  // in RTP ticks, against the camera's clock
  uint64_t fillers = 0;
  uint64_t retransmissions_compared = 0;
  std::map<std::pair<int, int>, uint64_t> frames_of;  // by encoding * 8 + spatial, and temporal
  std::vector<std::string> faults;

 private:
  void consume(const DecoderPacket& packet);
  void check_time(const DecoderPacket& packet, const FrameTruth& truth, bool cut);
  void finish_frame(const FrameTruth& truth);
  void check_vp8(const DecoderPacket& packet, const FrameTruth& truth);
  void check_vp9(const DecoderPacket& packet, const FrameTruth& truth);
  void check_dependencies(const DecoderPacket& packet, const FrameTruth& truth);
  void fault(std::string what);

  rtp::Codec codec_;
  SeqUnwrapper unwrap_;
  std::map<int64_t, DecoderPacket> kept_;  // what came, played or not
  std::set<int64_t> originals_;
  std::map<int64_t, Timestamp> asked_;
  std::optional<int64_t> next_;
  Timestamp progress_;

  std::optional<FrameTruth> open_;  // the frame being put together, as of its last packet
  std::optional<FrameTruth> last_;
  bool judges_time_ = true;
  std::optional<uint32_t> last_time_;
  int64_t time_ = 0;  // since the first picture, in RTP ticks
  int64_t filler_time_ = 0;
  uint32_t first_picture_ = 0;
  uint32_t newest_picture_ = 0;
  bool last_marker_ = false;
  std::set<uint32_t> decoded_;  // frames since the key frame
  std::optional<uint16_t> picture_id_;
  std::optional<uint8_t> tl0_;
  std::optional<uint8_t> key_index_;
  std::map<uint32_t, uint32_t> frame_at_picture_;  // VP9: by picture id * 8 + spatial
  rtp::DependencyParser parser_;
  std::map<int64_t, uint32_t> frame_at_number_;
};

}  // namespace parley::sim
