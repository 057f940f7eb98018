// One media thread's actor: owns peers and routers, and is the way of every packet
// (docs/architecture.md, "The ways").
//
// Driven by a media thread, or by the simulation: datagrams and commands in, datagrams and events
// out, one tick. Touches no socket and no clock. Single-threaded. Forwarding a packet allocates
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/datagram_run.h"
#include "base/deadline.h"
#include "base/random.h"
#include "dtls/certificate.h"
#include "media/command.h"
#include "media/event.h"
#include "rtp/transport_feedback.h"
#include "sfu/packet_cache.h"
#include "sfu/router.h"
#include "shard/counters.h"
#include "shard/egress.h"
#include "shard/overload_control.h"
#include "shard/peer.h"
#include "shard/plan_queue.h"
#include "shard/viewer_order.h"

namespace parley::shard {

struct ShardConfig {
  // Payload buffers of 1,472 bytes for repair and replay: of 400 Mbit/s that come in for three
  // seconds; resident only as far as used. With more each is kept for a shorter time.
  size_t pool_packets = 131'072;
  // Packets that may wait for pacers at once, about 130 bytes each: a large key frame for each of a
  // thousand viewers.
  size_t waiting_packets = 131'072;
};

class Shard {
 public:
  Shard(const dtls::Certificate& certificate, RandomSource& random, const ShardConfig& config = {});
  ~Shard();

  void handle_command(const media::Command& command, Timestamp now);
  // One datagram. Several may be given before the next poll, so that what they make for one viewer
  // leaves together: as long as wants_poll() says no. They are decrypted in place, and must stay as
  // they are until poll_runs() has given nothing. `waited`: for how long it had arrived already;
  // feedback to its sender is about the network, not about us.
  void handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now,
                       TimeDelta waited = {});
  // What is given next had waited so long for the thread, and for no other reason.
  void note_wait(TimeDelta waited) { overload_.on_wait(waited); }
  // The socket had no room for so many, since they waited for the thread.
  void note_lost(uint64_t datagrams) { overload_.on_lost(datagrams); }
  // Its thread had nothing left to do until what comes next arrived.
  void note_rest() { overload_.on_rest(); }
  // No room for what another datagram may make.
  bool wants_poll() const;
  void handle_timeout(Timestamp now);
  // From another shard that carries people of the same room; the message's spans must stay until
  // poll_runs() has given nothing. Several may come before it, as datagrams may.
  void handle_relay(const sfu::RelayMessage& message, Timestamp now);
  // What to tell other shards (`to`): to be polled before poll_runs().
  bool poll_relay(sfu::RelayMessage& out);

  // What to send: after datagrams, a command or a timeout, until it is empty. The bytes stay valid
  // until the next call of the shard.
  std::span<const DatagramRun> poll_runs();
  // The same at `now`, later than that of the call before: what is sent to hundreds takes
  // milliseconds, and an estimator that takes the last of it for sent with the first sees a queue
  // on the way.
  std::span<const DatagramRun> poll_runs(Timestamp now);
  // Once poll_runs() has given nothing.
  bool poll_event(media::Event& out);
  Deadline poll_timeout() const;

  const Counters& counters() const { return counters_; }
  size_t peer_count() const { return peer_by_id_.size(); }

 private:
  void apply(const media::CreatePeer& command, Timestamp now);
  void apply(const media::UpdatePeer& command, Timestamp now);
  void apply(const media::RemovePeer& command, Timestamp now);
  void apply(const media::SetView& command, Timestamp now);
  void apply(const media::SetTrackEnabled& command, Timestamp now);
  void apply(const media::SetLinks& command, Timestamp now);
  void apply(const media::SetRemoteTracks& command, Timestamp now);

  void note_levels();
  void know_path(Peer& peer, const FlowPath& path);
  void know_ufrag(Peer& peer, const std::string& ufrag);
  Peer* find_peer(const FlowPath& path, Bytes datagram);
  Peer* peer_of(PeerId id);
  sfu::Router* router_of(const Peer& peer);
  sfu::Router* find_router(RouterId id);
  void answer_stun(const FlowPath& path, Bytes datagram);
  void handle_rtp(Peer& peer, MutableBytes packet, Timestamp arrival, Timestamp now);
  void handle_rtcp(Peer& peer, Bytes packet, Timestamp now);
  void tick(Peer& peer, Timestamp now);
  void note_state(Peer& peer, Timestamp now);
  void mark(Peer& peer);
  void touch(sfu::Router& router);
  // What came for the peer may move its deadlines: looked at in the next tick.
  void wake(const Peer& peer) { ticks_[peer.endpoint] = Timestamp(); }
  // shard_output.cc: each writes until there is nothing more of its kind or the egress is full.
  void write_transport();
  void write_routers();
  void write_plans(sfu::Router& router, ViewerOrder& order);
  void touch_viewers(const ViewerOrder& order) const;
  void fetch_ahead(const ViewerOrder& order) const;
  void write_reports(sfu::Router& router);
  void write_paced();
  void write_receiver_reports();
  // To where it is the egress's turn.
  bool send(Peer& peer, const sfu::ForwardPlan& plan, Downlink::Kind kind, uint8_t padding = 0);
  void pace(Peer& peer);
  void steer(Peer& peer, sfu::Router& router, Timestamp now);
  template <typename Write>
  bool send_rtcp(Peer& peer, Write&& write);

  const dtls::Certificate& certificate_;
  RandomSource& random_;
  sfu::PacketPool pool_;
  PlanStore waiting_;
  Counters counters_;
  OverloadControl overload_;
  Egress egress_;
  std::vector<std::unique_ptr<Peer>> peers_;  // by endpoint; nullptr: free
  // By endpoint, when it needs its next tick. Apart from the peers: to look at each of them would
  // fetch thousands of cold lines every 20 ms.
  std::vector<Timestamp> ticks_;
  // Likewise, what sending to it took last time, so that it can be fetched ahead.
  struct Reach {
    srtp::SenderContext::Reach keys;
    bool measured = false;
  };
  std::vector<Reach> reaches_;
  std::unordered_map<PeerId, uint32_t> peer_by_id_;
  std::unordered_map<FlowPath, uint32_t> peer_by_path_;
  std::unordered_map<std::string, uint32_t> peer_by_ufrag_;
  std::map<RouterId, std::unique_ptr<sfu::Router>> routers_;
  std::vector<uint32_t> marked_;       // endpoints whose transport has output to poll
  std::vector<uint32_t> due_reports_;  // endpoints to which RTCP is due
  std::vector<uint32_t> pacing_;       // endpoints for which something waits or a probe runs
  size_t pacing_at_ = 0;               // how far the pass over them is
  Timestamp next_pace_ = Timestamp::never();
  // Scratch for reading feedback: large.
  rtp::TransportFeedback feedback_;
  std::array<congestion::PacketResult, rtp::kMaxFeedbackPackets> arrivals_;
  std::vector<sfu::Router*> dirty_routers_;  // with something to poll
  std::vector<sfu::Router*> linked_;         // of rooms that other shards share
  bool ordered_ = false;                     // the plans of the last of them are in these
  ViewerOrder voices_;
  ViewerOrder pictures_;
  std::vector<media::Event> events_;
  size_t next_event_ = 0;
  Timestamp next_tick_ = Timestamp::never();
  Timestamp now_;  // of the call in progress, for what polling writes
};

}  // namespace parley::shard
