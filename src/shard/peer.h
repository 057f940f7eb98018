// A peer as its shard keeps it: transport, the streams it sends, and the RTCP that goes back to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/ids.h"
#include "congestion/arrival_recorder.h"
#include "media/description.h"
#include "media/event.h"
#include "rtp/packet.h"
#include "rtp/parameters.h"
#include "rtp/rtcp_reports.h"
#include "sfu/router.h"
#include "shard/downlink.h"
#include "shard/rtp_demuxer.h"
#include "shard/uplink.h"
#include "transport/congestion_feedback.h"
#include "transport/peer_transport.h"

namespace parley::shard {

// The SSRC of our own RTCP where we send no media of that stream. Browsers use 1 for this purpose.
inline constexpr uint32_t kServerSsrc = 1;

struct Peer {
  Peer(PeerId peer, RouterId room, uint32_t index, const dtls::Certificate& certificate,
       PlanStore& store, const media::PeerDescription& description, Timestamp now);

  // Takes over a (re)negotiated description, ICE restart included.
  void configure(const media::PeerDescription& description, Timestamp now);
  // From when on a tick of the shard has something to do for it; a datagram or a command may change
  // that.
  Timestamp needs_tick(Timestamp now) const;

  // Begin to fetch what sending to it needs, the second what a path that is measured needs beside
  // and only once the first has brought what it asks for.
  void touch() const {
    transport.touch();
    downlink.touch();
  }
  void prefetch() const {
    transport.prefetch();
    downlink.prefetch();
  }
  void prefetch_measured() const { downlink.prefetch_measured(); }
  void touch_measured() const { downlink.touch_measured(); }

  PeerId id;
  RouterId router;
  uint32_t endpoint;
  // What each packet to send needs is the end of the one and the beginning of the other.
  Downlink downlink;
  transport::PeerTransport transport;
  RtpDemuxer demuxer;
  rtp::HeaderExtensionIds
      extensions;  // of everything the peer sends: ids are unique in a bundle (RFC 8843 §9.1)
  std::vector<media::TrackDescription> tracks;
  std::string cname;
  congestion::ArrivalRecorder arrivals;
  std::unique_ptr<Uplink> uplink;        // only of those who number no packets
  std::optional<DataRate> rate_to_tell;  // of the uplink, with the next report
  transport::ArrivalReader downlink_arrivals;
  // Under which the shard finds it. Of paths the last ones that were checked: several networks by
  // several candidates each.
  static constexpr size_t kMostPaths = 32;
  std::vector<FlowPath> paths;
  std::vector<std::string> ufrags;
  media::PeerState announced = media::PeerState::kConnecting;
  std::optional<FlowPath> announced_path;
  bool marked = false;  // has transport output to poll
  bool pacing = false;  // is in the shard's list of those whose packets wait
  Timestamp next_report;
  Timestamp next_quality;
  TimeDelta round_trip = TimeDelta::zero();
  float downlink_loss = 0;
  bool received_any = false;
  uint32_t reference_ntp = 0;  // compact, of the latest XR receiver reference time; 0: none
  Timestamp reference_at;
  uint32_t reference_ssrc = 0;
};

// Of the first stream of the peer that is known: what transport-wide feedback names as its media
// source. 0: none yet.
uint32_t any_media_ssrc(sfu::Router& router, const Peer& peer);

// Compound RTCP packets for a peer, written plain to the start of `out`; the size, or 0 if nothing
// is due.
size_t write_receiver_reports(Peer& peer, sfu::Router& router, MutableBytes out, Timestamp now);
size_t write_feedback(const sfu::Feedback& feedback, MutableBytes out);
size_t write_sender_report(const Peer& peer, const sfu::SenderReportPlan& plan, MutableBytes out);

}  // namespace parley::shard
