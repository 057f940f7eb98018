#include "load/media_sender.h"

#include <algorithm>
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
  stream.kept.resize(is_video(config) ? kKeptPackets : kKeptSound);
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

void MediaSender::send_picture(size_t index, const Picture& picture, Timestamp now) {
  PARLEY_CHECK(index < streams_.size());
  if (plans_.size() >= kMaxPlans) return;
  Stream& stream = streams_[index];
  stream.picture_id = (stream.picture_id + 1) & 0x7fff;
  if (picture.temporal == 0) ++stream.tl0_pic_idx;
  ++stream.counters.pictures;
  if (picture.key_frame) ++stream.counters.key_frames;
  rtp::Vp8Descriptor descriptor{.start_of_partition = true,
                                .picture_id = stream.picture_id,
                                .long_picture_id = true,
                                .tl0_pic_idx = stream.tl0_pic_idx,
                                .temporal_id = picture.temporal,
                                .layer_sync = picture.layer_sync};
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
      .payload_type = repair ? config.codec.rtx_payload_type : config.codec.payload_type,
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
    const Kept& packet = stream.place(next.sequence);
    if (packet.sequence != next.sequence) continue;  // replaced while it waited
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
