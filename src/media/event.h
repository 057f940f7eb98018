// Shard → control plane.
#pragma once

#include <cstdint>
#include <variant>

#include "base/address.h"
#include "base/ids.h"
#include "base/units.h"

namespace parley::media {

enum class PeerState : uint8_t {
  kConnecting,    // no valid check yet, or the DTLS handshake runs
  kConnected,     // checks answered and SRTP keys in place
  kDisconnected,  // no check or packet for a few seconds (may come back)
  kFailed,        // DTLS failed or consent expired (RFC 7675) for good
};
struct PeerStateChanged {
  PeerId peer;
  PeerState state = PeerState::kConnecting;
  FlowPath path;
  const char* reason = "";
};

// The first audio packet, or the first key frame of a video track, has arrived since it was
// published or last silent.
struct TrackLive {
  PeerId peer;
  TrackId track;
};

// What a slot shows from RTP timestamp `rtp_timestamp` on; no track: nothing.
struct SlotSource {
  PeerId peer;
  SlotId slot;
  TrackId track;
  uint32_t rtp_timestamp = 0;
};

// The set of a track's encodings that any viewer wants; bit i is rids[i] (bit 0 alone where there
// are no rids).
struct LayersWanted {
  PeerId peer;
  TrackId track;
  uint8_t mask = 0;
};

// Who speaks in a room; no track: nobody.
struct DominantSpeaker {
  RouterId router;
  TrackId track;
};

// About every 2 s for a connected peer.
struct PeerQuality {
  PeerId peer;
  TimeDelta round_trip = TimeDelta::zero();
  float uplink_loss = 0;    // 0..1 of what the client sent
  float downlink_loss = 0;  // 0..1 of what we sent, as the client reports
};

using Event = std::variant<PeerStateChanged, TrackLive, SlotSource, LayersWanted, DominantSpeaker,
                           PeerQuality>;

}  // namespace parley::media
