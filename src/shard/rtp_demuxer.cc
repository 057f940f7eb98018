#include "shard/rtp_demuxer.h"

#include <algorithm>

namespace parley::shard {

void RtpDemuxer::configure(const std::vector<media::TrackDescription>& tracks) {
  tracks_ = tracks;
  count_ = 0;
  next_ = 0;
  for (const auto& track : tracks_) {
    for (size_t i = 0; i < track.ssrcs.size(); ++i) {
      learn(track.ssrcs[i].ssrc, {track.id, static_cast<uint8_t>(i), false});
      if (track.ssrcs[i].rtx_ssrc != 0)
        learn(track.ssrcs[i].rtx_ssrc, {track.id, static_cast<uint8_t>(i), true});
    }
  }
}

void RtpDemuxer::learn(uint32_t ssrc, StreamRef stream) {
  known_[next_] = {ssrc, stream};
  next_ = (next_ + 1) % kStreams;
  count_ = std::min(count_ + 1, kStreams);
}

const media::TrackDescription* RtpDemuxer::track_by_mid(std::string_view mid) const {
  for (const auto& track : tracks_) {
    if (track.mid == mid) return &track;
  }
  return nullptr;
}

std::optional<StreamRef> RtpDemuxer::find(uint32_t ssrc, uint8_t payload_type, std::string_view mid,
                                          std::string_view rid, std::string_view repaired_rid) {
  for (size_t i = 0; i < count_; ++i) {
    if (known_[i].ssrc == ssrc) return known_[i].stream;
  }
  const media::TrackDescription* track = track_by_mid(mid);
  if (!track) return std::nullopt;
  const bool rtx = std::ranges::any_of(track->codecs, [&](const auto& c) {
    return c.rtx_payload_type != 0 && c.rtx_payload_type == payload_type;
  });
  uint8_t encoding = 0;
  if (!track->rids.empty()) {
    const std::string_view name = rtx ? repaired_rid : rid;
    const auto at = std::ranges::find(track->rids, name);
    if (at == track->rids.end()) return std::nullopt;
    encoding = static_cast<uint8_t>(at - track->rids.begin());
  }
  const StreamRef stream{track->id, encoding, rtx};
  learn(ssrc, stream);
  return stream;
}

}  // namespace parley::shard
