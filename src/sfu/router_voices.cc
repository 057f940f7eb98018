// Whose sound is forwarded, and who speaks.
#include <algorithm>

#include "sfu/router.h"

namespace parley::sfu {
namespace {

// In place of a level that a sender doesn't tell (RFC 6464 not negotiated): of a packet with sound,
// and of one of Opus' DTX.
constexpr uint8_t kUntoldVoice = 40;
constexpr uint8_t kSilence = 127;
constexpr size_t kDtxBytes = 8;

}  // namespace

void Router::add_voice(Source& source) {
  const UpTrack& track = *source.track;
  if (track.is_video()) return;
  source.unpacker = std::make_unique<RedUnpacker>();
  source.packer = std::make_unique<RedPacker>(pool_);
  if (track.description().screen) return;
  source.speaker = speakers_.add(track.id());
  source.recent = std::make_unique<RecentAudio>();
}

void Router::handle_audio(Source& source, const TrackPacket& packet, Timestamp now) {
  const RedUnpacker::Primaries primaries = source.unpacker->unpack(packet);
  for (const TrackPacket& primary : primaries) {
    if (!source.track->enabled() || !hear(source, primary, now)) continue;
    source.packer->on_packet(primary);
    deliver(source, primary, now, &primary == &primaries.back() ? source.packer.get() : nullptr);
  }
}

void Router::set_redundant_audio(PeerId peer, bool redundant) {
  if (Subscriber* subscriber = find_subscriber(peer)) subscriber->redundant_audio = redundant;
}

bool Router::hear(Source& source, const TrackPacket& packet, Timestamp now) {
  if (!source.speaker) return source.voiced;
  const bool told = packet.audio_level.has_value();
  const uint8_t level = told                                ? *packet.audio_level
                        : packet.payload.size() > kDtxBytes ? kUntoldVoice
                                                            : kSilence;
  const bool forwarded = speakers_.handle_level(*source.speaker, level, now);
  if (forwarded && !source.voiced) set_voiced(source, true, now);
  if (source.voiced) return true;
  source.recent->insert({.sequence = packet.position.sequence,
                         .rtp_time = packet.position.rtp_time,
                         .arrival = now,
                         .level = level,
                         .marker = packet.marker,
                         .payload = packet.payload});
  return false;
}

void Router::select_voices(Timestamp now) {
  speakers_.handle_tick(now);
  for (auto& source : sources_) {
    const UpTrack& track = *source->track;
    if (track.is_video()) continue;
    const bool chosen = source->speaker ? speakers_.is_forwarded(*source->speaker)
                                        : track.enabled() && track.description().screen;
    if (chosen != source->voiced) set_voiced(*source, chosen, now);
  }
  const TrackId dominant = speakers_.dominant();
  if (dominant == dominant_ || !leads_) return;
  dominant_ = dominant;
  events_.push(media::DominantSpeaker{id_, dominant_});
}

void Router::set_voiced(Source& source, bool voiced, Timestamp now) {
  source.voiced = voiced;
  if (!voiced) {
    std::erase(voiced_, &source);
    fall_silent(source);
    // Its slots may have been all that another voice was waiting for.
    for (auto& subscriber : subscribers_) assign_audio(*subscriber, now);
    return;
  }
  voiced_.push_back(&source);
  for (auto& subscriber : subscribers_) assign_audio(*subscriber, now);
  if (source.recent) send_recent(source, now);
}

// What isn't sent must not look lost, nor what was kept before it stand before a gap.
void Router::fall_silent(Source& source) {
  for (auto& [subscriber, slot] : source.listeners) slot->pause();
  if (source.recent) source.recent->clear();
  relay(source, {.kind = RelayMessage::Kind::kSilent, .to = links_for(source, 0)});
}

// The first syllable, said before it was clear that it was one.
void Router::send_recent(Source& source, Timestamp now) {
  const RecentAudio& recent = *source.recent;
  keep_payloads();
  for (size_t i = recent.first_since(now - RecentAudio::kAge); i < recent.size(); ++i) {
    const RecentAudioPacket kept = recent[i];
    const auto payload = pool_.lend(kept.payload);
    if (!payload) return fall_silent(source);
    TrackPacket packet{.stream = {source.track->id().value, 0},
                       .position = {.sequence = kept.sequence, .rtp_time = kept.rtp_time},
                       .codec = source.track->description().codecs.front().codec,
                       .marker = kept.marker,
                       .audio_level = kept.level,
                       .payload = *payload};
    deliver(source, packet, now);
  }
}

}  // namespace parley::sfu
