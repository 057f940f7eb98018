// The server's side of ICE: a lite agent (RFC 8445 §2.5). It sends no checks; it answers those of
// the client, learns from them where the client is, and takes their coming as consent to send (RFC
// 7675). PeerTransport owns one for each peer.
//
// It doesn't gather or signal candidates, and isn't asked about packets that are not STUN.
#pragma once

#include <optional>
#include <string_view>

#include "base/address.h"
#include "base/bounded.h"
#include "base/bytes.h"
#include "base/deadline.h"
#include "base/prefetch.h"
#include "base/units.h"
#include "ice/check_request.h"
#include "ice/credentials.h"
#include "ice/datagram.h"

namespace parley::ice {

enum class LiteState : uint8_t {
  Waiting,       // no valid check yet
  Connected,     // checks are coming
  Disconnected,  // none for a while; the path is still used
  Failed,        // consent is gone: nothing may be sent until set_credentials()
};

enum class LiteEvent : uint8_t { StateChanged, SelectedPathChanged };

struct LiteConfig {
  // Consent checks come every 4 to 6 s (RFC 7675 §5.1); the spare second covers the retransmission
  // of one that was lost.
  TimeDelta disconnected_after = TimeDelta::seconds(7);
  // RFC 7675 §5.1: consent lasts 30 s. The first check must come within this time too.
  TimeDelta failed_after = TimeDelta::seconds(30);
};

class LiteAgent {
 public:
  // A client has a handful of addresses; beyond these the path not checked for the longest time is
  // forgotten.
  static constexpr size_t kMaxPaths = 16;
  // One datagram in gives at most one out, and owners drain at once.
  static constexpr size_t kMaxOutputs = 4;

  LiteAgent(Credentials local, Credentials remote, Timestamp now, const LiteConfig& config = {});

  // A datagram for which stun::is_stun() holds. Answers are then in poll_output().
  StunResult handle_stun(const FlowPath& path, Bytes message, Timestamp now);
  void handle_timeout(Timestamp now);
  bool poll_output(OutDatagram& out);
  // Says which getter to look at again; changes of the same kind between two calls give one event.
  std::optional<LiteEvent> poll_event();
  Deadline poll_timeout() const;

  // ICE restart (RFC 8445 §9): both sides' new credentials. The selected path and the old
  // credentials keep working until the first valid check with the new ones; then the old are
  // refused and old paths forgotten. Ends Failed.
  void set_credentials(Credentials local, Credentials remote, Timestamp now);

  LiteState state() const { return state_; }
  // Where to send: the path last nominated, or, before any nomination, that of the first valid
  // check, so that DTLS can be answered at once. Of a nominated path that fell silent, the one
  // checked instead. nullopt while Waiting or Failed.
  std::optional<FlowPath> selected_path() const;
  // Begins to fetch selected_path().
  void prefetch() const { parley::prefetch(&selected_, sizeof selected_); }
  void touch() const { parley::touch(&selected_); }
  bool is_nominated() const { return nominated_; }
  // True if a valid check came over this path.
  bool knows_path(const FlowPath& path) const;
  size_t path_count() const { return paths_.size(); }
  const Credentials& local_credentials() const { return current_.local; }

  // The receiver's ufrag in a Binding request's USERNAME, by which the demultiplexer finds the
  // peer; points into `message`. nullopt for everything else. Proves nothing: handle_stun() does.
  static std::optional<std::string_view> local_ufrag_of(Bytes message);

 private:
  struct Generation {
    Generation(Credentials l, Credentials r);
    bool matches(const CheckUser& user) const;
    Credentials local;
    Credentials remote;
    stun::IntegrityKey key;
  };
  struct Path {
    FlowPath flow;
    Timestamp last_check;
  };

  StunResult handle_request(const FlowPath& path, const stun::MessageView& message, Timestamp now);
  StunResult refuse(const FlowPath& path, const stun::MessageView& message, int code,
                    StunResult result);
  void accept_check(const FlowPath& path, bool use_candidate, Timestamp now);
  void remember(const FlowPath& path, Timestamp now);
  void select(const FlowPath& path, bool nominated);
  void set_state(LiteState state);

  std::optional<FlowPath> selected_;  // first: each packet to send needs it
  bool nominated_ = false;
  LiteConfig config_;
  Generation current_;
  std::optional<Generation> previous_;  // until a check of the current one arrives
  LiteState state_ = LiteState::Waiting;
  Timestamp last_check_;  // of any path; the start before the first
  BoundedVector<Path, kMaxPaths> paths_;
  BoundedQueue<OutDatagram, kMaxOutputs> outputs_;
  bool state_event_ = false;
  bool path_event_ = false;
};

}  // namespace parley::ice
