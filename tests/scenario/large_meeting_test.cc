// Rooms of up to 1,000: what the control plane says, keeps and does for each participant as rooms
// grow, without media. Figures are printed; what is asserted are counts and bytes, not times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#include "large_meeting_crowd.h"
#include "signaling/limits.h"

namespace {

// In front of each allocation: its size, or 0 if it isn't counted. As long as the strictest
// ordinary alignment.
struct alignas(16) AllocationHeader {
  size_t counted = 0;
};

}  // namespace

void* operator new(size_t size) {
  void* const block = std::malloc(sizeof(AllocationHeader) + size);
  if (block == nullptr) std::abort();
  auto* const header = new (block) AllocationHeader;
  if (parley::sim::ControlScope::counting) {
    header->counted = size;
    parley::sim::ControlScope::held_bytes += static_cast<int64_t>(size);
  }
  return header + 1;
}
// std::stable_sort asks this way.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}
void operator delete(void* pointer) noexcept {
  if (pointer == nullptr) return;
  AllocationHeader* const header = static_cast<AllocationHeader*>(pointer) - 1;
  parley::sim::ControlScope::held_bytes -= static_cast<int64_t>(header->counted);
  std::free(header);
}
void operator delete(void* pointer, size_t) noexcept {
  operator delete(pointer);
}

