#include "room/roster_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "base/random.h"
#include "room/room.h"

namespace parley::room {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(BroadcastIntervalTest, GrowsWithTheRoomBetweenItsBounds) {
  EXPECT_EQ(broadcast_interval(2), TimeDelta::millis(50));
  EXPECT_EQ(broadcast_interval(125), TimeDelta::millis(50));
  EXPECT_EQ(broadcast_interval(1'000), TimeDelta::millis(400));
  EXPECT_EQ(broadcast_interval(10'000), TimeDelta::seconds(1));
}

// A room whose people are told their `joined` as the control plane does it.
class RosterBatchTest : public testing::Test {
 protected:
  ParticipantId join(const std::string& name) {
    const ParticipantId id = room_.handle_join(name, {}, random_, now_)->id;
    room_.roster_for(id);
    return id;
  }
  std::vector<RosterDiff> poll() {
    std::vector<RosterDiff> diffs;
    RoomOutput out;
    while (room_.poll_output(out, now_)) {
      if (auto* diff = std::get_if<RosterDiff>(&out)) diffs.push_back(std::move(*diff));
    }
    return diffs;
  }
  // Until nothing waits.
  std::vector<RosterDiff> poll_later() {
    now_ = now_ + broadcast_interval(room_.size());
    return poll();
  }

  SeededRandom random_{3};
  Timestamp now_ = Timestamp::seconds(10);
  Room room_{{.capacity = 1'000, .p2p = P2pPolicy::kOff}};
};

TEST_F(RosterBatchTest, FirstChangeAfterQuietGoesAtOnceTheNextOnesTogether) {
  const ParticipantId ana = join("Ana");
  const ParticipantId bo = join("Bo");
  EXPECT_EQ(poll().size(), 1u);
  room_.handle_state(ana, {.mic = true});
  EXPECT_THAT(poll(), IsEmpty());
  room_.handle_state(bo, {.mic = true});
  EXPECT_EQ(room_.poll_timeout().when, now_ + TimeDelta::millis(50));
  now_ = now_ + TimeDelta::micros(49'999);
  EXPECT_THAT(poll(), IsEmpty());
  now_ = now_ + TimeDelta::micros(1);
  const auto diffs = poll();
  ASSERT_EQ(diffs.size(), 1u);
  EXPECT_EQ(diffs[0].changed.size(), 2u);
  now_ = now_ + TimeDelta::millis(50);
  room_.handle_state(ana, {.mic = false});
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(RosterBatchTest, NewcomerHearsOnlyWhatCameAfterItsRoster) {
  const ParticipantId ana = join("Ana");
  join("Bo");
  poll();
  room_.handle_state(ana, {.mic = true});
  const ParticipantId cy = join("Cy");
  room_.handle_state(ana, {.camera = true});
  const auto diffs = poll_later();
  ASSERT_EQ(diffs.size(), 2u);
  EXPECT_EQ(diffs[0].to, cy);
  EXPECT_THAT(diffs[0].joined, IsEmpty());
  ASSERT_EQ(diffs[0].changed.size(), 1u);
  EXPECT_TRUE(diffs[0].changed[0].before.mic);
  EXPECT_EQ(diffs[1].to, ParticipantId{});
  EXPECT_THAT(diffs[1].except, ElementsAre(cy));
  EXPECT_EQ(diffs[1].joined.size(), 1u);
  ASSERT_EQ(diffs[1].changed.size(), 1u);
  EXPECT_FALSE(diffs[1].changed[0].before.mic);
}

TEST_F(RosterBatchTest, ManyNewcomersMakeABatchGoEarly) {
  join("Ana");
  join("Bo");
  poll();
  for (size_t i = 1; i < RosterBatch::kMaxNewcomers; ++i) {
    join("Guest");
    EXPECT_THAT(poll(), IsEmpty());
  }
  join("Guest");
  const auto diffs = poll();
  ASSERT_FALSE(diffs.empty());
  EXPECT_EQ(diffs.back().joined.size(), RosterBatch::kMaxNewcomers);
}

TEST_F(RosterBatchTest, WhoIsNamedElsewhereIsToldOfAtOnce) {
  const ParticipantId ana = join("Ana");
  join("Bo");
  poll();
  const ParticipantId cy = join("Cy");
  room_.handle_named(ana);
  EXPECT_THAT(poll(), IsEmpty());
  room_.handle_named(cy);
  const auto diffs = poll();
  ASSERT_EQ(diffs.size(), 1u);
  EXPECT_EQ(diffs[0].joined[0].id, cy);
}

// What one client makes of what it is told, strictly: nothing twice, nothing of strangers.
struct Page {
  std::map<ParticipantId, Participant> roster;

  void apply(const RosterDiff& diff) {
    for (const auto& [id, reason] : diff.left) {
      EXPECT_EQ(roster.erase(id), 1u) << to_text(id) << " left, but wasn't there";
    }
    for (const Participant& person : diff.joined) {
      EXPECT_TRUE(roster.emplace(person.id, person).second) << to_text(person.id) << " came twice";
    }
    for (const auto& [before, after] : diff.changed) {
      EXPECT_EQ(roster[after.id], before) << to_text(after.id) << " was told otherwise";
      EXPECT_NE(before, after);
      roster[after.id] = after;
    }
  }
};

class RandomRoom {
 public:
  explicit RandomRoom(uint64_t seed) : random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      if (random_.below(3) != 0) read();
    }
    now_ = now_ + TimeDelta::seconds(2);
    read();
    for (const auto& [id, page] : pages_) {
      EXPECT_EQ(page.roster.size(), room_.size());
      for (const auto& [other, person] : page.roster) {
        ASSERT_NE(room_.find(other), nullptr) << to_text(other) << " is not there";
        EXPECT_EQ(person, *room_.find(other));
      }
    }
  }

 private:
  void step() {
    switch (random_.below(9)) {
      case 0:
      case 1:
        if (const auto seat = room_.handle_join("Guest", {.mic = true}, random_, now_)) {
          tokens_[seat->id] = seat->resume_token;
          tell_all(seat->id);
        }
        break;
      case 2:
        if (const ParticipantId id = any()) {
          room_.handle_leave(id, LeftReason::kLeft, now_);
          forget(id);
        }
        break;
      case 3:
        if (const ParticipantId id = any()) {
          room_.handle_socket_lost(id, now_);
          pages_.erase(id);
        }
        break;
      case 4:
        if (const ParticipantId id = any(); room_.handle_resume(tokens_[id], now_)) tell_all(id);
        break;
      case 5:
        room_.handle_rename(any(), "Guest " + std::to_string(random_.below(3)));
        break;
      case 6:
        room_.handle_state(any(), {.hand = random_.below(2) == 0});
        break;
      case 7:
        room_.handle_state(any(), {.mic = random_.below(2) == 0, .camera = random_.below(2) == 0});
        break;
      default:
        now_ = now_ + TimeDelta::millis(static_cast<int64_t>(random_.below(80)));
        room_.handle_timeout(now_);
    }
  }
  ParticipantId any() {
    if (tokens_.empty()) return {};
    return std::next(tokens_.begin(), static_cast<int64_t>(random_.below(tokens_.size())))->first;
  }
  void tell_all(ParticipantId id) {
    Page& page = pages_[id];
    page.roster.clear();
    for (const Participant& person : room_.roster_for(id)) page.roster[person.id] = person;
  }
  void forget(ParticipantId id) {
    tokens_.erase(id);
    pages_.erase(id);
  }
  void read() {
    RoomOutput out;
    while (room_.poll_output(out, now_)) {
      if (const auto* ended = std::get_if<SeatEnded>(&out)) forget(ended->id);
      const auto* diff = std::get_if<RosterDiff>(&out);
      if (diff == nullptr) continue;
      EXPECT_FALSE(diff->empty());
      const std::set<ParticipantId> except(diff->except.begin(), diff->except.end());
      for (auto& [id, page] : pages_) {
        if (diff->to ? diff->to == id : !except.contains(id)) page.apply(*diff);
      }
    }
  }

  SeededRandom random_;
  Timestamp now_ = Timestamp::seconds(10);
  Room room_{{.capacity = 60}};
  std::map<ParticipantId, std::string> tokens_;
  std::map<ParticipantId, Page> pages_;  // of those with a socket
};

TEST(RosterBatchPropertyTest, EveryoneKnowsTheTruthAfterQuietAndIsToldNothingTwice) {
  const char* text = std::getenv("PARLEY_SEED");
  const uint64_t first = text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
  for (uint64_t seed = first; seed < first + 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "PARLEY_SEED=" << seed);
    RandomRoom(seed).run(600);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace parley::room
