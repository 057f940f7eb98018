// Turns what the media side reports into what people are told: slots, wanted layers, the dominant
// speaker, quality. Keeps what each participant was told last, so that only changes are sent and a
// resumed one can be told all again.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "control/legs.h"
#include "media/event.h"
#include "room/participant.h"
#include "signaling/server_message.h"

namespace parley::control {

class Presenter {
 public:
  // Below the first limits 3 bars, below the second 2; the worse of loss and round trip counts.
  static constexpr float kGoodLoss = 0.03f;
  static constexpr float kFairLoss = 0.10f;
  static constexpr TimeDelta kGoodRoundTrip = TimeDelta::millis(300);
  static constexpr TimeDelta kFairRoundTrip = TimeDelta::millis(800);

  // Reports come every 2 s, and nobody needs them sooner than names and states.
  static constexpr int64_t kQualityIntervals = 5;  // of room::broadcast_interval()

  struct Message {
    room::ParticipantId to;  // none: everybody
    signaling::ServerMessage message;
  };

  explicit Presenter(const Legs& legs, const Registry& registry)
      : legs_(legs), registry_(registry) {}

  void handle_slot(room::ParticipantId owner, const media::SlotSource& event);
  void handle_layers(room::ParticipantId owner, const media::LayersWanted& event);
  void handle_speaker(const media::DominantSpeaker& event);
  void handle_quality(room::ParticipantId owner, const media::PeerQuality& event);
  void handle_connected(room::ParticipantId owner, bool connected);
  void handle_left(room::ParticipantId id);
  // Its leg is a new one: no slot shows anything yet.
  void handle_new_leg(room::ParticipantId id);

  // What has changed since the last call, in the order slots, layers, speaker, quality. What goes
  // to all waits until it is due in a room of `people`.
  std::vector<Message> take_changes(Timestamp now, size_t people);
  Deadline poll_timeout() const;
  // All that holds for one who has just come or come back.
  std::vector<Message> everything_for(room::ParticipantId id) const;

 private:
  struct Told {
    std::map<std::string, signaling::server::Slot> slots;  // by mid
    std::map<signaling::MediaSource, std::vector<std::string>> layers;
    std::optional<int64_t> bars;
    std::map<std::string, signaling::server::Slot> new_slots;  // not told yet
    std::map<signaling::MediaSource, std::vector<std::string>> new_layers;
  };

  void set_bars(room::ParticipantId id, int64_t bars);

  const Legs& legs_;
  const Registry& registry_;
  std::map<room::ParticipantId, Told> told_;
  std::set<room::ParticipantId> untold_;  // with new slots or layers
  std::optional<std::string> speaker_;
  std::optional<std::string> told_speaker_;
  Timestamp next_speaker_;
  // Whose bars have changed, and what the others were told before.
  std::map<room::ParticipantId, std::optional<int64_t>> former_bars_;
  Timestamp next_quality_;
};

int64_t quality_bars(const media::PeerQuality& event);

}  // namespace parley::control
