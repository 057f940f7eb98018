// Which published stream a packet belongs to. Browsers name simulcast streams by MID and RID header
// extensions in their first packets only (RFC 8843 §9.2, RFC 8852) and by SSRC from then on, so the
// SSRC is learned.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "media/description.h"

namespace parley::shard {

struct StreamRef {
  TrackId track;
  uint8_t encoding = 0;
  bool rtx = false;
};

class RtpDemuxer {
 public:
  // SSRCs of one peer: 4 sources × 3 encodings × 2 with room for changes. The oldest learned is
  // forgotten beyond that.
  static constexpr size_t kStreams = 64;

  // Forgets everything and takes over a (re)negotiated set of tracks.
  void configure(const std::vector<media::TrackDescription>& tracks);

  // nullopt: unknown so far, drop it. An empty view means the extension was absent.
  std::optional<StreamRef> find(uint32_t ssrc, uint8_t payload_type, std::string_view mid,
                                std::string_view rid, std::string_view repaired_rid);

 private:
  struct Known {
    uint32_t ssrc = 0;
    StreamRef stream;
  };
  const media::TrackDescription* track_by_mid(std::string_view mid) const;
  void learn(uint32_t ssrc, StreamRef stream);

  std::vector<media::TrackDescription> tracks_;
  std::array<Known, kStreams> known_{};
  size_t count_ = 0;
  size_t next_ = 0;
};

}  // namespace parley::shard
