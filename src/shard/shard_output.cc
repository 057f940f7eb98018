// The outgoing half of the shard: what poll_runs() finds to send, in order of urgency.
#include <algorithm>
#include <cstring>

#include "rtp/header_extensions.h"
#include "shard/even_sizes.h"
#include "shard/shard.h"
#include "transport/congestion_feedback.h"

namespace parley::shard {
namespace {
constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);
// Viewers: so many before it is theirs fetching what sending to them needs begins.
constexpr size_t kFetchedAhead = 3;
// Viewers whose pages are made known together.
constexpr size_t kTouchedAtOnce = 32;

Downlink::Kind kind_of(const sfu::ForwardPlan& plan) {
  if (!plan.video) return Downlink::Kind::kAudio;
  return plan.original_sequence ? Downlink::Kind::kRepair : Downlink::Kind::kVideo;
}
}  // namespace

bool Shard::wants_poll() const {
  if (egress_.full()) return true;
  for (const sfu::Router* router : dirty_routers_) {
    if (router->crowded()) return true;
  }
  return false;
}

std::span<const DatagramRun> Shard::poll_runs(Timestamp now) {
  now_ = std::max(now_, now);
  return poll_runs();
}

std::span<const DatagramRun> Shard::poll_runs() {
  write_transport();
  write_routers();
  write_paced();
  write_receiver_reports();
  return egress_.take();
}

void Shard::write_transport() {
  while (!marked_.empty() && !egress_.full()) {
    Peer& peer = *peers_[marked_.back()];
    transport::PeerTransport::Output output;
    while (!egress_.exhausted() && peer.transport.poll_output(output)) {
      const MutableBytes room = egress_.room();
      const size_t size = std::min(output.bytes.size(), room.size());
      std::memcpy(room.data(), output.bytes.data(), size);
      egress_.turn_to(output.path);
      egress_.add(size);
    }
    if (egress_.exhausted()) return;
    peer.marked = false;
    marked_.pop_back();
  }
}

// Sound before pictures, each by viewer.
void Shard::write_routers() {
  while (!dirty_routers_.empty() && !egress_.full()) {
    sfu::Router& router = *dirty_routers_.back();
    if (!ordered_) {
      const auto plans = router.plans();
      for (uint32_t i = 0; i < plans.size(); ++i)
        (plans[i].video ? pictures_ : voices_).add(i, plans[i].endpoint);
      ordered_ = true;
    }
    write_plans(router, voices_);
    write_plans(router, pictures_);
    if (!voices_.empty() || !pictures_.empty()) return;
    write_reports(router);
    if (egress_.full()) return;
    router.clear_plans();
    ordered_ = false;
    media::Event event;
    while (router.poll_event(event)) events_.push_back(std::move(event));
    dirty_routers_.pop_back();
  }
}

// Each viewer's state is on half a dozen pages, which the processor has forgotten since the last
// frame: it looks up those of many viewers side by side, not one after the other as they are
// needed. Not those of all: of hundreds it would have forgotten the first ones' again by the last.
void Shard::touch_viewers(const ViewerOrder& order) const {
  for (size_t i = 0; i < kTouchedAtOnce + kFetchedAhead; ++i) {
    const uint32_t viewer = order.viewer_ahead(i);
    if (viewer == ViewerOrder::kNone) return;
    peers_[viewer]->touch();
    reaches_[viewer].keys.touch();
    if (reaches_[viewer].measured) peers_[viewer]->touch_measured();
  }
}

// Since the last frame other work has taken the caches: some thirty lines for each viewer come from
// memory. Those of the next viewers come while this one's packets are sealed. Nothing is read here
// that may not be there yet.
void Shard::fetch_ahead(const ViewerOrder& order) const {
  if (const uint32_t viewer = order.viewer_ahead(kFetchedAhead); viewer != ViewerOrder::kNone)
    peers_[viewer]->prefetch();
  if (const uint32_t viewer = order.viewer_ahead(2); viewer != ViewerOrder::kNone)
    reaches_[viewer].keys.prefetch();
  if (const uint32_t viewer = order.viewer_ahead(1);
      viewer != ViewerOrder::kNone && reaches_[viewer].measured)
    peers_[viewer]->prefetch_measured();
}

void Shard::write_plans(sfu::Router& router, ViewerOrder& order) {
  const auto plans = router.plans();
  while (!order.empty() && !egress_.full()) {
    if (order.passed() % kTouchedAtOnce == 0) touch_viewers(order);
    fetch_ahead(order);
    const uint32_t endpoint = order.viewer();
    Peer& peer = *peers_[endpoint];
    const auto path = peer.transport.media_path();
    if (path) egress_.turn_to(*path);
    EvenSizes even;
    for (uint32_t at = order.plan(); at != ViewerOrder::kNone && !egress_.exhausted();) {
      const sfu::ForwardPlan& plan = plans[at];
      const uint32_t next = order.after(at);
      const uint8_t padding = even.padding(plans, order, at);
      order.take(at);
      at = next;
      switch (peer.downlink.admit(plan, now_)) {
        case Downlink::Passage::kNow:
          // Not connected yet: nothing is lost that a key frame won't bring.
          if (path) send(peer, plan, kind_of(plan), padding);
          break;
        case Downlink::Passage::kHeld:
          pace(peer);
          break;
        case Downlink::Passage::kNoRoom:
          counters_.drop(DropReason::kQueueFull);
          break;
      }
    }
    reaches_[endpoint].keys = peer.transport.channel().reach();
    reaches_[endpoint].measured = peer.downlink.measured();
  }
}

