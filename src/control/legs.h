// The media side of one meeting: each participant's server leg, its tracks and slots, and what it
// looks at. Turns what people negotiate, mute and view into media commands. Knows no sockets and
// sends no messages.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/negotiation.h"
#include "control/output.h"
#include "control/registry.h"
#include "control/room_shards.h"
#include "room/participant.h"

namespace parley::control {

class Legs {
 public:
  struct Leg {
    PeerId peer;
    size_t shard = 0;
    LegState state;
  };
  // What somebody looks at; of one who isn't there or has no such source, nothing comes of it.
  struct Wish {
    room::ParticipantId participant;
    signaling::MediaSource source = signaling::MediaSource::kCamera;
    uint16_t width = 0;
    uint16_t height = 0;
    uint8_t priority = 0;
  };

  // `most_each`: people of the room on one shard, before it is spread over another.
  Legs(RouterId router, size_t most_each, ShardLoads& loads, Registry& registry, Outbox& outbox)
      : router_(router),
        registry_(registry),
        outbox_(outbox),
        shards_(router, most_each, loads, outbox) {}

  // The shard for a leg that is opened now.
  size_t choose_shard() const { return shards_.choose(); }

  // The participant's first leg, or one in place of its former. The description's tracks take its
  // number as group.
  void open(const room::Participant& owner, Negotiated negotiated);
  // A renegotiation of the leg that stands. A new DTLS certificate means a new connection: then as
  // open().
  void update(const room::Participant& owner, Negotiated negotiated);
  void close(room::ParticipantId id);
  // Tells the media side which of the participant's tracks are wanted, where that has changed.
  void apply_state(const room::Participant& owner);
  void set_view(room::ParticipantId id, const std::vector<signaling::client::ViewEntry>& views);
  // The participant's device takes pictures only so many times halved.
  void set_halvings(room::ParticipantId id, int halvings);

  // What the participant said it looks at; nullptr: it said nothing yet.
  const std::vector<Wish>* wishes(room::ParticipantId id) const;

  const Leg* find(room::ParticipantId id) const;
  // The mid of a participant's slot; nullptr if the leg has none such.
  const std::string* mid_of(room::ParticipantId id, SlotId slot) const;
  const PublishedTrack* track(TrackId id) const;

 private:
  struct Entry {
    std::optional<Leg> leg;
    std::map<TrackId, bool> enabled;  // as last told to the media side
    int halvings = 0;
    bool has_view = false;  // said what it looks at
    std::vector<Wish> wishes;
  };

  void command(const Leg& leg, media::Command command) {
    outbox_.media(leg.shard, std::move(command));
  }
  void take_tracks(const room::Participant& owner, Entry& entry, const LegState& state);
  void drop_tracks(Entry& entry);
  void drop_leg(const Leg& leg);
  void send_view(const Entry& entry);
  void set_wishes(room::ParticipantId id, Entry& entry, std::vector<Wish> wishes);
  // The tracks of `id` have changed: whoever looks at it says so again with the new numbers.
  void refresh_viewers_of(room::ParticipantId id);

  const RouterId router_;
  Registry& registry_;
  Outbox& outbox_;
  RoomShards shards_;
  std::map<room::ParticipantId, Entry> entries_;
  // Who looks at whom, from the wishes of `entries_`; so at most kMaxViews for each of them.
  std::map<room::ParticipantId, std::set<room::ParticipantId>> viewers_;
};

}  // namespace parley::control
