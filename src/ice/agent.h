// A full ICE agent (RFC 8445) for one component over UDP: the client's side in the load generator
// and the simulation, and both sides of relay links. Works against a full or a lite peer. Keeps
// consent (RFC 7675) on the path it selected.
//
// It opens no sockets: host candidates are addresses of sockets the owner has. No TURN, no TCP, no
// mDNS look-up; candidates of these kinds are refused by add_remote().
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/address.h"
#include "base/bounded.h"
#include "base/bytes.h"
#include "base/deadline.h"
#include "base/random.h"
#include "base/units.h"
#include "ice/candidate.h"
#include "ice/check_list.h"
#include "ice/check_request.h"
#include "ice/credentials.h"
#include "ice/datagram.h"
#include "stun/transaction.h"

namespace parley::ice {

enum class Role : uint8_t { Controlling, Controlled };

enum class AgentState : uint8_t {
  New,           // no remote credentials or candidates yet
  Checking,      // no path has worked yet
  Connected,     // there is a selected path and it answers
  Disconnected,  // it hasn't answered for a while; still used
  Failed,        // no path worked in time, or consent ran out: nothing may be sent until restart()
};

enum class AgentEvent : uint8_t { StateChanged, SelectedPathChanged, LocalCandidatesChanged };

struct AgentConfig {
  Role role = Role::Controlling;
  // Ta: the time between two new checks (RFC 8445 §14.2: 50 ms, no less than 5 ms).
  TimeDelta pacing = TimeDelta::millis(50);
  // Of one check. The first interval is raised to pacing times the number of unfinished checks (RFC
  // 8445 §14.3).
  stun::RetransmitConfig retransmit;
  // Regular nomination: how long after the first working pair better ones are waited for.
  TimeDelta nomination_delay = TimeDelta::millis(300);
  // RFC 7675 §5.1; each interval is 0.8 to 1.2 times this.
  TimeDelta consent_interval = TimeDelta::seconds(5);
  TimeDelta consent_timeout = TimeDelta::seconds(30);
  TimeDelta disconnected_after = TimeDelta::seconds(8);
  // RFC 8863 §4: the least time before "no pair works" is believed.
  TimeDelta connect_timeout = TimeDelta::millis(39500);
  // Where server-reflexive candidates are learnt.
  std::optional<SocketAddress> stun_server;
};

class Agent {
 public:
  static constexpr size_t kMaxHosts = 8;
  static constexpr size_t kMaxLocalCandidates = 24;
  static constexpr size_t kMaxRemoteCandidates = 32;
  static constexpr size_t kMaxOutputs = 8;

  // `random` must outlive the agent. Transaction ids come from it: in production it is the
  // system's.
  Agent(const AgentConfig& config, Credentials local, RandomSource& random);

  // A local socket's address; each gives a host candidate, and a server-reflexive one if the STUN
  // server tells another address. False at the limit, and for an address given before.
  bool add_host(const SocketAddress& address, Timestamp now);
  // From the other side's description. Checks start with this and the first remote candidate. Other
  // credentials than before need restart() first; false, and unchanged, otherwise, and for
  // fragments above kMaxUfrag.
  bool set_remote(Credentials remote, Timestamp now);
  // False if the candidate is of an unusable kind or there are too many.
  bool add_remote(const Candidate& candidate, Timestamp now);
  // New generation (RFC 8445 §9) with new local credentials; then set_remote() and add_remote()
  // anew. The selected path stays in use, with the old credentials, until a pair of the new
  // generation works.
  void restart(Credentials local, Timestamp now);

  StunResult handle_stun(const FlowPath& path, Bytes message, Timestamp now);
  void handle_timeout(Timestamp now);
  bool poll_output(OutDatagram& out);
  std::optional<AgentEvent> poll_event();
  Deadline poll_timeout() const;

