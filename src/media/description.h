// What the control plane tells a media shard about one client's transport, tracks and slots. The
// two planes meet in these values only: control/ knows no packet, shard/ and sfu/ know no person.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/ids.h"
#include "rtp/parameters.h"

namespace parley::media {

// SHA-256 over the DER form of a certificate (RFC 8122).
using Fingerprint = std::array<uint8_t, 32>;

struct IceCredentials {
  std::string ufrag;
  std::string password;
  bool operator==(const IceCredentials&) const = default;
};

// A medium that the client publishes: one m-line that sends.
struct TrackDescription {
  TrackId id;
  rtp::MediaKind kind = rtp::MediaKind::kAudio;
  // Tracks of one person share a group: a viewer never gets its own, and audio and video slots are
  // paired by it.
  uint32_t group = 0;
  bool screen = false;  // a shared screen or its sound
  std::string mid;
  std::vector<std::string>
      rids;  // simulcast encodings, smallest picture first; empty: one encoding
  std::vector<rtp::SsrcPair>
      ssrcs;  // what the offer declared; may be empty (demux by mid and rid then)
  std::vector<rtp::CodecParameters> codecs;
  rtp::HeaderExtensionIds extensions;
  bool operator==(const TrackDescription&) const = default;
};

// A place where the client receives: one m-line that receives.
struct SlotDescription {
  SlotId id;
  rtp::MediaKind kind = rtp::MediaKind::kAudio;
  std::string mid;
  rtp::SsrcPair ssrc;  // both drawn by the control plane, fixed for the slot's life
  std::vector<rtp::CodecParameters> codecs;  // payload types as the client numbered them
  rtp::HeaderExtensionIds extensions;
  bool operator==(const SlotDescription&) const = default;
};

struct PeerDescription {
  IceCredentials local;
  IceCredentials remote;
  Fingerprint remote_fingerprint{};
  std::string cname;  // of the server's senders
  std::vector<TrackDescription> tracks;
  std::vector<SlotDescription> slots;
};

}  // namespace parley::media
