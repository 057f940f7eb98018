// Collects what changes in a room's roster and says it in as few messages as a room of its size can
// bear, to each recipient exactly once.
//
// Driven by Room. Keeps for each audience what everyone in it was last told of those who have
// changed since; so a change and back again, or somebody who came and went, is never mentioned.
//
// 1. The first change after quiet goes at once, the next ones one interval later together.
// 2. Everybody who knows the roster as of the last batch is one audience and gets one diff.
// 3. Who is told the whole roster between two batches (a newcomer, a resumed one) is an audience of
//    its own until the next batch: it knows some of the changes already.
// 4. A batch goes early if rule 3 made kMaxNewcomers audiences, or if somebody unknown to the
// others
//    is about to be named to them by another message.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "base/units.h"
#include "room/participant.h"

namespace parley::room {

// The least time between two messages of one kind to a whole room. Sending a frame costs the
// control thread some 10 µs, so telling n people every n · 0.4 ms takes at most 2.5 % of it,
// however large the room; up to 125 people it is 50 ms, which nobody sees.
constexpr TimeDelta broadcast_interval(size_t people) {
  constexpr TimeDelta kShortest = TimeDelta::millis(50);
  constexpr TimeDelta kLongest = TimeDelta::seconds(1);
  constexpr int64_t kPerPersonUs = 400;
  return std::clamp(TimeDelta::micros(kPerPersonUs * static_cast<int64_t>(people)), kShortest,
                    kLongest);
}

// What one audience is told. Of a changed participant both versions, so that only what differs is
// sent.
struct RosterDiff {
  struct Change {
    Participant before;
    Participant after;
  };
  struct Left {
    ParticipantId id;
    LeftReason reason = LeftReason::kLeft;
  };
  ParticipantId to;                   // none: everybody but `except`
  std::vector<ParticipantId> except;  // ascending
  std::vector<Participant> joined;
  std::vector<Change> changed;
  std::vector<Left> left;
  bool empty() const { return joined.empty() && changed.empty() && left.empty(); }
};

class RosterBatch {
 public:
  // An early batch every so many newcomers bounds what a join costs the others' audiences.
  static constexpr size_t kMaxNewcomers = 32;

  using Find = std::function<const Participant*(ParticipantId)>;

  void handle_joined(ParticipantId id);
  // Before anything of the participant changes.
  void handle_change(const Participant& before);
  void handle_left(const Participant& before, LeftReason reason);
  // `id` knows the whole roster as it is now.
  void handle_told(ParticipantId id);
  // Somebody is about to hear of `id` by another message.
  void handle_named(ParticipantId id);

  // The batch of `now`, one diff for each audience that has something to hear; empty while it
  // isn't due. `find` gives the present state of a participant, or nullptr; `people` is their
  // number.
  std::vector<RosterDiff> take(Timestamp now, size_t people, const Find& find);
  Deadline poll_timeout() const;

 private:
  struct Touched {
    std::optional<Participant> before;  // none: unknown to the audience
    std::optional<LeftReason> left;
  };
  using Audience = std::map<ParticipantId, Touched>;  // bounded by the room's capacity

  bool pending() const { return !settled_.empty() || !newcomers_.empty(); }
  bool due(Timestamp now) const { return pending() && (early_ || now >= next_); }
  static void note_left(Audience& audience, const Participant& before, LeftReason reason);

  static RosterDiff diff_of(const Audience& audience, const Find& find);

  Audience settled_;
  std::map<ParticipantId, Audience> newcomers_;
  Timestamp next_;
  bool early_ = false;
};

}  // namespace parley::room
