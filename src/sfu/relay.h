// What the routers of one room say to each other when the room is spread over several shards.
//
// Each shard ("home" of its own publishers) has a router for the room. A link carries a publisher's
// packets from its home to the routers of the other shards, decrypted and once for each shard, and
// their wishes back. Rules:
//  1. Of a video track only the encodings that the other shard asked for (kLayers) are relayed; of
//     a microphone only what its home forwards: whoever isn't among the loudest of its own shard
//     isn't among the loudest of the room.
//  2. Who begins to look at an encoding gets the group of pictures that its home kept, to keep it
//     too (kKept) and to replay it to its viewers as a home does (kKeptAll).
//  3. Losses of the publisher are repaired by its home alone; a link loses nothing but what
//     overflows, and what can't be repaired is answered by a key frame.
//  4. Relayed packets are not relayed again.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/units.h"
#include "sfu/up_track.h"

namespace parley::sfu {

// A shard of this process, by its number.
using ShardIndex = uint8_t;
// How many a room can be spread over: one bit of a mask for each.
inline constexpr size_t kMostShards = 32;

struct RelayMessage {
  enum class Kind : uint8_t {
    kPacket,        // home → others: `packet` of `encoding`
    kKept,          // home → another: likewise, from before it looked
    kKeptAll,       // home → another: no more of these of `encoding`
    kSenderReport,  // home → others: `ntp` and `rtp_time` of `encoding`
    kSilent,        // home → others: the voice is not forwarded any more
    kLayers,        // to the home: `mask` of encodings wanted from now on
    kKeyFrame,      // to the home: `encoding` needs one
  };
  Kind kind = Kind::kPacket;
  uint8_t encoding = 0;
  uint8_t mask = 0;
  ShardIndex from = 0;
  uint32_t to = 0;  // bit i: shard i
  RouterId router;
  TrackId track;
  uint32_t rtp_time = 0;
  uint64_t ntp = 0;
  // Its spans hold as those of a ForwardPlan do.
  MediaPacket packet;
};

}  // namespace parley::sfu
