#include "load/media_sender.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "rtp/packet.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/rtcp_reports.h"
#include "rtp/rtx.h"

namespace parley::load {
namespace {

bool is_video(const StreamConfig& config) {
  return config.codec.codec == rtp::Codec::kVp8;
}

// Sound is never asked for again, so it is kept only until it is written.
constexpr size_t kKeptSound = 16;

}  // namespace

size_t MediaSender::add_stream(StreamConfig config) {
  Stream stream;
  stream.next_sequence = config.first_sequence;
  stream.picture_id = config.first_picture_id & 0x7fff;
  const size_t pictures = config.kept_packets != 0 ? config.kept_packets : kKeptPackets;
  stream.kept.resize(is_video(config) ? pictures : kKeptSound);
  stream.config = std::move(config);
  streams_.push_back(std::move(stream));
  return streams_.size() - 1;
}

uint32_t MediaSender::rtp_time(const Stream& stream, Timestamp now) const {
  const auto ticks = (now - start_).us() * stream.config.codec.clock_rate / 1'000'000;
  return stream.config.first_rtp_time + static_cast<uint32_t>(ticks);
}

void MediaSender::plan(size_t index, Kept packet) {
  Stream& stream = streams_[index];
  packet.sequence = stream.next_sequence++;
  packet.used = true;
  ++stream.counters.packets;
  stream.counters.bytes += packet.head_size + packet.body.size();
  plans_.push_back({index, packet.sequence, false});
  stream.place(packet.sequence) = packet;
}

void MediaSender::send_sound(size_t index, Bytes payload, Timestamp now) {
  PARLEY_CHECK(index < streams_.size() && payload.size() <= kPayload);
  if (plans_.size() >= kMaxPlans) return;
  plan(index, {.rtp_time = rtp_time(streams_[index], now), .body = payload});
}

void MediaSender::send_redundant_sound(size_t index, Bytes payload, Timestamp now) {
  PARLEY_CHECK(index < streams_.size() && payload.size() <= kPayload);
  PARLEY_CHECK(streams_[index].config.codec.red_payload_type != 0);
  if (plans_.size() >= kMaxPlans) return;
  plan(index, {.red = true, .rtp_time = rtp_time(streams_[index], now), .body = payload});
}

rtp::Vp8Descriptor MediaSender::begin_picture(Stream& stream, bool key_frame, uint8_t temporal,
                                              bool layer_sync) {
  stream.picture_id = (stream.picture_id + 1) & 0x7fff;
  if (temporal == 0) ++stream.tl0_pic_idx;
  ++stream.counters.pictures;
  if (key_frame) ++stream.counters.key_frames;
  return {.start_of_partition = true,
          .picture_id = stream.picture_id,
          .long_picture_id = true,
          .tl0_pic_idx = stream.tl0_pic_idx,
          .temporal_id = temporal,
          .layer_sync = layer_sync};
}

void MediaSender::append_stamp(Stream& stream, Kept& packet, size_t payload) {
  const Stamp stamp{.source = stream.config.stamp_source, .number = stream.next_stamp++};
  packet.stamp_offset = packet.head_size;
  write_stamp(MutableBytes(packet.head).subspan(packet.head_size), stamp);
  packet.head_size += kStampSize;
  if (payload > packet.head_size) packet.body = filler(stamp, payload - packet.head_size);
}

void MediaSender::send_blank_sound(size_t index, size_t bytes, Timestamp now) {
  PARLEY_CHECK(index < streams_.size() && bytes <= kMaxFiller);
  if (plans_.size() >= kMaxPlans) return;
  Stream& stream = streams_[index];
  Kept packet{.rtp_time = rtp_time(stream, now)};
  packet.head[0] = 31 << 3;  // RFC 6716 §3.1: one frame of 20 ms, full band, CELT
  packet.head_size = 1;
  append_stamp(stream, packet, bytes);
  plan(index, packet);
  plans_.push_front(plans_.back());
  plans_.pop_back();
}

void MediaSender::send_blank_picture(size_t index, const BlankPicture& picture, Timestamp now) {
  PARLEY_CHECK(index < streams_.size() && picture.packets > 0);
  if (plans_.size() + picture.packets > kMaxPlans) return;
  Stream& stream = streams_[index];
  auto descriptor = begin_picture(stream, picture.key_frame, 0, false);
  const uint32_t time = rtp_time(stream, now);
  for (size_t i = 0; i < picture.packets; ++i) {
    Kept packet{.marker = i + 1 == picture.packets, .rtp_time = time};
    const size_t described = rtp::write_vp8_descriptor(packet.head, descriptor);
    ByteWriter head(MutableBytes(packet.head).subspan(described));
    descriptor.start_of_partition = false;
    // RFC 6386 §9.1. The stamp stands at the same place in every packet.
    const std::array<uint8_t, 3> tag = {static_cast<uint8_t>(picture.key_frame ? 0x10 : 0x11), 0,
                                        0};
    head.bytes(tag);
    head.u24(0x9d012a);
    head.u16(std::byteswap(picture.width));
    head.u16(std::byteswap(picture.height));
    packet.head_size = static_cast<uint8_t>(described + head.size());
    const size_t payload =
        picture.bytes / picture.packets + (i < picture.bytes % picture.packets ? 1 : 0);
    append_stamp(stream, packet, std::min(payload, kMaxFiller));
    plan(index, packet);
  }
}

void MediaSender::send_picture(size_t index, const Picture& picture, Timestamp now) {
  PARLEY_CHECK(index < streams_.size());
  if (plans_.size() >= kMaxPlans) return;
  Stream& stream = streams_[index];
  auto descriptor = begin_picture(stream, picture.key_frame, picture.temporal, picture.layer_sync);
  for (Bytes left = picture.data; !left.empty();) {
    const Bytes body = left.first(std::min(left.size(), kPayload));
    left = left.subspan(body.size());
    Kept packet{.marker = left.empty(), .rtp_time = rtp_time(stream, now), .body = body};
    packet.head_size = static_cast<uint8_t>(rtp::write_vp8_descriptor(packet.head, descriptor));
    plan(index, packet);
    descriptor.start_of_partition = false;
  }
}

MediaSender::Stream* MediaSender::find(uint32_t ssrc) {
  const auto found = std::ranges::find_if(
      streams_, [&](const Stream& stream) { return stream.config.ssrc.ssrc == ssrc; });
  return found == streams_.end() ? nullptr : &*found;
}

void MediaSender::handle_rtcp(const rtp::RtcpBlock& block) {
  const auto request_key_frame = [](Stream& stream) {
    ++stream.counters.key_frame_requests;
    stream.key_frame_requested = true;
  };
  if (const auto nack = rtp::parse_nack(block)) {
    Stream* stream = find(nack->media_ssrc);
    if (stream == nullptr || stream->config.codec.rtx_payload_type == 0) return;
    const auto index = static_cast<size_t>(stream - streams_.data());
    for (const uint16_t sequence : nack->sequences) {
      ++stream->counters.nacked;
      const Kept& packet = stream->place(sequence);
      if (!packet.used || packet.sequence != sequence || plans_.size() >= kMaxPlans) continue;
      ++stream->counters.repaired;
      plans_.push_back({index, sequence, true});
    }
  } else if (const auto loss = rtp::parse_pli(block)) {
    if (Stream* stream = find(loss->media_ssrc)) request_key_frame(*stream);
  } else if (const auto intra = rtp::parse_fir(block)) {
    for (const rtp::FirEntry& entry : intra->entries) {
      Stream* stream = find(entry.ssrc);
      if (stream == nullptr) continue;
      // RFC 5104 §4.3.1.1: the same number again repeats the same request.
      const bool again = stream->saw_fir && stream->last_fir == entry.sequence;
      stream->saw_fir = true;
      stream->last_fir = entry.sequence;
      if (!again) request_key_frame(*stream);
    }
  }
}

bool MediaSender::sends(uint32_t ssrc) const {
  return std::ranges::any_of(
      streams_, [ssrc](const Stream& stream) { return stream.config.ssrc.ssrc == ssrc; });
}

bool MediaSender::take_key_frame_request(size_t stream) {
  PARLEY_CHECK(stream < streams_.size());
  return std::exchange(streams_[stream].key_frame_requested, false);
}

size_t MediaSender::write(const Stream& stream, const Kept& packet, bool repair,
                          MutableBytes buffer, Timestamp now) {
  const StreamConfig& config = stream.config;
  const auto transport_sequence = rtp::write_transport_sequence(transport_sequence_++);
  const auto level = rtp::write_audio_level(audio_level_);
  BoundedVector<rtp::ExtensionElement, 4> extensions;
  const auto send_time = rtp::write_abs_send_time(rtp::AbsSendTime::from(now - Timestamp()));
  if (ids_.transport_sequence != 0) {
    extensions.push_back({ids_.transport_sequence, transport_sequence});
  } else if (ids_.abs_send_time != 0) {
    extensions.push_back({ids_.abs_send_time, send_time});
  }
  extensions.push_back({ids_.mid, as_bytes(config.mid)});
  if (!is_video(config)) extensions.push_back({ids_.audio_level, level});
  if (!config.rid.empty())
    extensions.push_back({repair ? ids_.repaired_rid : ids_.rid, as_bytes(config.rid)});
  const rtp::HeaderFields fields{
      .payload_type = repair       ? config.codec.rtx_payload_type
                      : packet.red ? config.codec.red_payload_type
                                   : config.codec.payload_type,
      .marker = packet.marker,
      .sequence_number = repair ? stream.next_rtx_sequence : packet.sequence,
      .timestamp = packet.rtp_time,
      .ssrc = repair ? config.ssrc.rtx_ssrc : config.ssrc.ssrc,
      .csrc = std::nullopt,
      .extensions = {extensions.data(), extensions.size()}};
  ByteWriter writer(buffer.subspan(rtp::write_header(buffer, fields)));
  if (repair) writer.u16(packet.sequence);  // RFC 4588 §4
  writer.bytes(Bytes(packet.head).first(packet.head_size));
  writer.bytes(packet.body);
  PARLEY_CHECK(writer.ok());
  return rtp::header_size(fields) + writer.size();
}

size_t MediaSender::poll_packet(MutableBytes buffer, Timestamp now) {
  PARLEY_CHECK(buffer.size() >= kMaxPacket);
  while (!plans_.empty()) {
    const Plan next = plans_.front();
    plans_.pop_front();
    Stream& stream = streams_[next.stream];
    Kept& packet = stream.place(next.sequence);
    if (packet.sequence != next.sequence) continue;  // replaced while it waited
    if (packet.stamp_offset != 0) set_stamp_time(&packet.head[packet.stamp_offset], now);
    packet.stamp_offset = 0;  // a repair bears the time of its original
    const size_t size = write(stream, packet, next.repair, buffer, now);
    if (next.repair) ++stream.next_rtx_sequence;
    return size;
  }
  return 0;
}

size_t MediaSender::write_reports(MutableBytes buffer, Timestamp now) const {
  ByteWriter writer(buffer);
  const auto ntp = rtp::NtpTime::from_unix(now - Timestamp() + ntp_offset_);
  for (const Stream& stream : streams_) {
    if (stream.counters.packets == 0) continue;
    rtp::write_sender_report(writer,
                             {.sender_ssrc = stream.config.ssrc.ssrc,
                              .ntp = ntp,
                              .rtp_timestamp = rtp_time(stream, now),
                              .packet_count = static_cast<uint32_t>(stream.counters.packets),
                              .octet_count = static_cast<uint32_t>(stream.counters.bytes),
                              .reports = {}});
  }
  return writer.size();
}

}  // namespace parley::load
