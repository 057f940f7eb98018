// An up-track and a down-slot under a sequence of operations: packets of any codec in any order
// with any descriptors, changes of codec, targets, starts, retransmissions. No number goes out
// twice, and a retransmission is what went out first.
#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/check.h"
#include "sfu/down_slot.h"
#include "sfu/up_track.h"

using namespace parley;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in(Bytes(data, size));
  SeededRandom random(1);
  sfu::PacketPool pool(64);
  media::TrackDescription track_description;
  track_description.id = TrackId{1};
  track_description.kind = rtp::MediaKind::kVideo;
  track_description.rids = {"a", "b"};
  media::SlotDescription slot_description;
  slot_description.kind = rtp::MediaKind::kVideo;
  slot_description.ssrc = {1, 2};
  constexpr rtp::Codec kCodecs[] = {rtp::Codec::kVp8, rtp::Codec::kVp9, rtp::Codec::kAv1,
                                    rtp::Codec::kH264};
  const uint8_t codecs = in.u8();
  track_description.codecs = {
      {.codec = kCodecs[codecs % 4], .payload_type = 96, .rtx_payload_type = 97},
      {.codec = kCodecs[codecs / 4 % 4], .payload_type = 98, .rtx_payload_type = 99}};
  slot_description.codecs = track_description.codecs;
  sfu::UpTrack track(track_description, PeerId{1}, pool);
  sfu::DownSlot slot(slot_description, 0, random);
  slot.assign(&track);
  Timestamp now = Timestamp::seconds(1);
  std::map<uint16_t, size_t> sent;  // size of the payload; the input is too short for a lap
  for (int step = 0; step < 300 && in.remaining() > 0; ++step) {
    const uint8_t operation = in.u8();
    if (operation % 8 == 0) {
      slot.set_target_layer({in.u8(), in.u8(), in.u8()});
    } else if (operation % 8 == 1) {
      const uint8_t back = in.u8();
      const auto sequence = static_cast<uint16_t>(slot.last_sequence() - back);
      const auto origin = slot.origin_of(sequence);
      const auto packet =
          origin ? track.cached(origin->stream.encoding, origin->sequence) : std::nullopt;
      const auto plan = packet ? slot.retransmit(*packet) : std::nullopt;
      if (!plan) continue;
      PARLEY_CHECK(plan->original_sequence == sequence);
      const auto known = sent.try_emplace(sequence, plan->payload.size()).first;
      PARLEY_CHECK(known->second == plan->payload.size());
    } else {
      const uint8_t index = operation >> 7;
      sfu::MediaPacket packet{.sequence = in.u8(), .rtp_time = in.u8() * 3000u};
      packet.marker = (operation & 0x40) != 0;
      packet.payload_type = operation % 8 == 7 ? 98 : 96;
      packet.dependencies = in.bytes(std::min<size_t>(in.u8() % 64, in.remaining()));
      packet.payload = in.bytes(std::min<size_t>(in.u8() % 32, in.remaining()));
      now = now + TimeDelta::millis(5);
      const auto accepted = track.accept(index, packet, now);
      if (!accepted) continue;
      if (accepted->new_codec && slot.flowing() && slot.encoding() == index) slot.pause();
      if (accepted->key_frame_start && (!slot.flowing() || slot.encoding() != index))
        slot.start(index, accepted->position, now);
      auto plan = slot.forward(*accepted, now);
      if (!plan) continue;
      PARLEY_CHECK(sent.try_emplace(plan->sequence, plan->payload.size()).second);
      std::vector<uint8_t> payload(plan->payload.begin(), plan->payload.end());
      sfu::patch_payload(*plan, payload);
    }
  }
  return 0;
}
