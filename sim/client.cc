#include "sim/client.h"

#include <algorithm>

#include "base/check.h"
#include "dtls/fingerprint.h"
#include "rtp/header_extensions.h"
#include "rtp/packet.h"
#include "rtp/red.h"
#include "rtp/rtcp.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_remb.h"
#include "rtp/rtcp_reports.h"
#include "rtp/rtx.h"
#include "rtp/transport_feedback.h"
#include "rtp/vp8_descriptor.h"
#include "transport/congestion_feedback.h"

namespace parley::sim {
namespace {

constexpr uint8_t kOpus = 111;
constexpr uint8_t kRed = 63;
constexpr uint8_t kVp8 = 96;
constexpr uint8_t kRtx = 97;
constexpr rtp::HeaderExtensionIds kExtensions{.mid = 4,
                                              .rid = 10,
                                              .repaired_rid = 11,
                                              .audio_level = 1,
                                              .transport_sequence = 3,
                                              .abs_send_time = 2,
                                              .video_orientation = 13};
constexpr size_t kPayload = 1100;
constexpr std::array<const char*, 3> kRids = {"l", "m", "h"};

rtp::CodecParameters opus(bool red) {
  return {.codec = rtp::Codec::kOpus,
          .payload_type = kOpus,
          .red_payload_type = red ? kRed : uint8_t{0},
          .clock_rate = 48'000};
}
rtp::CodecParameters vp8() {
  return {.codec = rtp::Codec::kVp8,
          .payload_type = kVp8,
          .rtx_payload_type = kRtx,
          .clock_rate = 90'000};
}

}  // namespace

SimClient::SimClient(Network& network, IpAddress address, uint32_t group,
                     const ClientConfig& config, const dtls::Certificate& certificate)
    : network_(network),
      address_{address, 40'000},
      group_(group),
      config_(config),
      certificate_(certificate),
      random_(network.random().u64()),
      credentials_(ice::Credentials::draw(random_)),
      transport_(certificate, credentials_, random_) {
  mic_.ssrc = random_.u32();
  for (int i = 0; i < config.camera_encodings; ++i) {
    Encoder encoder;
    encoder.ssrc = random_.u32();
    encoder.rtx_ssrc = random_.u32();
    encoder.sequence = static_cast<uint16_t>(random_.u32());
    encoder.picture_id = static_cast<uint16_t>(random_.u32() & 0x7fff);
    const int shift = config.camera_shift + config.camera_encodings - 1 - i;
    encoder.width = static_cast<uint16_t>(1280 >> shift);
    encoder.height = static_cast<uint16_t>(720 >> shift);
    encoder.frame_bytes = static_cast<size_t>(6000 >> (2 * shift)) + 400;
    if (config.camera_encodings > 1) encoder.rid = kRids[static_cast<size_t>(i)];
    camera_.push_back(std::move(encoder));
  }
}

media::PeerDescription SimClient::describe(const ice::Credentials& server, TrackId first_track) {
  media::PeerDescription description;
  description.local = {server.ufrag, server.password};
  description.remote = {credentials_.ufrag, credentials_.password};
  description.remote_fingerprint = certificate_.fingerprint_sha256();
  description.cname = "sim";
  rtp::HeaderExtensionIds extensions = kExtensions;
  if (!config_.transport_feedback) extensions.transport_sequence = 0;
  mic_track_ = first_track;
  camera_track_ = TrackId{first_track.value + 1};
  if (config_.mic) {
    description.tracks.push_back({.id = mic_track_,
                                  .kind = rtp::MediaKind::kAudio,
                                  .group = group_,
                                  .mid = "0",
                                  .rids = {},
                                  .ssrcs = {},
                                  .codecs = {opus(false)},
                                  .extensions = extensions});
  }
  if (!camera_.empty()) {
    media::TrackDescription camera{.id = camera_track_,
                                   .kind = rtp::MediaKind::kVideo,
                                   .group = group_,
                                   .mid = "1",
                                   .rids = {},
                                   .ssrcs = {},
                                   .codecs = {vp8()},
                                   .extensions = extensions};
    for (const auto& encoder : camera_) {
      if (!encoder.rid.empty()) camera.rids.push_back(encoder.rid);
    }
    description.tracks.push_back(camera);
  }
  uint32_t id = 1;
  const auto describe_slot = [&](rtp::MediaKind kind) {
    const bool video = kind == rtp::MediaKind::kVideo;
    const rtp::SsrcPair pair{random_.u32(), video ? random_.u32() : 0};
    add_slot(kind, pair);
    description.slots.push_back(
        {.id = SlotId{id},
         .kind = kind,
         .mid = std::to_string(1 + id),
         .ssrc = pair,
         .codecs = {video ? vp8() : opus(config_.red)},
         .extensions = {.transport_sequence = kExtensions.transport_sequence}});
    ++id;
  };
  for (size_t i = 0; i < config_.audio_slots; ++i) describe_slot(rtp::MediaKind::kAudio);
  for (size_t i = 0; i < config_.video_slots; ++i) describe_slot(rtp::MediaKind::kVideo);
  return description;
}

void SimClient::add_slot(rtp::MediaKind kind, const rtp::SsrcPair& pair) {
  const bool video = kind == rtp::MediaKind::kVideo;
  (video ? video_ssrcs_ : audio_ssrcs_).push_back(pair.ssrc);
  if (pair.rtx_ssrc != 0) media_of_rtx_[pair.rtx_ssrc] = pair.ssrc;
  checkers_[pair.ssrc] = std::make_unique<StreamChecker>(video);
  receptions_.emplace(
      pair.ssrc,
      Reception{.sequence = {}, .statistics = sfu::ReceiveStatistics(video ? 90'000 : 48'000)});
}

sdp::ClientOffer SimClient::offer() const {
  sdp::ClientOffer offer;
  // The mids that this client's packets carry are the places of these m-lines.
  PARLEY_CHECK(config_.mic && !camera_.empty());
  offer.tracks.push_back({.kind = rtp::MediaKind::kAudio, .rids = {}, .ssrc = {mic_.ssrc, 0}});
  sdp::ClientTrack camera{.kind = rtp::MediaKind::kVideo, .rids = {}, .ssrc = {}};
  if (camera_.size() == 1) camera.ssrc = {camera_[0].ssrc, camera_[0].rtx_ssrc};
  if (camera_.size() > 1) {
    for (const auto& encoder : camera_) camera.rids.push_back(encoder.rid);
  }
  offer.tracks.push_back(camera);
  offer.audio_slots = config_.audio_slots;
  offer.video_slots = config_.video_slots;
  offer.ice_ufrag = credentials_.ufrag;
  offer.ice_pwd = credentials_.password;
  offer.fingerprint = dtls::fingerprint_text(certificate_.fingerprint_sha256());
  return offer;
}

void SimClient::accept(const sdp::ServerAnswer& answer) {
  for (const auto& section : answer.sections) {
    if (section.direction == sdp::ClientDirection::kReceives)
      add_slot(section.kind, section.slot_ssrc);
  }
  PARLEY_CHECK(!answer.candidates.empty());
  connect(answer.candidates.front(), {answer.ice_ufrag, answer.ice_pwd}, answer.fingerprint);
}

void SimClient::connect(const SocketAddress& server, const ice::Credentials& remote,
                        const dtls::Fingerprint& fingerprint) {
  const Timestamp now = network_.now();
  transport_.connect(address_, remote, {&server, 1}, fingerprint, now);
  started_ = now;
  next_tick_ = now;
  flush();
}

void SimClient::flush() {
  transport::PeerTransport::Output output;
  while (transport_.poll_output(output)) network_.send(output.path, output.bytes);
}

void SimClient::on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) {
  const auto received = transport_.handle_datagram(path, datagram, now);
  if (received.kind == transport::Received::Kind::kRtp) handle_rtp(received.packet, now);
  if (received.kind == transport::Received::Kind::kRtcp) handle_rtcp(received.packet, now);
  flush();
}

void SimClient::on_timeout(Timestamp now) {
  next_tick_ = now + kTick;
  transport_.handle_timeout(now);
  if (transport_.connected()) {
    if (sending_) send_media(now);
    for (auto& [ssrc, checker] : checkers_) checker->play(now);
    send_reports(now);
  }
  flush();
}

void SimClient::set_wanted_encodings(uint8_t mask) {
  for (size_t i = 0; i < camera_.size(); ++i) {
    const bool active = (mask >> i & 1) != 0;
    if (active && !camera_[i].active) camera_[i].key_frame = true;
    camera_[i].active = active;
  }
}

void SimClient::send_media(Timestamp now) {
  if (config_.mic && now >= next_audio_) {
    next_audio_ = std::max(next_audio_ + TimeDelta::millis(20), now - TimeDelta::millis(20));
    send_audio(now);
  }
  if (!camera_.empty() && now >= next_frame_) {
    next_frame_ = std::max(next_frame_ + config_.frame_interval, now - config_.frame_interval);
    for (auto& encoder : camera_) {
      if (encoder.active) send_frame(encoder, now);
    }
  }
}

void SimClient::send_audio(Timestamp now) {
  std::array<uint8_t, 60> payload{};
  random_.fill(payload);
  send_rtp(mic_, kOpus, mic_.sequence++, static_cast<uint32_t>((now - started_).us() * 48 / 1000),
           false, "0", false, payload);
}

void SimClient::send_frame(Encoder& encoder, Timestamp now) {
  const auto rtp_time = static_cast<uint32_t>((now - started_).us() * 90 / 1000);
  const bool key = encoder.key_frame;
  encoder.key_frame = false;
  encoder.picture_id = (encoder.picture_id + 1) & 0x7fff;
  encoder.phase = key || !config_.temporal_layers ? 0 : (encoder.phase + 1) % 4;
  constexpr std::array<uint8_t, 4> kTemporal = {0, 2, 1, 2};
  const uint8_t temporal = kTemporal[static_cast<size_t>(encoder.phase)];
  if (temporal == 0) ++encoder.tl0;
  // ±30 %, and a key frame is six times as large.
  size_t left = (encoder.frame_bytes * (70 + random_.below(60)) / 100) * (key ? 6 : 1);
  bool first = true;
  while (left > 0) {
    const size_t size = std::min(left, kPayload);
    left -= size;
    rtp::Vp8Descriptor descriptor;
    descriptor.start_of_partition = first;
    descriptor.picture_id = encoder.picture_id;
    descriptor.long_picture_id = true;
    descriptor.tl0_pic_idx = encoder.tl0;
    descriptor.temporal_id = temporal;
    // The first picture of the upper layers depends on the base layer only.
    descriptor.layer_sync = encoder.phase == 1 || encoder.phase == 2;
    Encoder::Sent sent{.rtp_time = rtp_time, .marker = left == 0, .payload = {}};
    sent.payload.resize(rtp::kMaxVp8DescriptorSize + 10 + size);
    const size_t head = rtp::write_vp8_descriptor(sent.payload, descriptor);
    if (first) {
      // RFC 6386 §9.1: frame tag (bit 0 clear: key frame), start code, width and height.
      uint8_t* p = &sent.payload[head];
      p[0] = key ? 0x10 : 0x11;
      p[3] = 0x9d;
      p[4] = 0x01;
      p[5] = 0x2a;
      p[6] = static_cast<uint8_t>(encoder.width);
      p[7] = static_cast<uint8_t>(encoder.width >> 8);
      p[8] = static_cast<uint8_t>(encoder.height);
      p[9] = static_cast<uint8_t>(encoder.height >> 8);
    }
    const uint16_t sequence = encoder.sequence++;
    send_rtp(encoder, kVp8, sequence, rtp_time, sent.marker, "1", false, sent.payload);
    encoder.history[sequence] = std::move(sent);
    encoder.history.erase(static_cast<uint16_t>(sequence - 1000));
    first = false;
  }
}

void SimClient::send_rtp(const Encoder& encoder, uint8_t payload_type, uint16_t sequence,
                         uint32_t rtp_time, bool marker, std::string_view mid, bool rtx,
                         Bytes payload) {
  const auto path = transport_.media_path();
  if (!path) return;
  std::array<uint8_t, 1500> buffer;
  const auto transport_sequence = rtp::write_transport_sequence(transport_sequence_++);
  const auto level =
      rtp::write_audio_level({.level = config_.voice_level, .voice = config_.voice_level < 60});
  BoundedVector<rtp::ExtensionElement, 4> extensions;
  const auto send_time =
      rtp::write_abs_send_time(rtp::AbsSendTime::from(network_.now() - Timestamp()));
  if (config_.transport_feedback) {
    extensions.push_back({kExtensions.transport_sequence, transport_sequence});
  } else {
    extensions.push_back({kExtensions.abs_send_time, send_time});
  }
  extensions.push_back({kExtensions.mid, as_bytes(mid)});
  if (payload_type == kOpus) extensions.push_back({kExtensions.audio_level, level});
  if (!encoder.rid.empty()) {
    extensions.push_back({rtx ? kExtensions.repaired_rid : kExtensions.rid, as_bytes(encoder.rid)});
  }
  const size_t header =
      rtp::write_header(buffer, {.payload_type = payload_type,
                                 .marker = marker,
                                 .sequence_number = sequence,
                                 .timestamp = rtp_time,
                                 .ssrc = rtx ? encoder.rtx_ssrc : encoder.ssrc,
                                 .csrc = std::nullopt,
                                 .extensions = {extensions.data(), extensions.size()}});
  std::ranges::copy(payload, buffer.begin() + static_cast<std::ptrdiff_t>(header));
  const auto sealed = transport_.channel().protect_rtp(buffer, header + payload.size());
  if (!sealed) return;
  ++sent_packets;
  if (payload_type != kOpus) ++sent_video_packets;
  network_.send(*path, *sealed);
}

void SimClient::resend(uint32_t ssrc, uint16_t sequence) {
  for (auto& encoder : camera_) {
    const auto sent = encoder.history.find(sequence);
    if (encoder.ssrc != ssrc || sent == encoder.history.end()) continue;
    ++nacked;
    std::vector<uint8_t> payload(2);
    store_be16(payload.data(), sequence);
    payload.insert(payload.end(), sent->second.payload.begin(), sent->second.payload.end());
    send_rtp(encoder, kRtx, encoder.rtx_sequence++, sent->second.rtp_time, sent->second.marker, "1",
             true, payload);
  }
}

void SimClient::send_rtcp(MutableBytes buffer, size_t size) {
  const auto path = transport_.media_path();
  const auto sealed = transport_.channel().protect_rtcp(buffer, size);
  if (path && sealed) network_.send(*path, *sealed);
}

void SimClient::send_reports(Timestamp now) {
  for (auto& [ssrc, checker] : checkers_) {
    std::array<uint8_t, 1500> buffer;
    ByteWriter writer(MutableBytes(buffer).first(1300));
    const auto missing = checker->missing(now);
    if (!missing.empty()) rtp::write_nack(writer, 1, ssrc, missing);
    if (checker->take_key_frame_need(now)) rtp::write_pli(writer, {1, ssrc});
    if (writer.size() > 0) send_rtcp(buffer, writer.size());
  }
  if (arrivals_.is_due(now)) {
    std::array<uint8_t, 1500> buffer;
    send_rtcp(buffer,
              transport::write_arrivals(arrivals_, 1, MutableBytes(buffer).first(1300), now));
  }
  if (now < next_report_ || !sending_) return;
  next_report_ = now + TimeDelta::seconds(1);
  std::array<uint8_t, 1500> buffer;
  ByteWriter writer(MutableBytes(buffer).first(1300));
  const auto ntp = rtp::NtpTime::from_unix(now - Timestamp());
  const auto elapsed = (now - started_).us();
  rtp::write_sender_report(writer, {.sender_ssrc = mic_.ssrc,
                                    .ntp = ntp,
                                    .rtp_timestamp = static_cast<uint32_t>(elapsed * 48 / 1000),
                                    .reports = {}});
  for (const auto& encoder : camera_) {
    rtp::write_sender_report(writer, {.sender_ssrc = encoder.ssrc,
                                      .ntp = ntp,
                                      .rtp_timestamp = static_cast<uint32_t>(elapsed * 90 / 1000),
                                      .reports = {}});
  }
  write_receptions(writer, now);
  send_rtcp(buffer, writer.size());
}

void SimClient::write_receptions(ByteWriter& writer, Timestamp now) {
  rtp::ReceiverReport report{.sender_ssrc = 1, .reports = {}};
  for (auto& [ssrc, reception] : receptions_) {
    const auto block = reception.statistics.take_report(now);
    if (!block) continue;
    report.reports.push_back({.ssrc = ssrc,
                              .fraction_lost = block->fraction_lost,
                              .cumulative_lost = block->cumulative_lost,
                              .extended_highest_sequence = block->extended_highest});
  }
  if (!report.reports.empty()) rtp::write_receiver_report(writer, report);
}

void SimClient::handle_rtp(Bytes packet, Timestamp now) {
  const auto view = rtp::PacketView::parse(packet);
  if (!view) return;
  const auto extensions = rtp::parse_header_extensions(*view, kExtensions);
  if (extensions.transport_sequence) arrivals_.on_packet(*extensions.transport_sequence, now);
  StreamPacket out{.sequence = view->sequence_number,
                   .rtp_time = view->timestamp,
                   .csrc = view->csrc_count() > 0 ? view->csrc(0) : 0,
                   .marker = view->marker,
                   .payload = {view->payload.begin(), view->payload.end()}};
  uint32_t ssrc = view->ssrc;
  const auto rtx = media_of_rtx_.find(ssrc);
  if (rtx != media_of_rtx_.end()) {
    if (out.payload.size() < 2) return;
    ssrc = rtx->second;
    out.sequence = load_be16(out.payload.data());
    out.payload.erase(out.payload.begin(), out.payload.begin() + 2);
  }
  const auto checker = checkers_.find(ssrc);
  if (checker == checkers_.end()) return;
  if (rtx == media_of_rtx_.end()) {
    Reception& reception = receptions_.at(ssrc);
    reception.statistics.on_packet(reception.sequence.unwrap(out.sequence), out.rtp_time, now);
  }
  if (view->payload_type == kRed) return play_red(*checker->second, std::move(out), now);
  checker->second->on_packet(std::move(out), rtx != media_of_rtx_.end(), now);
}

void SimClient::play_red(StreamChecker& checker, StreamPacket packet, Timestamp now) {
  ++red_packets;
  const auto blocks = rtp::parse_red(packet.payload);
  if (!blocks) return;  // missed as lost
  for (size_t i = 0; i < blocks->size(); ++i) {
    const rtp::RedBlock& block = (*blocks)[i];
    const size_t distance = blocks->size() - 1 - i;
    StreamPacket frame = packet;
    frame.sequence = static_cast<uint16_t>(packet.sequence - distance);
    frame.rtp_time = packet.rtp_time - block.timestamp_offset;
    frame.payload = {block.data.begin(), block.data.end()};
    checker.on_packet(std::move(frame), distance > 0, now);
  }
}

void SimClient::handle_rtcp(Bytes packet, Timestamp) {
  rtp::RtcpReader reader(packet);
  static thread_local rtp::TransportFeedback feedback;
  while (const auto block = reader.next()) {
    if (const auto nack = rtp::parse_nack(*block)) {
      for (const uint16_t sequence : nack->sequences) resend(nack->media_ssrc, sequence);
    } else if (const auto loss = rtp::parse_pli(*block)) {
      ++key_frame_requests;
      for (auto& encoder : camera_) {
        if (encoder.ssrc == loss->media_ssrc) encoder.key_frame = true;
      }
    } else if (rtp::parse_transport_feedback(*block, feedback)) {
      ++transport_feedbacks;
    } else if (const auto bound = rtp::parse_remb(*block)) {
      told_rate = bound->rate;
    } else if (const auto report = rtp::parse_receiver_report(*block)) {
      ++receiver_reports;
    }
  }
}

uint64_t SimClient::received_of(TrackId track) const {
  uint64_t total = 0;
  for (const auto& [ssrc, checker] : checkers_) {
    const auto found = checker->frames_of.find(track.value);
    if (found != checker->frames_of.end()) total += found->second;
  }
  return total;
}

std::vector<std::string> SimClient::faults() const {
  std::vector<std::string> all;
  for (const auto& [ssrc, checker] : checkers_)
    all.insert(all.end(), checker->faults.begin(), checker->faults.end());
  return all;
}

}  // namespace parley::sim
