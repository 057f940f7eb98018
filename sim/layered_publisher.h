// A publisher's video with real descriptors and made-up pictures: simulcast and scalable streams of
// every codec that is forwarded. Each packet ends with the truth about its frame, so that a
// decoder's model (layered_decoder.h) can judge without trusting the descriptors.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "rtp/dependency_descriptor.h"
#include "rtp/parameters.h"

namespace parley::sim {

// At the end of each payload; frame ids count the frames of one encoding.
struct FrameTruth {
  static constexpr size_t kSize = 44;
  static constexpr size_t kMaxReferences = 6;

  uint32_t frame = 0;
  uint32_t picture = 0;  // counts the camera's pictures, the same in all encodings
  uint8_t index = 0;     // packet within the frame
  uint8_t count = 1;
  uint8_t encoding = 0;
  uint8_t spatial = 0;
  uint8_t temporal = 0;
  bool key = false;  // starts afresh: nothing before it is referenced from here on
  std::vector<uint32_t> references;

  void write(std::vector<uint8_t>& payload) const;
  static std::optional<FrameTruth> read(Bytes payload);
};

struct LayeredPacket {
  uint8_t encoding = 0;
  uint16_t sequence = 0;
  uint32_t rtp_time = 0;
  bool marker = false;
  std::vector<uint8_t> payload;
  std::vector<uint8_t> dependencies;
};

struct LayeredConfig {
  rtp::Codec codec = rtp::Codec::kVp8;
  uint8_t encodings = 1;
  uint8_t spatial = 1;
  bool temporal = true;   // three temporal layers: 0 2 1 2
  bool key_mode = false;  // inter-layer prediction at key pictures only (L3T3_KEY)
  // Upper temporal layers refer to each other over the whole of eight pictures, so that not every
  // picture lets a viewer go up; otherwise every base-layer picture does.
  bool long_pattern = false;
};

class LayeredPublisher {
 public:
  static constexpr uint32_t kTicks = 3000;  // of the RTP clock from picture to picture

  LayeredPublisher(const LayeredConfig& config, RandomSource& random);

  // The next picture of every encoding.
  std::vector<LayeredPacket> next_picture();
  void request_key_frame(uint8_t encoding) { streams_[encoding].wants_key = true; }
  // Of the latest picture, as a sender report tells it: one clock for all encodings.
  uint64_t capture_ntp() const;
  uint32_t rtp_time(uint8_t encoding) const { return streams_[encoding].rtp_time; }
  const LayeredPacket* find(uint8_t encoding, uint16_t sequence) const;

 private:
  struct Stream {
    bool wants_key = true;
    uint16_t sequence = 65'300;
    uint32_t rtp_time = 0;
    uint16_t picture_id = 32'600;
    uint16_t frame_number = 65'000;
    uint8_t tl0 = 250;
    uint8_t key_index = 30;
    uint32_t next_frame = 1;
    int phase = 0;  // in the pattern of eight
    // By spatial layer and place in the pattern: the frame and the picture it was in.
    struct Sent {
      uint32_t frame = 0;
      uint16_t picture_id = 0;
      uint16_t frame_number = 0;
    };
    std::array<std::array<Sent, 8>, 3> sent{};
    std::map<uint16_t, LayeredPacket> history;
  };
  struct Frame {
    FrameTruth truth;
    bool key_picture = false;
    bool layer_sync = false;
    bool switch_up = false;
    bool top = false;
    std::vector<int> places;  // referenced pictures' places in the pattern
  };

  void add_picture(uint8_t encoding, std::vector<LayeredPacket>& out);
  Frame make_frame(const Stream& stream, uint8_t encoding, uint8_t spatial, bool key) const;
  void add_frame(Stream& stream, const Frame& frame, std::vector<LayeredPacket>& out);
  std::vector<uint8_t> descriptor(const Stream& stream, const Frame& frame, bool first,
                                  bool last) const;
  std::vector<uint8_t> dependencies(const Stream& stream, const Frame& frame, bool first,
                                    bool last) const;
  void make_structure();

  LayeredConfig config_;
  RandomSource& random_;
  std::vector<Stream> streams_;
  uint32_t pictures_ = 0;
  rtp::DependencyStructure structure_;
};

}  // namespace parley::sim