  AgentState state() const { return state_; }
  Role role() const { return controlling_ ? Role::Controlling : Role::Controlled; }
  std::optional<FlowPath> selected_path() const { return selected_; }
  // True once the selected path is the nominated one, not just the best so far.
  bool is_nominated() const { return nominated_; }
  // Host, server-reflexive and peer-reflexive, in the order they were learnt.
  std::span<const Candidate> local_candidates() const {
    return {local_candidates_.data(), local_candidates_.size()};
  }
  std::span<const Candidate> remote_candidates() const {
    return {remote_candidates_.data(), remote_candidates_.size()};
  }
  // True when every question to the STUN server has been answered or given up.
  bool gathering_done() const;
  const Credentials& local_credentials() const { return current_.local; }
  uint64_t tie_breaker() const { return tie_breaker_; }

 private:
  struct Generation {
    Credentials local;
    std::optional<Credentials> remote;
    stun::IntegrityKey local_key;
    stun::IntegrityKey remote_key;
  };
  struct Host {
    SocketAddress address;
    uint32_t priority = 0;
    uint16_t local_preference = 0;
    // The question to the STUN server.
    stun::TransactionId id{};
    stun::RetransmitSchedule schedule;
    bool gathering = false;
  };
  // A path that works, and since when it is silent.
  struct Consent {
    Timestamp last_answer;
    Timestamp next_check = Timestamp::never();
    // RFC 7675 §5.1: each request is a transaction of its own; an answer to any of the last ones
    // counts.
    std::array<stun::TransactionId, 8> ids{};
    size_t next_id = 0;
    int unanswered = 0;  // requests since the last answer or the last full interval
  };

  StunResult handle_request(const FlowPath& path, const stun::MessageView& message, Timestamp now);
  StunResult handle_response(const FlowPath& path, const stun::MessageView& message, Timestamp now);
  StunResult handle_check_response(CandidatePair& pair, const FlowPath& path,
                                   const stun::MessageView& message, Timestamp now);
  StunResult handle_consent_response(const FlowPath& path, const stun::MessageView& message,
                                     Timestamp now);
  bool handle_gathering_response(const FlowPath& path, const stun::MessageView& message);
  // False if the request was answered with 487.
  bool settle_role(const stun::MessageView& message);
  void switch_role();
  void learn_from_request(const FlowPath& path, const stun::MessageView& message, Timestamp now);
  void pair_succeeded(CandidatePair& pair, Timestamp now);

  void run_gathering(Timestamp now);
  void run_checks(Timestamp now);
  void run_nomination(Timestamp now);
  void run_consent(Timestamp now);
  TimeDelta draw_consent_interval();
  void start_check(CandidatePair& pair, Timestamp now);
  bool send_check(const CandidatePair& pair);
  bool send_request(const FlowPath& path, const stun::TransactionId& id,
                    const Generation& generation, uint32_t priority, bool controlling,
                    bool nominating);

  Host* host_of(const SocketAddress& address);
  void add_local_candidate(CandidateType type, const Host& host, const SocketAddress& address);
  CandidatePair* form_pair(const Host& host, const Candidate& remote, Timestamp now);
  void note_work(Timestamp now);
  void select(const FlowPath& path, bool nominated, Timestamp now);
  void set_state(AgentState state);
  void fail();
  stun::TransactionId draw_id();

  AgentConfig config_;
  RandomSource& random_;
  Generation current_;
  std::optional<Generation> previous_;  // while the selected path is of the generation before
  uint64_t tie_breaker_;
  bool controlling_;
  AgentState state_ = AgentState::New;

  BoundedVector<Host, kMaxHosts> hosts_;
  BoundedVector<Candidate, kMaxLocalCandidates> local_candidates_;
  BoundedVector<Candidate, kMaxRemoteCandidates> remote_candidates_;
  CheckList checks_;
  Timestamp next_check_ = Timestamp::never();  // not before this the next new check
  Timestamp connect_deadline_ = Timestamp::never();
  Timestamp nominate_at_ = Timestamp::never();

  std::optional<FlowPath> selected_;
  bool nominated_ = false;
  Consent consent_;

  BoundedQueue<OutDatagram, kMaxOutputs> outputs_;
  bool state_event_ = false;
  bool path_event_ = false;
  bool candidates_event_ = false;
};

}  // namespace parley::ice