namespace parley::sim {
namespace {

namespace client = signaling::client;
using testing::IsEmpty;

bool listening(const std::pair<const control::ConnectionId, Crowd::Page>& entry) {
  return entry.second.listening;
}

struct Figures {
  double messages = 0;         // told to each participant from the first join to the end
  double bytes = 0;            // the same in bytes
  double memory = 0;           // held by the control plane for each participant, in bytes
  double join_cpu_us = 0;      // of the control plane, for one of the last joins with view and leg
  double frames_per_join = 0;  // to all, of one of the last joins
};

// They come at 50 a second, which is a full room of 1,000 in 20 s; then half a minute of a meeting:
// states, speakers, reports, views, pings, and some who go and come.
Figures meet(size_t people) {
  constexpr TimeDelta kBetweenJoins = TimeDelta::millis(20);
  constexpr TimeDelta kStep = TimeDelta::millis(100);
  constexpr int kSteps = 300;
  SeededRandom random(people);
  Figures figures;
  const int64_t empty = ControlScope::held_bytes;
  Crowd crowd(people);
  const size_t last = people / 10;
  int64_t cpu = 0;
  uint64_t frames = 0;
  for (size_t i = 0; i < people; ++i) {
    if (i == people - last) {
      cpu = ControlScope::used_us;
      frames = crowd.frames();
    }
    Crowd::Page& page =
        crowd.enter("Participant " + std::to_string(i), {.media = true, .listening = i % 25 == 0});
    crowd.event(media::PeerStateChanged{.peer = page.peer, .state = media::PeerState::kConnected});
    client::View view;
    for (int k = 0; k < 22; ++k) {
      view.views.push_back({"p" + std::to_string(1 + random.below(people)),
                            signaling::MediaSource::kCamera, 320, 180, 0});
    }
    crowd.say(page, view);
    crowd.run_for(kBetweenJoins);
  }
  figures.join_cpu_us =
      static_cast<double>(ControlScope::used_us - cpu) / static_cast<double>(last);
  figures.frames_per_join =
      static_cast<double>(crowd.frames() - frames) / static_cast<double>(last);
  crowd.run_for(TimeDelta::seconds(3));
  figures.memory =
      static_cast<double>(ControlScope::held_bytes - empty) / static_cast<double>(people);

  const auto anyone = [&]() -> Crowd::Page& {
    return std::next(crowd.pages().begin(),
                     static_cast<int64_t>(random.below(crowd.pages().size())))
        ->second;
  };
  uint64_t gone_messages = 0;
  uint64_t gone_bytes = 0;
  for (int step = 0; step < kSteps; ++step) {
    // Everybody changes their state every 30 s, and their reports every 20 s for the worse or
    // better.
    for (size_t i = 0; i < people / 300 + 1; ++i) {
      crowd.say(anyone(),
                client::State{{.mic = random.below(2) == 0, .hand = random.below(8) == 0}});
    }
    for (size_t i = 0; i < people / 200 + 1; ++i) {
      crowd.event(media::PeerQuality{.peer = anyone().peer,
                                     .downlink_loss = 0.05f * static_cast<float>(random.below(3))});
    }
    if (step % 20 == 0) {
      crowd.event(media::DominantSpeaker{
          .router = RouterId{1}, .track = TrackId{1 + static_cast<uint32_t>(random.below(20))}});
    }
    if (step % 100 == 50) {
      for (auto& [connection, page] : crowd.pages()) crowd.say(page, client::Ping{step});
    }
    if (step % 10 == 0) {
      Crowd::Page& page = anyone();
      gone_messages += page.messages;
      gone_bytes += page.bytes;
      crowd.leave(page);
      Crowd::Page& next = crowd.enter("Late " + std::to_string(step));
      crowd.event(
          media::PeerStateChanged{.peer = next.peer, .state = media::PeerState::kConnected});
    }
    crowd.run_for(kStep);
  }
  crowd.run_for(TimeDelta::seconds(3));

  EXPECT_THAT(crowd.faults(), IsEmpty());
  EXPECT_THAT(crowd.errors(), IsEmpty());
  EXPECT_EQ(crowd.control().participants(), people);
  const auto& truth = crowd.pages().rbegin()->second.roster;  // a late one's
  EXPECT_EQ(truth.size(), people);
  EXPECT_GT(std::ranges::count(crowd.pages(), true, listening), std::ssize(crowd.pages()) / 50);
  uint64_t messages = gone_messages;
  uint64_t bytes = gone_bytes;
  for (const auto& [connection, page] : crowd.pages()) {
    EXPECT_TRUE(!page.listening || page.roster == truth) << page.self;
    messages += page.messages;
    bytes += page.bytes;
  }
  figures.messages = static_cast<double>(messages) / static_cast<double>(people);
  figures.bytes = static_cast<double>(bytes) / static_cast<double>(people);
  return figures;
}

TEST(LargeMeetingScenario, MessagesAndMemoryOfAParticipantGrowAtMostLinearlyWithTheRoom) {
  std::printf("%6s %10s %12s %14s %14s %14s\n", "people", "messages", "kilobytes", "memory (KB)",
              "join (CPU us)", "frames a join");
  std::vector<Figures> all;
  for (const size_t people : {125, 250, 500, 1'000}) {
    all.push_back(meet(people));
    const Figures& f = all.back();
    std::printf("%6zu %10.1f %12.1f %14.1f %14.0f %14.1f\n", people, f.messages, f.bytes / 1'000,
                f.memory / 1'000, f.join_cpu_us, f.frames_per_join);
  }
  for (size_t i = 1; i < all.size(); ++i) {
    // Twice the people: linear would be twice as much for each. It is hardly more, since messages
    // are further apart in larger rooms, and what is kept for one doesn't depend on the others.
    EXPECT_LT(all[i].messages, 1.2 * all[i - 1].messages);
    EXPECT_LT(all[i].memory, 1.2 * all[i - 1].memory);
    // A `joined` names everybody.
    EXPECT_LT(all[i].bytes, 2.2 * all[i - 1].bytes);
  }
}

TEST(LargeMeetingScenario, OneMoreCostsTheOthersOneFrameThatIsMadeOnce) {
  constexpr size_t kPeople = 500;
  Crowd crowd(kPeople + 1);
  for (size_t i = 0; i < kPeople; ++i) crowd.enter("Guest", {.media = true, .listening = false});
  crowd.run_for(TimeDelta::seconds(3));
  const uint64_t frames = crowd.frames();
  const uint64_t encodings = crowd.encodings();
  crowd.enter("One more");
  crowd.run_for(TimeDelta::seconds(3));
  // `joined` and `codecs`, and one `roster` for each other.
  EXPECT_EQ(crowd.frames() - frames, kPeople + 2);
  EXPECT_EQ(crowd.encodings() - encodings, 3u);
}

TEST(LargeMeetingScenario, ThousandCanBeSetAndTheirLongestNamesStayWithinFrames) {
  constexpr size_t kPeople = 1'000;
  Crowd crowd(kPeople);
  for (size_t i = 0; i < kPeople; ++i) {
    crowd.enter("Guest", {.media = false, .listening = i % 100 == 0});
  }
  EXPECT_EQ(crowd.control().participants(), kPeople);
  EXPECT_THAT(crowd.errors(), IsEmpty());
  crowd.enter("One too many");
  ASSERT_EQ(crowd.errors().size(), 1u);
  EXPECT_EQ(crowd.errors()[0].code, signaling::ErrorCode::kRoomFull);
  crowd.pages().erase(std::prev(crowd.pages().end()));

  // 64 characters of 4 bytes each: some 340 KB for a whole roster, and in one batch.
  std::string name;
  for (size_t i = 0; i < signaling::kMaxNameLength; ++i) name += "\xF0\x9F\xA6\x8A";
  for (const auto& [connection, page] : crowd.pages()) crowd.say(page, client::Rename{2, name});
  crowd.run_for(TimeDelta::seconds(1));
  crowd.leave(crowd.pages().begin()->second);
  crowd.enter(name);
  crowd.run_for(TimeDelta::seconds(1));
  EXPECT_THAT(crowd.faults(), IsEmpty());
  for (const auto& [connection, page] : crowd.pages()) {
    EXPECT_LE(page.longest, signaling::kMaxFrameBytes);
    if (!page.listening) continue;
    EXPECT_EQ(page.roster.size(), kPeople);
    EXPECT_TRUE(std::ranges::all_of(
        page.roster, [&name](const auto& entry) { return entry.second.name == name; }));
  }
}

TEST(LargeMeetingScenario, RandomComingsAndGoingsLeaveEveryPageWithTheTruth) {
  const char* text = std::getenv("PARLEY_SEED");
  const uint64_t first = text != nullptr ? std::strtoull(text, nullptr, 10) : 500;
  for (uint64_t seed = first; seed < first + 8; ++seed) {
    SCOPED_TRACE(testing::Message() << "PARLEY_SEED=" << seed);
    SeededRandom random(seed);
    Crowd crowd(1'000);
    std::vector<std::string> lost;
    for (int step = 0; step < 500; ++step) {
      const uint64_t action = random.below(10);
      const auto anyone = [&]() -> Crowd::Page& {
        return std::next(crowd.pages().begin(),
                         static_cast<int64_t>(random.below(crowd.pages().size())))
            ->second;
      };
      if (crowd.pages().size() < 2 || (action < 3 && crowd.pages().size() < 70)) {
        crowd.enter("Guest", {.media = random.below(2) == 0, .listening = true});
      } else if (action == 3) {
        crowd.leave(anyone());
      } else if (action == 4) {
        Crowd::Page& page = anyone();
        lost.push_back(page.resume);
        crowd.lose_socket(page);
      } else if (action == 5 && !lost.empty()) {
        crowd.resume(lost.back(), "Back");
        lost.pop_back();
      } else if (action == 6) {
        crowd.say(anyone(), client::State{{.hand = random.below(2) == 0}});
      } else if (action == 7) {
        crowd.event(media::DominantSpeaker{
            .router = RouterId{1}, .track = TrackId{1 + static_cast<uint32_t>(random.below(50))}});
      } else {
        crowd.say(anyone(), client::State{{.mic = random.below(2) == 0}});
      }
      crowd.run_for(TimeDelta::millis(static_cast<int64_t>(random.below(40))));
    }
    crowd.run_for(TimeDelta::seconds(2));
    EXPECT_THAT(crowd.faults(), IsEmpty());
    const auto& truth = crowd.pages().begin()->second.roster;
    EXPECT_EQ(truth.size(), crowd.control().participants());
    for (const auto& [connection, page] : crowd.pages())
      EXPECT_TRUE(page.roster == truth) << page.self;
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace parley::sim
