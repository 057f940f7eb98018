// A room on several shards: what this router tells the others, and takes from them.
#include <algorithm>

#include "sfu/router.h"

namespace parley::sfu {
namespace {

// What waits for the other shards between two drains: one packet in makes one out, a kept group of
// pictures UpTrack::kReplayPackets for each shard that begins to look.
constexpr size_t kPendingRelays = 2'048;

}  // namespace

void Router::set_links(ShardIndex self, uint32_t others, bool leads, Timestamp now) {
  const uint32_t added = others & ~links_;
  self_ = self;
  links_ = others;
  relayed_.grow(kPendingRelays);
  if (leads && !leads_) dominant_ = TrackId{};  // to be said anew
  leads_ = leads;
  for (auto& source : sources_) {
    if (source->home || !source->track->is_video()) continue;
    for (ShardIndex i = 0; i < kMostShards; ++i) {
      if ((links_ >> i & 1u) == 0) source->linked[i] = 0;
      // Wishes may have been here before the link was told of.
      if (added >> i & 1u) relay_kept(*source, i, source->linked[i], now);
    }
    want_layers(*source, now);
  }
}

void Router::set_remote_tracks(PeerId peer, ShardIndex home,
                               std::span<const media::TrackDescription> tracks, Timestamp now) {
  const TrackIds changed = update_tracks(peer, tracks);
  for (const TrackId id : changed) find_source(id)->home = home;
  make_room();
  assign_everybody(changed, now);
}

uint32_t Router::links_for(const Source& source, uint8_t encoding) const {
  if (source.home) return 0;
  if (!source.track->is_video()) return links_;
  uint32_t to = 0;
  for (ShardIndex i = 0; i < kMostShards; ++i) {
    if (source.linked[i] >> encoding & 1u) to |= 1u << i;
  }
  return to & links_;
}

void Router::relay(const Source& source, RelayMessage message) {
  if (message.to == 0) return;
  message.router = id_;
  message.track = source.track->id();
  message.from = self_;
  relayed_.push(message);
}

void Router::relay_packet(const Source& source, const TrackPacket& packet, uint32_t to,
                          RelayMessage::Kind kind) {
  if (to == 0) return;
  const auto& codecs = source.track->description().codecs;
  const auto codec = std::ranges::find(codecs, packet.codec, &rtp::CodecParameters::codec);
  if (codec == codecs.end()) return;
  relay(source, {.kind = kind,
                 .encoding = packet.stream.encoding,
                 .to = to,
                 .packet = {.sequence = static_cast<uint16_t>(packet.position.sequence),
                            .rtp_time = static_cast<uint32_t>(packet.position.rtp_time),
                            .marker = packet.marker,
                            .payload_type = codec->payload_type,
                            .payload = packet.payload,
                            .audio_level = packet.audio_level,
                            .orientation = packet.orientation,
                            .dependencies = packet.dependencies,
                            .layers_allocation = packet.layers_allocation}});
}

void Router::handle_relay(const RelayMessage& message, Timestamp now) {
  Source* source = find_source(message.track);
  if (!source || message.encoding >= source->track->encodings().size()) return;
  UpTrack& track = *source->track;
  keep_payloads();
  switch (message.kind) {
    case RelayMessage::Kind::kPacket:
      // No SSRC of the publisher's goes over a link; any but 0 says that the encoding is there.
      track.encodings()[message.encoding].ssrc = 1;
      handle_media(track, message.encoding, message.packet, now);
      break;
    case RelayMessage::Kind::kKept:
      track.encodings()[message.encoding].ssrc = 1;
      track.accept(message.encoding, message.packet, now);
      break;
    case RelayMessage::Kind::kKeptAll:
      replay_kept(*source, message.encoding, now);
      break;
    case RelayMessage::Kind::kSenderReport:
      handle_sender_report(track, message.encoding, message.ntp, message.rtp_time, now);
      break;
    case RelayMessage::Kind::kSilent:
      fall_silent(*source);
      break;
    case RelayMessage::Kind::kLayers:
      if (!source->home && message.from < kMostShards)
        take_layers(*source, message.from, message.mask, now);
      break;
    case RelayMessage::Kind::kKeyFrame:
      if (!source->home) track.want_key_frame(message.encoding);
      break;
  }
}

void Router::take_layers(Source& source, ShardIndex from, uint8_t mask, Timestamp now) {
  if (!source.track->is_video()) return;
  const auto added = static_cast<uint8_t>(mask & ~source.linked[from]);
  source.linked[from] = mask;
  want_layers(source, now);
  if (links_ >> from & 1u) relay_kept(source, from, added, now);
}

void Router::replay_kept(Source& source, size_t index, Timestamp now) {
  for (auto& [subscriber, slot] : source.listeners) {
    if (!slot->decided || slot->flowing() || slot->target() != index) continue;
    DataSize left = subscriber->budget * kReplayTime;
    try_replay(source, *slot, left, now);
  }
}

// The other shard's viewers see a picture at once, as those here do.
void Router::relay_kept(Source& source, ShardIndex to, uint8_t mask, Timestamp now) {
  UpTrack& track = *source.track;
  if (!track.enabled()) return;
  for (size_t i = 0; i < track.encodings().size(); ++i) {
    if ((mask >> i & 1u) == 0) continue;
    const auto first = track.replayable(i, DataSize::bytes(INT32_MAX), now);
    if (!first) {
      track.want_key_frame(i);
      continue;
    }
    const int64_t newest = track.encodings()[i].cache->newest();
    for (int64_t s = *first; s <= newest; ++s) {
      if (const auto packet = track.cached(i, s))
        relay_packet(source, *packet, 1u << to, RelayMessage::Kind::kKept);
    }
    relay(source, {.kind = RelayMessage::Kind::kKeptAll,
                   .encoding = static_cast<uint8_t>(i),
                   .to = 1u << to});
  }
}

}  // namespace parley::sfu
