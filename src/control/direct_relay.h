// Passes what the two ends of a direct leg tell each other. Under policy "lan" candidates are taken
// out of descriptions and held with the trickled ones until they show whether the two share a
// network.
#pragma once

#include <cstdint>
#include <vector>

#include "room/lan_check.h"
#include "room/topology.h"
#include "signaling/signal_body.h"

namespace parley::control {

class DirectRelay {
 public:
  static constexpr size_t kMaxHeld =
      128;  // candidates of one preparation; further ones are dropped

  struct Passed {
    room::ParticipantId from;
    room::ParticipantId to;
    signaling::SignalBody body;
  };
  struct Result {
    std::vector<Passed> pass;  // to be sent now, in order
    bool refused = false;      // the two share no network: the preparation should end
  };

  explicit DirectRelay(room::P2pPolicy policy) : policy_(policy) {}

  // A signal of the direct leg `epoch`, which the caller has checked to be in preparation or force
  // between the two.
  Result handle_signal(int64_t epoch, Passed signal);

 private:
  // What is left of the signal after its candidates were put aside; nothing to pass: false.
  bool hold(Passed& signal);

  room::P2pPolicy policy_;
  int64_t epoch_ = 0;
  bool released_ = false;
  bool refused_ = false;
  room::LanCheck check_;
  std::vector<Passed> held_;
};

// Moves the candidate lines of an SDP into candidates of their own; true if it says that there are
// no more.
bool take_candidates(signaling::SessionDescription& description,
                     std::vector<signaling::IceCandidate>& candidates);

}  // namespace parley::control
