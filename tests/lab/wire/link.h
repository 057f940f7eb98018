// One direction of the wire: what happens to packets on a bad link. Does no IO; the time and the
// seed are arguments, as in the server's cores.
//
// Rules, in the order in which a packet meets them:
//  1. Queue: while the transmitter is busy a packet waits. One that finds the queue full is dropped
//     (drop-tail). Without a rate there is no queue.
//  2. Transmitter: packets leave one after the other at the rate, counted in IP bytes. A change of
//     the rate holds at once, for the packets that wait too and for the rest of the one that is
//     under way.
//  3. Loss: a packet that left may be lost, so what is lost has used the link's time. Independent,
//  or
//     in bursts after Gilbert (1960) and Elliott (1963): a Markov chain of a good state, which
//     loses nothing, and a bad one; one step for each packet.
//  4. Delay: the fixed part and a jitter, uniform in [-jitter, +jitter], never below zero together.
//     With order kept a packet isn't delivered before the one that left before it, so then a jitter
//     above the packets' spacing makes the mean delay longer.
#pragma once

#include <cstdint>
#include <deque>
#include <queue>
#include <vector>

#include "base/random.h"
#include "base/units.h"

namespace parley::lab {

struct LinkSettings {
  DataRate rate = DataRate::zero();  // zero: unlimited
  // The longest a packet may wait for its transmission to begin. Zero: `queue_size` is the limit.
  TimeDelta queue_time = TimeDelta::millis(200);
  DataSize queue_size =
      DataSize::bytes(0);  // of the packets that wait, the one under way not among them
  TimeDelta delay = TimeDelta::zero();
  TimeDelta jitter = TimeDelta::zero();
  bool keep_order = true;
  double loss = 0;   // 0..1, in the long run
  double burst = 0;  // mean length of the bad state in packets, at least 1; 0: independent losses
  double bad_loss = 1;  // chance of loss in the bad state, at least `loss`

  // Null, or why these can't be had together.
  const char* problem() const;
};

struct LinkCounters {
  uint64_t packets_in = 0;
  uint64_t bytes_in = 0;
  uint64_t packets_out = 0;
  uint64_t bytes_out = 0;
  uint64_t lost = 0;        // rule 3
  uint64_t queue_full = 0;  // rule 1
  uint64_t overflow = 0;    // more than kMostPackets under way
  uint64_t reordered = 0;   // delivered after a packet that was handed in later
  uint64_t refused = 0;     // delivered, but the far end's kernel didn't take it
  TimeDelta longest_wait;   // in the queue
  TimeDelta latest;         // how long after its time a packet was polled: the driver's fault
};

class Link {
 public:
  // 100 Mbit/s of 1,200-byte packets for six seconds: more is a mistake in the settings.
  static constexpr size_t kMostPackets = 65'536;

  explicit Link(uint64_t seed) : random_(seed) {}

  // Requires settings.problem() to be null.
  void set(const LinkSettings& settings, Timestamp now);
  void handle_packet(std::vector<uint8_t> packet, Timestamp now);
  // The next packet that is due by now, in order of their times.
  bool poll_packet(std::vector<uint8_t>& out, Timestamp now);
  Timestamp poll_timeout() const;
  void on_refused() { ++counters_.refused; }

  const LinkSettings& settings() const { return settings_; }
  const LinkCounters& counters() const { return counters_; }
  void reset_counters() { counters_ = {}; }
  DataSize waiting() const { return waiting_size_; }

 private:
  struct Waiting {
    std::vector<uint8_t> bytes;
    Timestamp came;
  };
  struct Flying {
    Timestamp at;
    uint64_t order = 0;
    mutable std::vector<uint8_t>
        bytes;  // moved out of the queue's top; the order doesn't look at it
    bool operator>(const Flying& o) const { return at != o.at ? at > o.at : order > o.order; }
  };

  bool transmitting() const { return !sent_at_.is_never(); }
  bool fits(size_t bytes, Timestamp now) const;
  void begin(std::vector<uint8_t> bytes, Timestamp at);
  void advance(Timestamp now);
  void fly(std::vector<uint8_t> bytes, Timestamp left);
  bool draw(double chance);
  bool draw_loss();

  LinkSettings settings_;
  LinkCounters counters_;
  SeededRandom random_;
  bool bad_ = false;
  std::deque<Waiting> waiting_;
  DataSize waiting_size_;
  std::vector<uint8_t> current_;            // being transmitted
  Timestamp sent_at_ = Timestamp::never();  // until then
  std::priority_queue<Flying, std::vector<Flying>, std::greater<>> flying_;
  uint64_t order_ = 0;
  uint64_t newest_delivered_ = 0;
  Timestamp last_arrival_;
};

}  // namespace parley::lab
