// Moving pictures that a real decoder takes: VP8 of one test pattern in the sizes of a camera's
// simulcast encodings, made once and shared by all who send them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "load/media_sender.h"
#include "load/traffic.h"

namespace parley::load {

struct ClipConfig {
  std::vector<Encoding> encodings = page_encodings();
  int frames_per_second = 20;
  // Long, so that the key frame at its start comes rarely without being asked for.
  TimeDelta length = TimeDelta::seconds(10);
};

class Clip {
 public:
  // Encodes the pattern with libvpx: for the default about a second of one core and 3 MB. The error
  // is a sentence for people.
  static std::expected<Clip, std::string> make(const ClipConfig& config);

  size_t encodings() const { return tracks_.size(); }
  const Encoding& encoding(size_t index) const { return config_.encodings[index]; }
  TimeDelta frame_interval() const {
    return TimeDelta::micros(1'000'000 / config_.frames_per_second);
  }
  // Of each encoding. Picture 0 is a key frame, the only one; each of the others needs the one
  // before it.
  size_t pictures() const { return tracks_.front().pictures.size(); }
  // Valid as long as the clip.
  Picture picture(size_t encoding, size_t index) const;

 private:
  struct Track {
    struct Place {
      size_t offset = 0;
      size_t size = 0;
    };
    std::vector<uint8_t> bytes;
    std::vector<Place> pictures;
  };
  static std::expected<Track, std::string> encode(const Encoding& encoding,
                                                  const ClipConfig& config);

  ClipConfig config_;
  std::vector<Track> tracks_;
};

// 20 ms of Opus that decode to silence, `size` bytes long (6 to 200) as speech would be.
std::vector<uint8_t> silent_opus(size_t size);

}  // namespace parley::load
