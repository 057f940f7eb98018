// Retransmission of handshake flights (RFC 6347 §4.2.4) in the time of our caller rather than that
// of the system clock.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"

namespace parley::dtls {

// Record header fields (RFC 6347 §4.1).
//
//  0      1          3        5                  11       13
//  | type | version  | epoch  | sequence number  | length | fragment ...
inline constexpr size_t kRecordHeaderLength = 13;
inline constexpr uint8_t kChangeCipherSpecRecord = 20;
inline constexpr uint8_t kHandshakeRecord = 22;

// The last flight sent, and when to send it again.
//
// A retransmission must carry new record sequence numbers: a peer may have received a record,
// thrown its message away for having come too early (RFC 6347 §4.2.2 allows it), and would then
// drop an identical copy as a replay, forever. The records of epoch 0 are plain text, so all of
// them, first sendings included, get their numbers here. Those of epoch 1 can't be renumbered
// outside OpenSSL, but the only one in a handshake is Finished, and no peer that could decrypt it
// throws it away: it either came before the keys, and then left no trace in the replay window, or
// it ended the handshake.
class Flight {
 public:
  // RFC 6347 §4.2.4.1 advises one second at first; a real-time call wants less, and RTT is below
  // 100 ms mostly.
  static constexpr TimeDelta kInitialInterval = TimeDelta::millis(100);
  static constexpr TimeDelta kMaxInterval = TimeDelta::seconds(3);

  // Replaces the flight by datagrams as OpenSSL wrote them, sent now for the first time.
  void replace(std::vector<std::vector<uint8_t>> datagrams, Timestamp now);
  // The flight was sent again at the deadline: doubles the interval.
  void sent_again(Timestamp now);
  // No more deadlines; the datagrams stay, to answer a peer that has missed them.
  void stop_timer() { next_ = Timestamp::never(); }

  const std::vector<std::vector<uint8_t>>& datagrams() const { return datagrams_; }
  Timestamp next() const { return next_; }

  // Gives each epoch-0 record of the datagram the next sequence number. To be called on every
  // datagram sent.
  void number_records(MutableBytes datagram);

 private:
  std::vector<std::vector<uint8_t>> datagrams_;
  TimeDelta interval_ = kInitialInterval;
  Timestamp next_ = Timestamp::never();
  uint64_t next_record_ = 0;
};

}  // namespace parley::dtls
