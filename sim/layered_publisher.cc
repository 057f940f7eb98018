#include "sim/layered_publisher.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "rtp/av1.h"
#include "rtp/vp8_descriptor.h"
#include "rtp/vp9_descriptor.h"

namespace parley::sim {
namespace {

constexpr std::array<uint8_t, 8> kTemporal = {0, 2, 1, 2, 0, 2, 1, 2};

// Which earlier places of the pattern each place refers to; 8 less means the pattern before.
std::vector<int> references_of(int place, bool temporal, bool long_pattern) {
  if (!temporal) return {place - 1};
  if (long_pattern) {
    constexpr std::array<std::array<int, 3>, 8> kLong = {{{-4, -4, -4},
                                                          {0, 0, 0},
                                                          {0, 0, 0},
                                                          {2, 0, 1},
                                                          {0, 0, 0},
                                                          {4, 3, 3},
                                                          {4, 2, 2},
                                                          {6, 4, 5}}};
    std::vector<int> out(kLong[static_cast<size_t>(place)].begin(),
                         kLong[static_cast<size_t>(place)].end());
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  constexpr std::array<int, 4> kShort = {-4, 0, 0, 2};
  return {place < 4 ? kShort[static_cast<size_t>(place)]
                    : kShort[static_cast<size_t>(place - 4)] + 4};
}

}  // namespace

void FrameTruth::write(std::vector<uint8_t>& payload) const {
  std::array<uint8_t, kSize> out{};
  ByteWriter writer(out);
  writer.u32(frame);
  writer.u32(picture);
  for (const uint8_t value : {index, count, encoding, spatial, temporal, uint8_t{key},
                              static_cast<uint8_t>(references.size()), uint8_t{0}})
    writer.u8(value);
  PARLEY_CHECK(references.size() <= kMaxReferences);
  for (const uint32_t reference : references) writer.u32(reference);
  payload.insert(payload.end(), out.begin(), out.end());
}

std::optional<FrameTruth> FrameTruth::read(Bytes payload) {
  if (payload.size() < kSize) return std::nullopt;
  ByteReader reader(payload.last(kSize));
  FrameTruth out;
  out.frame = reader.u32();
  out.picture = reader.u32();
  out.index = reader.u8();
  out.count = reader.u8();
  out.encoding = reader.u8();
  out.spatial = reader.u8();
  out.temporal = reader.u8();
  out.key = reader.u8() != 0;
  const uint8_t references = reader.u8();
  reader.skip(1);
  for (uint8_t i = 0; i < references; ++i) out.references.push_back(reader.u32());
  return reader.ok() ? std::optional(out) : std::nullopt;
}

LayeredPublisher::LayeredPublisher(const LayeredConfig& config, RandomSource& random)
    : config_(config), random_(random), streams_(config.encodings) {
  const uint32_t start = 0xffff'0000;  // wraps soon
  for (auto& stream : streams_) {
    stream.rtp_time = start + static_cast<uint32_t>(random_.below(1000));
    stream.sequence = static_cast<uint16_t>(stream.sequence + random_.below(100));
  }
  if (config_.codec == rtp::Codec::kAv1) make_structure();
}

uint64_t LayeredPublisher::capture_ntp() const {
  return (uint64_t{pictures_} * kTicks << 32) / 90'000;
}

std::vector<LayeredPacket> LayeredPublisher::next_picture() {
  std::vector<LayeredPacket> out;
  ++pictures_;
  for (uint8_t e = 0; e < config_.encodings; ++e) add_picture(e, out);
  return out;
}

const LayeredPacket* LayeredPublisher::find(uint8_t encoding, uint16_t sequence) const {
  const auto& history = streams_[encoding].history;
  const auto it = history.find(sequence);
  return it == history.end() ? nullptr : &it->second;
}

void LayeredPublisher::add_picture(uint8_t encoding, std::vector<LayeredPacket>& out) {
  Stream& stream = streams_[encoding];
  const bool key = std::exchange(stream.wants_key, false);
  stream.phase = key ? 0 : (stream.phase + 1) % 8;
  stream.rtp_time += kTicks;
  stream.picture_id = (stream.picture_id + 1) & 0x7fff;
  if (!config_.temporal || kTemporal[static_cast<size_t>(stream.phase)] == 0) ++stream.tl0;
  if (key) stream.key_index = (stream.key_index + 1) & 0x1f;
  for (uint8_t s = 0; s < config_.spatial; ++s) {
    ++stream.frame_number;
    const Frame frame = make_frame(stream, encoding, s, key);
    add_frame(stream, frame, out);
    Stream::Sent sent{frame.truth.frame, stream.picture_id, stream.frame_number};
    stream.sent[s][static_cast<size_t>(stream.phase)] = sent;
    // The pattern starts afresh at a key frame: what place 0 looks back to is this.
    if (key) stream.sent[s].fill(sent);
    ++stream.next_frame;
  }
}

LayeredPublisher::Frame LayeredPublisher::make_frame(const Stream& stream, uint8_t encoding,
                                                     uint8_t spatial, bool key) const {
  const int place = stream.phase;
  Frame frame;
  frame.key_picture = key;
  frame.top = spatial + 1 == config_.spatial;
  frame.truth = {.frame = stream.next_frame,
                 .encoding = encoding,
                 .spatial = spatial,
                 .temporal = config_.temporal ? kTemporal[static_cast<size_t>(place)] : uint8_t{0},
                 .key = key && spatial == 0,
                 .references = {}};
  if (!key) {
    for (const int reference : references_of(place, config_.temporal, config_.long_pattern)) {
      const int at = (reference + 8) % 8;
      frame.places.push_back(at);
      frame.truth.references.push_back(stream.sent[spatial][static_cast<size_t>(at)].frame);
    }
  }
  if (spatial > 0 && (key || !config_.key_mode))
    frame.truth.references.push_back(stream.next_frame - 1);
  frame.switch_up = key || !config_.long_pattern || place == 0;
  frame.layer_sync = key || (frame.truth.temporal > 0 && frame.places.size() == 1 &&
                             kTemporal[static_cast<size_t>(frame.places[0])] == 0);
  return frame;
}

void LayeredPublisher::add_frame(Stream& stream, const Frame& frame,
                                 std::vector<LayeredPacket>& out) {
  FrameTruth truth = frame.truth;
  truth.picture = pictures_;
  truth.count = static_cast<uint8_t>(1 + random_.below(frame.key_picture ? 4 : 3));
  for (truth.index = 0; truth.index < truth.count; ++truth.index) {
    const bool first = truth.index == 0;
    const bool last = truth.index + 1 == truth.count;
    LayeredPacket packet{.encoding = truth.encoding,
                         .sequence = stream.sequence++,
                         .rtp_time = stream.rtp_time,
                         .marker = last && frame.top,
                         .payload = descriptor(stream, frame, first, last),
                         .dependencies = dependencies(stream, frame, first, last)};
    packet.payload.resize(packet.payload.size() + random_.below(30), 0x55);
    truth.write(packet.payload);
    stream.history[packet.sequence] = packet;
    stream.history.erase(static_cast<uint16_t>(packet.sequence - 3000));
    out.push_back(std::move(packet));
  }
}

std::vector<uint8_t> LayeredPublisher::descriptor(const Stream& stream, const Frame& frame,
                                                  bool first, bool last) const {
  std::array<uint8_t, 64> out{};
  size_t size = 0;
  const FrameTruth& truth = frame.truth;
  if (config_.codec == rtp::Codec::kVp8) {
    size = rtp::write_vp8_descriptor(out, {.non_reference = false,
                                           .start_of_partition = first,
                                           .picture_id = stream.picture_id,
                                           .long_picture_id = true,
                                           .tl0_pic_idx = stream.tl0,
                                           .temporal_id = truth.temporal,
                                           .layer_sync = frame.layer_sync,
                                           .key_index = stream.key_index});
    constexpr std::array<uint8_t, 10> kKey = {0x50, 0x42, 0x00, 0x9d, 0x01, 0x2a, 0x80, 2, 0x68, 1};
    if (first) {
      std::ranges::copy(kKey, out.begin() + static_cast<std::ptrdiff_t>(size));
      if (!frame.key_picture) out[size] |= 0x01;
      size += kKey.size();
    }
  } else if (config_.codec == rtp::Codec::kVp9) {
    rtp::Vp9Descriptor d{
        .inter_picture = !frame.key_picture,
        .flexible = config_.key_mode,
        .starts_frame = first,
        .ends_frame = last,
        .not_for_upper = frame.top || (config_.key_mode && !frame.key_picture),
        .picture_id = stream.picture_id,
        .long_picture_id = true,
        .has_layers = true,
        .temporal_id = truth.temporal,
        .switch_up = frame.switch_up,
        .spatial_id = truth.spatial,
        .inter_layer = truth.spatial > 0 && (frame.key_picture || !config_.key_mode)};
    if (!d.flexible) d.tl0_pic_idx = stream.tl0;
    for (const int place : frame.places) {
      const auto& sent = stream.sent[truth.spatial][static_cast<size_t>(place)];
      if (d.flexible)
        d.p_diffs.push_back(static_cast<uint8_t>((stream.picture_id - sent.picture_id) & 0x7fff));
    }
    if (frame.key_picture && truth.spatial == 0 && first)
      d.structure = rtp::Vp9Structure{.spatial_layers = config_.spatial,
                                      .has_resolutions = true,
                                      .resolutions = {{{320, 180}, {640, 360}, {1280, 720}}}};
    size = rtp::write_vp9_descriptor(out, d);
  } else if (config_.codec == rtp::Codec::kAv1) {
    out[size++] =
        rtp::write_av1_aggregation_header({.continues_obu = !first,
                                           .obu_continues = !last,
                                           .element_count = 1,
                                           .starts_coded_video_sequence = first && truth.key});
  } else {
    const uint8_t type = frame.key_picture ? 0x65 : 0x41;
    out[size++] = 0x7c;
    out[size++] = static_cast<uint8_t>((first ? 0x80 : 0) | (last ? 0x40 : 0) | (type & 0x1f));
    out[size++] = 0x88;
  }
  PARLEY_CHECK(size > 0);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

// Five templates for each spatial layer: key, base, first of the top layer, second, middle layer;
// in the order that the format needs. Decode target 3 s + t is spatial layer s with temporal layer
// t.
void LayeredPublisher::make_structure() {
  structure_.max_spatial = static_cast<uint8_t>(config_.spatial - 1);
  structure_.has_resolutions = true;
  structure_.first_template_id = 60;  // so that ids wrap
  for (uint8_t s = 0; s < config_.spatial; ++s) {
    for (uint8_t t = 0; t < 3; ++t) structure_.targets.push_back({.spatial = s, .temporal = t});
    structure_.resolutions[s] = {static_cast<uint16_t>(320 << s), static_cast<uint16_t>(180 << s)};
  }
  const auto indications = [&](uint8_t s, uint8_t t, bool key) {
    rtp::TargetIndications out;
    for (uint8_t big = s; big < config_.spatial; ++big) {
      if (big > s && config_.key_mode && !key) continue;
      for (uint8_t top = t; top < 3; ++top) {
        const uint32_t bit = uint32_t{1} << (3 * big + top);
        out.present |= bit;
        if (t == 2 || (t == 1 && top == 1)) continue;  // discardable
        (big > s && !key ? out.required : out.switches) |= bit;
      }
    }
    return out;
  };
  const auto add = [&](uint8_t s, uint8_t t, bool key, int pictures) {
    rtp::DependencyStructure::Template out{.spatial = s,
                                           .temporal = t,
                                           .indications = indications(s, t, key),
                                           .diffs = {},
                                           .chain_diffs = {}};
    if (pictures > 0) out.diffs.push_back(static_cast<uint8_t>(pictures * config_.spatial));
    if (s > 0 && (key || !config_.key_mode)) out.diffs.push_back(1);
    structure_.templates.push_back(out);
  };
  for (uint8_t s = 0; s < config_.spatial; ++s) {
    add(s, 0, true, 0);
    add(s, 0, false, 4);
    add(s, 1, false, 2);
    add(s, 2, false, 1);
    add(s, 2, false, 1);
  }
}

std::vector<uint8_t> LayeredPublisher::dependencies(const Stream& stream, const Frame& frame,
                                                    bool first, bool last) const {
  if (config_.codec != rtp::Codec::kAv1) return {};
  constexpr std::array<uint8_t, 4> kTemplate = {1, 3, 2, 4};
  const int index = frame.truth.spatial * 5 +
                    (frame.key_picture ? 0 : kTemplate[static_cast<size_t>(stream.phase % 4)]);
  const rtp::DependencyDescriptor d{
      .starts_frame = first,
      .ends_frame = last,
      .template_id = static_cast<uint8_t>((structure_.first_template_id + index) % 64),
      .frame_number = stream.frame_number,
      .has_structure = frame.truth.key && first};
  std::array<uint8_t, rtp::kMaxDependencyDescriptor> out{};
  const size_t size = rtp::write_dependency_descriptor(out, d, structure_);
  PARLEY_CHECK(size > 0);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace parley::sim
