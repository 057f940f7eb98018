#include "sim/layered_camera.h"

#include <array>

#include "base/bounded.h"
#include "base/check.h"
#include "rtp/header_extensions.h"
#include "rtp/packet.h"
#include "rtp/rtcp_key_frame_request.h"
#include "rtp/rtcp_nack.h"
#include "rtp/video_layers_allocation.h"

namespace parley::sim {

LayeredCamera::LayeredCamera(const LayeredConfig& config, const rtp::CodecParameters& codec,
                             const rtp::SsrcPair& ssrc, std::string mid,
                             const rtp::HeaderExtensionIds& ids, RandomSource& random)
    : config_(config),
      codec_(codec),
      ssrc_(ssrc),
      mid_(std::move(mid)),
      ids_(ids),
      publisher_(config, random) {
  PARLEY_CHECK(config.encodings == 1 && config.spatial <= kDeclaredRates.size());
}

std::vector<uint8_t> LayeredCamera::allocation() const {
  rtp::VideoLayersAllocation said{.has_pictures = true};
  for (uint8_t s = 0; s < config_.spatial; ++s) {
    rtp::VideoLayersAllocation::SpatialLayer layer{
        .spatial = s, .width = 320u << s, .height = 180u << s, .fps = 30};
    // Half for the lowest temporal layer, three quarters up to the middle one.
    const int64_t whole = kDeclaredRates[s].bps();
    if (config_.temporal) {
      layer.targets.push_back(DataRate::bps(whole / 2));
      layer.targets.push_back(DataRate::bps(whole * 3 / 4));
    }
    layer.targets.push_back(DataRate::bps(whole));
    said.layers.push_back(layer);
  }
  std::array<uint8_t, rtp::kMaxVideoLayersAllocation> out{};
  const size_t size = rtp::write_video_layers_allocation(out, said);
  PARLEY_CHECK(size > 0);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

void LayeredCamera::send_picture() {
  bool first = true;
  const bool due = pictures_++ % kDeclaredEach == 0;
  for (LayeredPacket& packet : publisher_.next_picture()) {
    const auto truth = FrameTruth::read(packet.payload);
    const bool says = first && (due || (truth && truth->key));
    plans_.push_back(
        {.packet = std::move(packet), .allocation = says ? allocation() : std::vector<uint8_t>()});
    first = false;
  }
}

void LayeredCamera::handle_rtcp(const rtp::RtcpBlock& block) {
  if (const auto nack = rtp::parse_nack(block)) {
    if (nack->media_ssrc != ssrc_.ssrc) return;
    for (const uint16_t sequence : nack->sequences) {
      const LayeredPacket* packet = publisher_.find(0, sequence);
      if (packet == nullptr) continue;
      ++repaired;
      plans_.push_back({.packet = *packet, .allocation = {}, .repair = true});
    }
    return;
  }
  bool asked = false;
  if (const auto loss = rtp::parse_pli(block)) asked = loss->media_ssrc == ssrc_.ssrc;
  if (const auto intra = rtp::parse_fir(block)) {
    for (const auto& entry : intra->entries) asked = asked || entry.ssrc == ssrc_.ssrc;
  }
  if (!asked) return;
  ++key_frame_requests;
  publisher_.request_key_frame(0);
}

size_t LayeredCamera::poll_packet(MutableBytes buffer) {
  if (plans_.empty()) return 0;
  const Plan plan = std::move(plans_.front());
  plans_.pop_front();
  const LayeredPacket& packet = plan.packet;
  const auto transport_sequence = rtp::write_transport_sequence(transport_sequence_++);
  BoundedVector<rtp::ExtensionElement, 4> extensions;
  extensions.push_back({ids_.transport_sequence, transport_sequence});
  extensions.push_back({ids_.mid, as_bytes(mid_)});
  if (!packet.dependencies.empty())
    extensions.push_back({ids_.dependency_descriptor, packet.dependencies});
  if (!plan.allocation.empty())
    extensions.push_back({ids_.video_layers_allocation, plan.allocation});
  const rtp::HeaderFields fields{
      .payload_type = plan.repair ? codec_.rtx_payload_type : codec_.payload_type,
      .marker = packet.marker,
      .sequence_number = plan.repair ? rtx_sequence_++ : packet.sequence,
      .timestamp = packet.rtp_time,
      .ssrc = plan.repair ? ssrc_.rtx_ssrc : ssrc_.ssrc,
      .csrc = std::nullopt,
      .extensions = {extensions.data(), extensions.size()}};
  ByteWriter writer(buffer.subspan(rtp::write_header(buffer, fields)));
  if (plan.repair) writer.u16(packet.sequence);  // RFC 4588 §4
  writer.bytes(packet.payload);
  PARLEY_CHECK(writer.ok());
  return rtp::header_size(fields) + writer.size();
}

}  // namespace parley::sim
