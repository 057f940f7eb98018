// Control plane → shard.
#pragma once

#include <variant>
#include <vector>

#include "base/ids.h"
#include "media/description.h"

namespace parley::media {

struct CreatePeer {
  RouterId router;
  PeerId peer;
  PeerDescription description;
};
// A renegotiation: the complete new description. Tracks and slots are told apart by id; changed ICE
// credentials are an ICE restart.
struct UpdatePeer {
  PeerId peer;
  PeerDescription description;
};
struct RemovePeer {
  PeerId peer;
};

// One video source that a viewer looks at. Width and height in device pixels; priority 0 is the
// most important.
struct ViewWish {
  TrackId track;
  uint16_t width = 0;
  uint16_t height = 0;
  uint8_t priority = 0;
};
// The complete list of the viewer's wishes, replacing the former.
struct SetView {
  PeerId peer;
  std::vector<ViewWish> wishes;
};

// Whether the person wants the track sent at all (false: muted or camera off). Nothing of a
// disabled track is forwarded.
struct SetTrackEnabled {
  TrackId track;
  bool enabled = true;
};

// The room is spread over several shards: `others` (bit i: shard i) carry people of it too, and
// this one is `self`. One of them, which `leads`, says who speaks. Sent again when that changes.
struct SetLinks {
  RouterId router;
  uint8_t self = 0;
  uint32_t others = 0;
  bool leads = true;
};
// What a peer on shard `home` publishes: the complete list, replacing the former. Nothing: it left.
struct SetRemoteTracks {
  RouterId router;
  PeerId peer;
  uint8_t home = 0;
  std::vector<TrackDescription> tracks;
};

using Command = std::variant<CreatePeer, UpdatePeer, RemovePeer, SetView, SetTrackEnabled, SetLinks,
                             SetRemoteTracks>;

}  // namespace parley::media