void Shard::write_reports(sfu::Router& router) {
  sfu::SenderReportPlan report;
  while (!egress_.exhausted() && router.poll_report(report)) {
    Peer& peer = *peers_[report.endpoint];
    send_rtcp(peer, [&](MutableBytes out) { return write_sender_report(peer, report, out); });
  }
  sfu::Feedback feedback;
  while (!egress_.exhausted() && router.poll_feedback(feedback)) {
    if (feedback.kind == sfu::Feedback::Kind::kKeyFrame) counters_.key_frame_requests.add();
    send_rtcp(*peers_[feedback.endpoint],
              [&](MutableBytes out) { return write_feedback(feedback, out); });
  }
}

bool Shard::send(Peer& peer, const sfu::ForwardPlan& plan, Downlink::Kind kind, uint8_t padding) {
  const uint16_t sequence = peer.downlink.take_sequence();
  Egress::Departure departure{.transport_sequence = sequence, .padding = padding};
  if (plan.extensions->abs_send_time != 0)
    departure.send_time = rtp::AbsSendTime::from(now_ - Timestamp());
  const size_t size = Egress::seal(plan, peer.transport.channel(), departure, egress_.room());
  if (size == 0) {
    counters_.drop(DropReason::kNotSealed);
    return false;
  }
  egress_.add(size);
  peer.downlink.on_sent(sequence, DataSize::bytes(static_cast<int64_t>(size)), kind, now_);
  if (kind == Downlink::Kind::kVideo || kind == Downlink::Kind::kRepair)
    peer.downlink.watch(sequence, plan);
  counters_.sent.count(plan.video ? rtp::MediaKind::kVideo : rtp::MediaKind::kAudio, size);
  if (kind == Downlink::Kind::kRepair) counters_.retransmitted.add();
  if (kind == Downlink::Kind::kPadding) counters_.padding.add();
  return true;
}

void Shard::pace(Peer& peer) {
  const Timestamp next = peer.downlink.next_departure(now_);
  if (next.is_never()) return;
  next_pace_ = std::min(next_pace_, next);
  if (peer.pacing) return;
  peer.pacing = true;
  pacing_.push_back(peer.endpoint);
}

// One pass over those who wait; the next begins when the first of them may send again.
void Shard::write_paced() {
  while (pacing_at_ < pacing_.size() && !egress_.full()) {
    Peer& peer = *peers_[pacing_[pacing_at_]];
    const auto path = peer.transport.media_path();
    if (path) egress_.turn_to(*path);
    sfu::ForwardPlan plan;
    while (!egress_.exhausted() && peer.downlink.poll_held(plan, now_)) {
      if (path) send(peer, plan, kind_of(plan));
      waiting_.release(plan);
    }
    bool unfilled = false;
    while (!egress_.exhausted() && peer.downlink.wants_padding(now_) && !unfilled) {
      sfu::Router* router = router_of(peer);
      const auto padding = router ? router->padding(peer.id) : std::nullopt;
      unfilled = !padding || !path || !send(peer, *padding, Downlink::Kind::kPadding);
    }
    if (egress_.exhausted()) return;
    const Timestamp next = peer.downlink.next_departure(now_);
    if (next.is_never() || unfilled) {  // nothing to fill the probe with: it lapses
      peer.pacing = false;
      pacing_[pacing_at_] = pacing_.back();
      pacing_.pop_back();
      continue;
    }
    next_pace_ = std::min(next_pace_, next);
    ++pacing_at_;
  }
}

void Shard::write_receiver_reports() {
  while (!due_reports_.empty() && !egress_.full()) {
    Peer& peer = *peers_[due_reports_.back()];
    sfu::Router* router = router_of(peer);
    const transport::FeedbackSsrcs ssrcs{kServerSsrc, router ? any_media_ssrc(*router, peer) : 0};
    const auto arrivals = [&](MutableBytes out) {
      return transport::write_arrivals(peer.arrivals, ssrcs, out, now_);
    };
    while (peer.arrivals.is_due(now_) && !egress_.exhausted() && send_rtcp(peer, arrivals)) {
    }
    if (egress_.exhausted()) return;
    if (router && now_ >= peer.next_report) {
      peer.next_report = now_ + kReportInterval;
      send_rtcp(peer, [&](MutableBytes out) {
        return shard::write_receiver_reports(peer, *router, out, now_);
      });
    }
    due_reports_.pop_back();
  }
}

// `write` puts a plain compound packet at the start of what it is given; its size, 0: none.
template <typename Write>
bool Shard::send_rtcp(Peer& peer, Write&& write) {
  const MutableBytes room = egress_.room();
  const size_t size = write(room.first(Egress::kPlainBytes));
  const auto path = peer.transport.media_path();
  if (size == 0 || !path) return false;
  const auto sealed = peer.transport.channel().protect_rtcp(room, size);
  if (!sealed) return false;
  egress_.turn_to(*path);
  egress_.add(sealed->size());
  return true;
}

}  // namespace parley::shard
