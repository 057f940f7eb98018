// The RTCP that peers send: reports, and wishes of viewers for repair.
#include <algorithm>

#include "rtp/rtcp.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_remb.h"
#include "rtp/rtcp_reports.h"
#include "rtp/rtcp_xr.h"
#include "shard/shard.h"

namespace parley::shard {
namespace {

// From a frame's last packet to the viewer's next look at what it lacks.
constexpr TimeDelta kDecoding = TimeDelta::millis(100);

// Smoothed over about four reports.
void note_reception(Peer& peer, sfu::Router& router, const rtp::ReportBlocks& blocks,
                    Timestamp now) {
  if (blocks.empty()) return;
  float loss = 0;
  std::optional<TimeDelta> round_trip;
  for (const auto& block : blocks) {
    sfu::DownSlot* slot = router.find_slot(peer.id, block.ssrc);
    if (!slot) {
      loss = std::max(loss, static_cast<float>(block.fraction_lost) / 256.0f);
      continue;
    }
    loss = std::max(loss, static_cast<float>(slot->take_loss(block.cumulative_lost)));
    if (const auto trip = slot->round_trip(block.last_sr, block.delay_since_last_sr, now)) {
      round_trip = trip;
      peer.round_trip =
          peer.round_trip == TimeDelta::zero() ? *trip : (peer.round_trip * 3 + *trip) / 4;
    }
  }
  peer.downlink_loss = peer.downlink_loss * 0.75f + loss * 0.25f;
  peer.downlink.on_report(loss, round_trip, now);
}

// What waits for the pacer, and the way there and back.
TimeDelta under_way(const Peer& peer) {
  return peer.downlink.delay() + peer.round_trip + kDecoding;
}

// From a packet sent again to the viewer's word that it is missing still.
TimeDelta repair_time(const Peer& peer) {
  return peer.round_trip + peer.downlink.delay();
}

}  // namespace

void Shard::handle_rtcp(Peer& peer, Bytes packet, Timestamp now) {
  sfu::Router* router = router_of(peer);
  if (!router) return;
  rtp::RtcpReader reader(packet);
  while (const auto block = reader.next()) {
    if (const auto report = rtp::parse_sender_report(*block)) {
      const auto stream = peer.demuxer.find(report->sender_ssrc, 0, {}, {}, {});
      sfu::UpTrack* track = stream && !stream->rtx ? router->find_track(stream->track) : nullptr;
      if (track && stream->encoding < track->encodings().size()) {
        router->handle_sender_report(*track, stream->encoding, report->ntp.value(),
                                     report->rtp_timestamp, now);
      }
      note_reception(peer, *router, report->reports, now);
    } else if (const auto receiver = rtp::parse_receiver_report(*block)) {
      note_reception(peer, *router, receiver->reports, now);
    } else if (const auto nack = rtp::parse_nack(*block)) {
      router->handle_nack(peer.id, nack->media_ssrc,
                          {nack->sequences.data(), nack->sequences.size()}, repair_time(peer), now);
    } else if (const auto loss = rtp::parse_pli(*block)) {
      router->handle_key_frame_request(peer.id, loss->media_ssrc, under_way(peer), now);
    } else if (const auto intra = rtp::parse_fir(*block)) {
      for (const auto& entry : intra->entries)
        router->handle_key_frame_request(peer.id, entry.ssrc, under_way(peer), now);
    } else if (rtp::parse_transport_feedback(*block, feedback_)) {
      const auto results = peer.downlink_arrivals.read(feedback_, arrivals_);
      peer.downlink.on_feedback(results, now);
      peer.downlink.judge_missing(results, [&](uint32_t ssrc, uint16_t sequence) {
        router->handle_nack(peer.id, ssrc, {&sequence, 1}, repair_time(peer), now);
      });
      pace(peer);
    } else if (const auto bound = rtp::parse_remb(*block)) {
      peer.downlink.on_remb(bound->rate, now);
    } else if (const auto extended = rtp::parse_extended_report(*block);
               extended && extended->reference_time) {
      peer.reference_ntp = extended->reference_time->compact();
      peer.reference_ssrc = extended->sender_ssrc;
      peer.reference_at = now;
    }
  }
  if (!reader.ok()) counters_.drop(DropReason::kRtcpUnparsed);
  touch(*router);
}

}  // namespace parley::shard
