// What the control plane is told at its start.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/units.h"
#include "room/topology_switch.h"
#include "rtp/parameters.h"

namespace parley::control {

struct ControlConfig {
  struct Shard {
    uint16_t media_port = 0;
  };

  room::P2pPolicy p2p = room::P2pPolicy::kOn;
  // Rooms with a policy of their own; the stricter of the two holds.
  std::map<std::string, room::P2pPolicy> room_p2p;
  TimeDelta quiet_time = room::TopologySwitch::kDefaultQuietTime;
  size_t max_participants = 200;  // of a room
  size_t max_rooms = 10'000;
  size_t max_connections = 50'000;
  std::vector<Shard> shards;          // at least one
  size_t room_share = 50;             // people of a room on one shard, before it takes another
  std::vector<IpAddress> advertised;  // media.public_ips, or the host's addresses
  std::string fingerprint;            // sha-256 of the DTLS certificate, "AB:CD:…"
  std::vector<rtp::Codec> video_codecs = {rtp::Codec::kVp8, rtp::Codec::kVp9, rtp::Codec::kAv1,
                                          rtp::Codec::kH264};
  int64_t protocol_min = 1;
  int64_t protocol_max = 1;
};

}  // namespace parley::control
