#include "shard/egress.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "rtp/packet.h"

namespace parley::shard {
namespace {

// The viewer's counters in a payload that all viewers share, for as long as this lives: so a packet
// is encrypted from there to where it leaves in one pass. Payloads lie in buffers of this thread.
class BorrowedPayload {
 public:
  // Behind this no payload descriptor has counters: VP8's has six bytes, VP9's five before its
  // references.
  static constexpr size_t kTouched = 8;

  explicit BorrowedPayload(const sfu::ForwardPlan& plan)
      : bytes_(const_cast<uint8_t*>(plan.payload.data())) {
    std::memcpy(saved_.data(), bytes_, kTouched);
    sfu::patch_payload(plan, {bytes_, plan.payload.size()});
  }
  ~BorrowedPayload() { std::memcpy(bytes_, saved_.data(), kTouched); }
  BorrowedPayload(const BorrowedPayload&) = delete;
  BorrowedPayload& operator=(const BorrowedPayload&) = delete;

 private:
  uint8_t* bytes_;
  std::array<uint8_t, kTouched> saved_;
};

using Form = rtp::ExtensionWriter::Form;

// The header, with those extensions that the viewer negotiated. Its size; 0 if they don't fit the
// form, or `out`.
size_t write_header(const sfu::ForwardPlan& plan, const Egress::Departure& departure, bool padded,
                    Form form, MutableBytes out) {
  constexpr size_t kFixed = rtp::kFixedHeaderSize + sizeof plan.csrc;
  const rtp::HeaderExtensionIds& ids = *plan.extensions;
  rtp::ExtensionWriter writer(out.subspan(kFixed), form);
  if (ids.audio_level != 0 && plan.audio_level)
    writer.add(ids.audio_level,
               rtp::write_audio_level({.level = *plan.audio_level, .voice = false}));
  if (ids.video_orientation != 0 && plan.orientation)
    writer.add(ids.video_orientation, {&*plan.orientation, 1});
  if (ids.abs_send_time != 0)
    writer.add(ids.abs_send_time, rtp::write_abs_send_time(departure.send_time));
  if (ids.transport_sequence != 0)
    writer.add(ids.transport_sequence, rtp::write_transport_sequence(departure.transport_sequence));
  std::array<uint8_t, UINT8_MAX> dependencies;
  if (ids.dependency_descriptor != 0 && !plan.dependencies.empty() &&
      plan.dependencies.size() <= dependencies.size()) {
    const MutableBytes descriptor = MutableBytes(dependencies).first(plan.dependencies.size());
    std::ranges::copy(plan.dependencies, descriptor.begin());
    sfu::patch_dependencies(plan, descriptor);
    writer.add(ids.dependency_descriptor, descriptor);
  }
  const size_t extensions = writer.finish();
  if (!writer.ok()) return 0;
  rtp::write_fixed_header(out,
                          {.payload_type = plan.payload_type,
                           .marker = plan.marker,
                           .sequence_number = plan.sequence,
                           .timestamp = plan.rtp_time,
                           .ssrc = plan.ssrc,
                           .csrc = plan.csrc,
                           .padding = padded},
                          extensions != 0);
  return kFixed + extensions;
}

}  // namespace

Egress::Egress() : bytes_(std::make_unique_for_overwrite<uint8_t[]>(kArenaBytes)) {
  runs_.reserve(kArenaRuns);
}

std::span<const DatagramRun> Egress::take() {
  if (taken_) return {};
  taken_ = true;
  extendable_ = 0;
  return runs_;
}

size_t Egress::seal(const sfu::ForwardPlan& plan, transport::SecureChannel& channel,
                    const Departure& departure, MutableBytes buffer) {
  const size_t padding = size_t{plan.padding} + departure.padding;
  if (padding > UINT8_MAX) return 0;
  // The short form nearly always fits.
  size_t at = write_header(plan, departure, padding != 0, Form::kOneByte, buffer);
  if (at == 0) at = write_header(plan, departure, padding != 0, Form::kTwoByte, buffer);
  if (at == 0 || at + 2 + plan.payload.size() + padding > buffer.size()) return 0;
  if (!plan.original_sequence && padding == 0 && plan.payload.size() >= BorrowedPayload::kTouched) {
    const BorrowedPayload borrowed(plan);
    return channel.protect_rtp_to(buffer.first(at), plan.payload, buffer).value_or(Bytes{}).size();
  }
  if (plan.original_sequence) {
    store_be16(&buffer[at], *plan.original_sequence);
    at += 2;
  }
  const MutableBytes payload = buffer.subspan(at, plan.payload.size());
  if (!payload.empty()) std::memcpy(payload.data(), plan.payload.data(), payload.size());
  sfu::patch_payload(plan, payload);
  at += payload.size();
  if (padding != 0) {
    std::ranges::fill(buffer.subspan(at, padding), uint8_t{0});
    at += padding;
    buffer[at - 1] = static_cast<uint8_t>(padding);
  }
  return channel.protect_rtp(buffer, at).value_or(Bytes{}).size();
}

}  // namespace parley::shard
