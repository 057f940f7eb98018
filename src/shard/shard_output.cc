// The outgoing half of the shard: what poll_datagram() finds to send, in order of urgency.
#include <algorithm>

#include "rtp/header_extensions.h"
#include "shard/shard.h"
#include "transport/congestion_feedback.h"

namespace parley::shard {
namespace {
constexpr TimeDelta kReportInterval = TimeDelta::seconds(1);

Downlink::Kind kind_of(const sfu::ForwardPlan& plan) {
  if (!plan.video) return Downlink::Kind::kAudio;
  return plan.original_sequence ? Downlink::Kind::kRepair : Downlink::Kind::kVideo;
}
}  // namespace

bool Shard::poll_datagram(OutDatagram& out) {
  if (!poll_any(out)) return false;
  egress_.advance();
  return true;
}

bool Shard::poll_any(OutDatagram& out) {
  if (stun_answer_size_ > 0) {
    out = {stun_answer_path_, egress_.copy(Bytes(stun_answer_).first(stun_answer_size_))};
    stun_answer_size_ = 0;
    return true;
  }
  if (poll_transport(out)) return true;
  while (!dirty_routers_.empty()) {
    if (poll_router(*dirty_routers_.back(), out)) return true;
    dirty_routers_.pop_back();
  }
  return poll_paced(out) || poll_reports(out);
}

bool Shard::poll_transport(OutDatagram& out) {
  while (!marked_.empty()) {
    Peer& peer = *peers_[marked_.back()];
    transport::PeerTransport::Output output;
    if (peer.transport.poll_output(output)) {
      out = {output.path, egress_.copy(output.bytes)};
      return true;
    }
    peer.marked = false;
    marked_.pop_back();
  }
  return false;
}

bool Shard::poll_router(sfu::Router& router, OutDatagram& out) {
  sfu::ForwardPlan plan;
  while (router.poll_plan(plan)) {
    Peer& peer = *peers_[plan.endpoint];
    switch (peer.downlink.admit(plan, now_)) {
      case Downlink::Passage::kNow:
        if (send(peer, plan, kind_of(plan), out)) return true;
        break;
      case Downlink::Passage::kHeld:
        pace(peer);
        break;
      case Downlink::Passage::kNoRoom:
        counters_.drop(DropReason::kQueueFull);
        break;
    }
  }
  sfu::SenderReportPlan report;
  while (router.poll_report(report)) {
    Peer& peer = *peers_[report.endpoint];
    const MutableBytes buffer = egress_.buffer();
    if (seal_rtcp(peer, buffer, write_sender_report(peer, report, buffer), out)) return true;
  }
  sfu::Feedback feedback;
  while (router.poll_feedback(feedback)) {
    Peer& peer = *peers_[feedback.endpoint];
    const MutableBytes buffer = egress_.buffer();
    if (feedback.kind == sfu::Feedback::Kind::kKeyFrame) counters_.key_frame_requests.add();
    if (seal_rtcp(peer, buffer, write_feedback(feedback, buffer), out)) return true;
  }
  return false;
}

bool Shard::send(Peer& peer, const sfu::ForwardPlan& plan, Downlink::Kind kind, OutDatagram& out) {
  const auto path = peer.transport.media_path();
  if (!path) return false;  // not connected yet: nothing is lost that a key frame won't bring
  const uint16_t sequence = peer.downlink.take_sequence();
  const Bytes sealed = egress_.seal(
      plan, peer.transport.channel(),
      {.send_time = rtp::AbsSendTime::from(now_ - Timestamp()), .transport_sequence = sequence});
  if (sealed.empty()) {
    counters_.drop(DropReason::kNotSealed);
    return false;
  }
  peer.downlink.on_sent(sequence, DataSize::bytes(static_cast<int64_t>(sealed.size())), kind, now_);
  counters_.sent.count(plan.video ? rtp::MediaKind::kVideo : rtp::MediaKind::kAudio, sealed.size());
  if (kind == Downlink::Kind::kRepair) counters_.retransmitted.add();
  if (kind == Downlink::Kind::kPadding) counters_.padding.add();
  out = {*path, sealed};
  return true;
}

void Shard::pace(Peer& peer) {
  const Timestamp next = peer.downlink.next_departure();
  if (next.is_never()) return;
  next_pace_ = std::min(next_pace_, next);
  if (peer.pacing) return;
  peer.pacing = true;
  pacing_.push_back(peer.endpoint);
}

// One pass over those who wait; the next begins when the first of them may send again.
bool Shard::poll_paced(OutDatagram& out) {
  while (pacing_at_ < pacing_.size()) {
    Peer& peer = *peers_[pacing_[pacing_at_]];
    sfu::ForwardPlan plan;
    if (peer.downlink.poll_held(plan, now_)) {
      const bool sent = send(peer, plan, kind_of(plan), out);
      waiting_.release(plan);
      if (sent) return true;
      continue;
    }
    bool probing = peer.downlink.wants_padding(now_);
    if (probing) {
      sfu::Router* router = router_of(peer);
      const auto padding = router ? router->padding(peer.id) : std::nullopt;
      if (padding && send(peer, *padding, Downlink::Kind::kPadding, out)) return true;
    }
    const Timestamp next = peer.downlink.next_departure();
    if (next.is_never() || probing) {  // nothing to fill the probe with: it lapses
      peer.pacing = false;
      pacing_[pacing_at_] = pacing_.back();
      pacing_.pop_back();
      continue;
    }
    next_pace_ = std::min(next_pace_, next);
    ++pacing_at_;
  }
  return false;
}

bool Shard::poll_reports(OutDatagram& out) {
  while (!due_reports_.empty()) {
    Peer& peer = *peers_[due_reports_.back()];
    const MutableBytes buffer = egress_.buffer();
    const MutableBytes plain = buffer.first(Egress::kPlainBytes);
    sfu::Router* router = router_of(peer);
    if (peer.arrivals.is_due(now_)) {
      const transport::FeedbackSsrcs ssrcs{kServerSsrc, router ? any_media_ssrc(*router, peer) : 0};
      if (seal_rtcp(peer, buffer, transport::write_arrivals(peer.arrivals, ssrcs, plain, now_),
                    out))
        return true;
    }
    if (router && now_ >= peer.next_report) {
      peer.next_report = now_ + kReportInterval;
      if (seal_rtcp(peer, buffer, write_receiver_reports(peer, *router, plain, now_), out))
        return true;
    }
    due_reports_.pop_back();
  }
  return false;
}

bool Shard::seal_rtcp(Peer& peer, MutableBytes buffer, size_t size, OutDatagram& out) {
  const auto path = peer.transport.media_path();
  if (size == 0 || !path) return false;
  const auto sealed = peer.transport.channel().protect_rtcp(buffer, size);
  if (!sealed) return false;
  out = {*path, *sealed};
  return true;
}

}  // namespace parley::shard
