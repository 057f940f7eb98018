#include "shard/peer.h"

#include <algorithm>
#include <array>

#include "rtp/rtcp.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_remb.h"
#include "rtp/rtcp_sdes.h"
#include "rtp/rtcp_xr.h"

namespace parley::shard {
namespace {

rtp::HeaderExtensionIds merge(const std::vector<media::TrackDescription>& tracks) {
  rtp::HeaderExtensionIds ids;
  for (const auto& track : tracks) {
    for (const auto id : rtp::kHeaderExtensionIds) {
      if (track.extensions.*id != 0) ids.*id = track.extensions.*id;
    }
  }
  return ids;
}

}  // namespace

uint32_t any_media_ssrc(sfu::Router& router, const Peer& peer) {
  for (const auto& description : peer.tracks) {
    const sfu::UpTrack* track = router.find_track(description.id);
    if (!track) continue;
    for (const sfu::UpEncoding& encoding : track->encodings()) {
      if (encoding.ssrc != 0) return encoding.ssrc;
    }
  }
  return 0;
}

Peer::Peer(PeerId peer, RouterId room, uint32_t index, const dtls::Certificate& certificate,
           PlanStore& store, const media::PeerDescription& description, Timestamp now)
    : id(peer),
      router(room),
      endpoint(index),
      downlink(store),
      transport(certificate, {description.local.ufrag, description.local.password},
                {description.remote.ufrag, description.remote.password},
                description.remote_fingerprint, now) {
  configure(description, now);
}

void Peer::configure(const media::PeerDescription& description, Timestamp now) {
  const ice::Credentials local{description.local.ufrag, description.local.password};
  if (local != transport.local_credentials()) {
    transport.set_credentials(local, {description.remote.ufrag, description.remote.password}, now);
  }
  if (description.tracks != tracks) {
    tracks = description.tracks;
    demuxer.configure(tracks);
    extensions = merge(tracks);
    const bool unnumbered = extensions.transport_sequence == 0 && extensions.abs_send_time != 0;
    if (!unnumbered) uplink.reset();
    if (unnumbered && !uplink) uplink = std::make_unique<Uplink>();
  }
  downlink.configure(description.slots);
  cname = description.cname;
}

Timestamp Peer::needs_tick(Timestamp now) const {
  const Timestamp transport_due = transport.poll_timeout().when;
  if (announced != media::PeerState::kConnected) return transport_due;
  // Estimates move, probes begin and feedback is due with the time alone.
  if (downlink.measured() || uplink || arrivals.is_pending()) return now;
  return std::min({transport_due, next_quality, next_report});
}

size_t write_receiver_reports(Peer& peer, sfu::Router& router, MutableBytes out, Timestamp now) {
  rtp::ReceiverReport report{.sender_ssrc = kServerSsrc, .reports = {}};
  for (const auto& description : peer.tracks) {
    sfu::UpTrack* track = router.find_track(description.id);
    if (!track) continue;
    for (auto& encoding : track->encodings()) {
      if (encoding.ssrc == 0) continue;
      const auto block = encoding.statistics.take_report(now);
      if (!block) continue;
      report.reports.push_back({.ssrc = encoding.ssrc,
                                .fraction_lost = block->fraction_lost,
                                .cumulative_lost = block->cumulative_lost,
                                .extended_highest_sequence = block->extended_highest,
                                .jitter = block->jitter,
                                .last_sr = block->last_sender_report,
                                .delay_since_last_sr = block->delay_since});
    }
  }
  if (report.reports.empty() && any_media_ssrc(router, peer) == 0 && peer.reference_ntp == 0)
    return 0;
  ByteWriter writer(out);
  rtp::write_receiver_report(writer, report);
  const std::array<rtp::SdesChunk, 1> names = {{{kServerSsrc, peer.cname}}};
  rtp::write_sdes(writer, names);
  if (peer.reference_ntp != 0) {
    rtp::ExtendedReport extended{
        .sender_ssrc = kServerSsrc, .reference_time = std::nullopt, .dlrr = {}};
    extended.dlrr.push_back(
        {.ssrc = peer.reference_ssrc,
         .last_rr = peer.reference_ntp,
         .delay_since_last_rr = rtp::delta_to_compact_ntp(now - peer.reference_at)});
    rtp::write_extended_report(writer, extended);
  }
  if (peer.rate_to_tell) {
    rtp::Remb remb{.sender_ssrc = kServerSsrc, .rate = *peer.rate_to_tell, .ssrcs = {}};
    for (const auto& block : report.reports) remb.ssrcs.push_back(block.ssrc);
    rtp::write_remb(writer, remb);
    peer.rate_to_tell.reset();
  }
  return writer.size();
}

size_t write_feedback(const sfu::Feedback& feedback, MutableBytes out) {
  ByteWriter writer(out);
  if (feedback.kind == sfu::Feedback::Kind::kKeyFrame) {
    rtp::write_pli(writer, {kServerSsrc, feedback.media_ssrc});
  } else {
    rtp::write_nack(writer, kServerSsrc, feedback.media_ssrc,
                    {feedback.sequences.data(), feedback.sequences.size()});
  }
  return writer.size();
}

size_t write_sender_report(const Peer& peer, const sfu::SenderReportPlan& plan, MutableBytes out) {
  ByteWriter writer(out);
  rtp::write_sender_report(writer, {.sender_ssrc = plan.ssrc,
                                    .ntp = rtp::NtpTime(plan.ntp),
                                    .rtp_timestamp = plan.rtp_time,
                                    .packet_count = plan.packets,
                                    .octet_count = plan.octets,
                                    .reports = {}});
  const std::array<rtp::SdesChunk, 1> names = {{{plan.ssrc, peer.cname}}};
  rtp::write_sdes(writer, names);
  return writer.size();
}

}  // namespace parley::shard
