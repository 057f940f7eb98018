// From a client's offer to the server's answer and to what the media side is told: the only place
// of control/ that knows SDP. Pure: the same offer, state and random numbers give the same result.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/random.h"
#include "control/config.h"
#include "media/description.h"
#include "signaling/client_message.h"

namespace parley::control {

struct PublishedTrack {
  TrackId id;
  signaling::MediaSource source = signaling::MediaSource::kMic;
  std::string mid;
  std::vector<std::string> rids;
};

// What one server leg keeps from one negotiation to the next.
struct LegState {
  struct Slot {
    SlotId id;
    rtp::SsrcPair ssrc;
  };
  media::IceCredentials local;
  media::IceCredentials remote;
  media::Fingerprint remote_fingerprint{};
  uint64_t session_id = 0;
  uint64_t session_version = 0;
  std::string cname;
  std::map<std::string, Slot, std::less<>> slots;  // by mid; also those in no use now
  std::vector<PublishedTrack> tracks;
};

struct Negotiated {
  LegState state;
  std::string answer_sdp;
  media::PeerDescription description;
  size_t shard = 0;  // the one whose port the candidates name, as the caller knows
};

// Answers `offer`. `former`: the state after the leg's last negotiation, or nullptr for a new leg.
// New tracks take the numbers after `last_track`, which is moved on. `group` is the participant's
// number. Error: a sentence for people about what is wrong with the offer.
std::expected<Negotiated, std::string> negotiate(const signaling::client::OfferBody& offer,
                                                 const LegState* former, uint32_t group,
                                                 const std::vector<SocketAddress>& candidates,
                                                 const ControlConfig& config, uint32_t& last_track,
                                                 RandomSource& random);

bool is_audio(signaling::MediaSource source);
bool is_screen(signaling::MediaSource source);

}  // namespace parley::control
