#include "sim/client.h"

#include <algorithm>
#include <utility>

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
#include "rtp/transport_feedback.h"
#include "transport/congestion_feedback.h"

namespace parley::sim {
namespace {

constexpr uint8_t kOpus = 111;
constexpr uint8_t kRed = 63;
constexpr uint8_t kVp8 = 96;
constexpr uint8_t kRtx = 97;
constexpr uint8_t kLayered = 98;
constexpr uint8_t kLayeredRtx = 99;
constexpr rtp::HeaderExtensionIds kExtensions{.mid = 4,
                                              .rid = 10,
                                              .repaired_rid = 11,
                                              .audio_level = 1,
                                              .transport_sequence = 3,
                                              .abs_send_time = 2,
                                              .video_orientation = 13,
                                              .dependency_descriptor = 12,
                                              .video_layers_allocation = 14};
// RFC 6386 §9.1: frame tag (bit 0 clear: key frame), start code, width and height.
constexpr size_t kPictureHead = 10;
// ±30 %, and a key frame is six times as large.
constexpr size_t kMostPercent = 130;
constexpr size_t kKeyFrameFactor = 6;
constexpr TimeDelta kSoundInterval = TimeDelta::millis(20);
constexpr uint16_t kSoundTicks = 960;
constexpr std::array<const char*, 3> kRids = {"l", "m", "h"};

// Of whoever numbers no packets: they carry when they were sent.
rtp::HeaderExtensionIds extensions_of(const ClientConfig& config) {
  rtp::HeaderExtensionIds ids = kExtensions;
  if (!config.transport_feedback) ids.transport_sequence = 0;
  return ids;
}

rtp::CodecParameters opus(bool red) {
  return {.codec = rtp::Codec::kOpus,
          .payload_type = kOpus,
          .red_payload_type = red ? kRed : uint8_t{0},
          .clock_rate = 48'000};
}

// `sound` with a copy of itself, which stands for the packet before it.
std::vector<uint8_t> twice(Bytes sound) {
  const std::array<rtp::RedBlock, 2> blocks = {{
      {.payload_type = kOpus, .timestamp_offset = kSoundTicks, .data = sound},
      {.payload_type = kOpus, .timestamp_offset = 0, .data = sound},
  }};
  std::vector<uint8_t> out(2 * sound.size() + 8);
  const size_t size = rtp::write_red(out, blocks);
  PARLEY_CHECK(size > 0);
  out.resize(size);
  return out;
}

rtp::CodecParameters vp8() {
  return {.codec = rtp::Codec::kVp8,
          .payload_type = kVp8,
          .rtx_payload_type = kRtx,
          .clock_rate = 90'000};
}

std::vector<uint8_t> make_picture(uint16_t width, uint16_t height, bool key, size_t size) {
  std::vector<uint8_t> picture(std::max(size, kPictureHead));
  picture[0] = key ? 0x10 : 0x11;
  picture[3] = 0x9d;
  picture[4] = 0x01;
  picture[5] = 0x2a;
  picture[6] = static_cast<uint8_t>(width);
  picture[7] = static_cast<uint8_t>(width >> 8);
  picture[8] = static_cast<uint8_t>(height);
  picture[9] = static_cast<uint8_t>(height >> 8);
  return picture;
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
      transport_(certificate, credentials_, random_),
      sender_(extensions_of(config), network.now(), TimeDelta::zero()) {
  random_.fill(sound_);
  redundant_sound_ = twice(sound_);
  sender_.add_stream({.codec = opus(true), .ssrc = {random_.u32(), 0}, .mid = "0", .rid = {}});
  set_voice_level(config.voice_level);
  PARLEY_CHECK(!config.layers || !config.mic);
  if (config.layers && config.camera_encodings > 0) {
    const rtp::SsrcPair ssrc{random_.u32(), random_.u32()};
    layered_camera_ = std::make_unique<LayeredCamera>(*config.layers, camera_codec(), ssrc, "1",
                                                      extensions_of(config), random_);
  }
  for (int i = 0; i < config.camera_encodings && !config.layers; ++i) {
    sender_.add_stream({.codec = vp8(),
                        .ssrc = {random_.u32(), random_.u32()},
                        .mid = "1",
                        .rid = config.camera_encodings > 1 ? kRids[static_cast<size_t>(i)] : "",
                        .first_sequence = static_cast<uint16_t>(random_.u32()),
                        .first_picture_id = static_cast<uint16_t>(random_.u32() & 0x7fff)});
    const int shift = config.camera_shift + config.camera_encodings - 1 - i;
    Encoder encoder;
    encoder.width = static_cast<uint16_t>(1280 >> shift);
    encoder.height = static_cast<uint16_t>(720 >> shift);
    encoder.frame_bytes = static_cast<size_t>(6000 >> (2 * shift)) + 400;
    const size_t most = encoder.frame_bytes * kMostPercent / 100;
    encoder.delta_picture = make_picture(encoder.width, encoder.height, false, most);
    encoder.key_picture = make_picture(encoder.width, encoder.height, true, most * kKeyFrameFactor);
    camera_.push_back(std::move(encoder));
  }
}

rtp::CodecParameters SimClient::camera_codec() const {
  if (!config_.layers) return vp8();
  return {.codec = config_.layers->codec,
          .payload_type = kLayered,
          .rtx_payload_type = kLayeredRtx,
          .clock_rate = 90'000};
}

void SimClient::set_voice_level(uint8_t level) {
  sender_.set_audio_level({.level = level, .voice = level < 60});
}

uint64_t SimClient::key_frame_requests() const {
  uint64_t sum = 0;
  for (size_t i = 0; i < sender_.streams(); ++i) sum += sender_.counters(i).key_frame_requests;
  return sum;
}

uint64_t SimClient::nacked() const {
  uint64_t sum = 0;
  for (size_t i = 0; i < sender_.streams(); ++i) sum += sender_.counters(i).repaired;
  return sum;
}

media::PeerDescription SimClient::describe(const ice::Credentials& server, TrackId first_track) {
  media::PeerDescription description;
  description.local = {server.ufrag, server.password};
  description.remote = {credentials_.ufrag, credentials_.password};
  description.remote_fingerprint = certificate_.fingerprint_sha256();
  description.cname = "sim";
  mic_track_ = first_track;
  camera_track_ = TrackId{first_track.value + 1};
  if (config_.mic) {
    description.tracks.push_back({.id = mic_track_,
                                  .kind = rtp::MediaKind::kAudio,
                                  .group = group_,
                                  .mid = "0",
                                  .rids = {},
                                  .ssrcs = {},
                                  .codecs = {opus(true)},
                                  .extensions = extensions_of(config_)});
  }
  if (!camera_.empty() || layered_camera_) {
    media::TrackDescription camera{.id = camera_track_,
                                   .kind = rtp::MediaKind::kVideo,
                                   .group = group_,
                                   .mid = "1",
                                   .rids = {},
                                   .ssrcs = {},
                                   .codecs = {camera_codec()},
                                   .extensions = extensions_of(config_)};
    for (size_t i = 0; camera_.size() > 1 && i < camera_.size(); ++i)
      camera.rids.push_back(sender_.config(camera_stream(i)).rid);
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
         .codecs = {video ? camera_codec() : opus(config_.red)},
         .extensions = {.transport_sequence = kExtensions.transport_sequence,
                        .dependency_descriptor =
                            config_.layers ? kExtensions.dependency_descriptor : uint8_t{0}}});
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
  if (video && config_.layers) {
    decoders_[pair.ssrc] = std::make_unique<LayeredDecoder>(config_.layers->codec);
  } else {
    checkers_[pair.ssrc] = std::make_unique<StreamChecker>(video);
  }
  receptions_.emplace(
      pair.ssrc,
      Reception{.sequence = {}, .statistics = sfu::ReceiveStatistics(video ? 90'000 : 48'000)});
}

sdp::ClientOffer SimClient::offer() const {
  sdp::ClientOffer offer;
  // The mids that this client's packets carry are the places of these m-lines.
  PARLEY_CHECK(config_.mic && !camera_.empty());
  offer.tracks.push_back(
      {.kind = rtp::MediaKind::kAudio, .rids = {}, .ssrc = sender_.config(kMic).ssrc});
  sdp::ClientTrack camera{.kind = rtp::MediaKind::kVideo, .rids = {}, .ssrc = {}};
  if (camera_.size() == 1) camera.ssrc = sender_.config(camera_stream(0)).ssrc;
  for (size_t i = 0; camera_.size() > 1 && i < camera_.size(); ++i)
    camera.rids.push_back(sender_.config(camera_stream(i)).rid);
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
  if (received.kind == transport::Received::Kind::kRtcp) handle_rtcp(received.packet);
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
    next_audio_ = std::max(next_audio_ + kSoundInterval, now - kSoundInterval);
    if (sound_twice_) {
      sender_.send_redundant_sound(kMic, redundant_sound_, now);
    } else {
      sender_.send_sound(kMic, sound_, now);
    }
  }
  if ((!camera_.empty() || layered_camera_) && now >= next_frame_) {
    next_frame_ = std::max(next_frame_ + config_.frame_interval, now - config_.frame_interval);
    if (layered_camera_) {
      layered_camera_->send_picture();
    } else {
      send_pictures(now);
    }
  }
  flush_media();
}

// As Chromium does: a key frame asked of one encoding is made of all, and the largest leaves first.
void SimClient::send_pictures(Timestamp now) {
  bool asked = false;
  for (size_t i = 0; i < camera_.size(); ++i)
    asked = sender_.take_key_frame_request(camera_stream(i)) || asked;
  for (size_t i = camera_.size(); i > 0; --i) {
    Encoder& encoder = camera_[i - 1];
    encoder.key_frame = encoder.key_frame || asked;
    if (encoder.active) send_frame(i - 1, now);
  }
}

// As libvpx does with temporal layers: a key frame is paid for by leaving out the base and the
// middle layer, while the highest goes on.
bool SimClient::left_out(Encoder& encoder) {
  constexpr size_t kSavedPercent = 60;
  if (encoder.phase % 2 != 0 || encoder.owed == 0) return false;
  encoder.owed -= std::min(encoder.owed, encoder.frame_bytes * kSavedPercent / 100);
  return true;
}

void SimClient::send_frame(size_t index, Timestamp now) {
  Encoder& encoder = camera_[index];
  const bool key = std::exchange(encoder.key_frame, false);
  encoder.phase = key || !config_.temporal_layers ? 0 : (encoder.phase + 1) % 4;
  constexpr std::array<uint8_t, 4> kTemporal = {0, 2, 1, 2};
  if (!key && config_.temporal_layers && left_out(encoder)) return;
  const size_t percent = kMostPercent - random_.below(60);
  const size_t size = encoder.frame_bytes * percent / 100 * (key ? kKeyFrameFactor : 1);
  if (key) encoder.owed = size - encoder.frame_bytes;
  sender_.send_picture(
      camera_stream(index),
      {.data = Bytes(key ? encoder.key_picture : encoder.delta_picture).first(size),
       .key_frame = key,
       .temporal = kTemporal[static_cast<size_t>(encoder.phase)],
       // The first picture of the upper layers depends on the base layer only.
       .layer_sync = encoder.phase == 1 || encoder.phase == 2},
      now);
}

void SimClient::flush_media() {
  std::array<uint8_t, 1500> buffer;
  while (const size_t size = sender_.poll_packet(buffer, network_.now())) send_packet(buffer, size);
  while (const size_t size = layered_camera_ ? layered_camera_->poll_packet(buffer) : 0)
    send_packet(buffer, size);
}

void SimClient::send_packet(MutableBytes buffer, size_t size) {
  const auto path = transport_.media_path();
  const auto view = rtp::PacketView::parse(Bytes(buffer).first(size));
  const bool video = view->payload_type != kOpus && view->payload_type != kRed;
  const auto sealed = transport_.channel().protect_rtp(buffer, size);
  if (!path || !sealed) return;
  ++sent_packets;
  if (video) ++sent_video_packets;
  network_.send(*path, *sealed);
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
  for (auto& [ssrc, decoder] : decoders_) {
    std::array<uint8_t, 1500> buffer;
    ByteWriter writer(MutableBytes(buffer).first(1300));
    const auto missing = decoder->missing(now);
    if (missing.empty()) continue;
    rtp::write_nack(writer, 1, ssrc, missing);
    send_rtcp(buffer, writer.size());
  }
  if (arrivals_.is_due(now)) {
    std::array<uint8_t, 1500> buffer;
    send_rtcp(buffer,
              transport::write_arrivals(arrivals_, {1, 0}, MutableBytes(buffer).first(1300), now));
  }
  if (now < next_report_ || !sending_) return;
  next_report_ = now + TimeDelta::seconds(1);
  std::array<uint8_t, 1500> buffer;
  const size_t size = sender_.write_reports(MutableBytes(buffer).first(1000), now);
  ByteWriter writer(MutableBytes(buffer).subspan(size, 300));
  write_receptions(writer, now);
  if (size + writer.size() > 0) send_rtcp(buffer, size + writer.size());
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
  const bool repair = rtx != media_of_rtx_.end();
  const auto reception = receptions_.find(ssrc);
  if (reception == receptions_.end()) return;
  if (!repair) {
    auto& [sequence, statistics] = reception->second;
    statistics.on_packet(sequence.unwrap(out.sequence), out.rtp_time, now);
  }
  if (const auto decoder = decoders_.find(ssrc); decoder != decoders_.end()) {
    const Bytes dependencies = extensions.dependency_descriptor;
    // Links whose loss hides the very first packet are no business of this.
    decoder->second->start_at(out.sequence);
    return decoder->second->on_packet({.sequence = out.sequence,
                                       .rtp_time = out.rtp_time,
                                       .marker = out.marker,
                                       .payload = std::move(out.payload),
                                       .dependencies = {dependencies.begin(), dependencies.end()}},
                                      repair, now);
  }
  const auto checker = checkers_.find(ssrc);
  if (view->payload_type == kRed) return play_red(*checker->second, std::move(out), now);
  checker->second->on_packet(std::move(out), repair, now);
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

void SimClient::handle_rtcp(Bytes packet) {
  rtp::RtcpReader reader(packet);
  static thread_local rtp::TransportFeedback feedback;
  while (const auto block = reader.next()) {
    if (rtp::parse_transport_feedback(*block, feedback)) {
      // As Chromium does: what names none of its own streams is ignored.
      const bool own = layered_camera_ && layered_camera_->ssrc().ssrc == feedback.media_ssrc;
      if (own || sender_.sends(feedback.media_ssrc)) ++transport_feedbacks;
    } else if (const auto bound = rtp::parse_remb(*block)) {
      told_rate = bound->rate;
    } else if (rtp::parse_receiver_report(*block)) {
      ++receiver_reports;
    } else {
      sender_.handle_rtcp(*block);
      if (layered_camera_) layered_camera_->handle_rtcp(*block);
    }
  }
  if (transport_.connected()) flush_media();
}

uint64_t SimClient::received_of(TrackId track) const {
  uint64_t total = 0;
  for (const auto& [ssrc, checker] : checkers_) {
    const auto found = checker->frames_of.find(track.value);
    if (found != checker->frames_of.end()) total += found->second;
  }
  return total;
}

uint64_t SimClient::audio_packets() const {
  uint64_t total = 0;
  for (const uint32_t ssrc : audio_ssrcs_) total += checkers_.at(ssrc)->packets;
  return total;
}

std::vector<std::string> SimClient::faults() const {
  std::vector<std::string> all;
  for (const auto& [ssrc, checker] : checkers_)
    all.insert(all.end(), checker->faults.begin(), checker->faults.end());
  for (const auto& [ssrc, decoder] : decoders_)
    all.insert(all.end(), decoder->faults.begin(), decoder->faults.end());
  return all;
}

}  // namespace parley::sim
