// How many peers are in which state, as the shards' events say.
#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>

#include "media/command.h"
#include "media/event.h"

namespace parley::app {

// Fed with what passes between the planes; bounded by the peers that the control plane creates.
class PeerStates {
 public:
  static constexpr size_t kStates = 4;

  void note_command(const media::Command& command) {
    if (const auto* created = std::get_if<media::CreatePeer>(&command)) {
      states_[created->peer] = media::PeerState::kConnecting;
    } else if (const auto* removed = std::get_if<media::RemovePeer>(&command)) {
      states_.erase(removed->peer);
    }
  }
  void note_event(const media::Event& event) {
    const auto* changed = std::get_if<media::PeerStateChanged>(&event);
    if (changed == nullptr) return;
    const auto i = states_.find(changed->peer);
    if (i != states_.end())
      i->second = changed->state;  // else it was removed while the event was on its way
  }
  std::array<size_t, kStates> count() const {
    std::array<size_t, kStates> counts{};
    for (const auto& [peer, state] : states_) ++counts[static_cast<size_t>(state)];
    return counts;
  }

 private:
  std::unordered_map<PeerId, media::PeerState> states_;
};

}  // namespace parley::app
