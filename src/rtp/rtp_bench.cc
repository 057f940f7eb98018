// What one forwarded packet costs in this folder: parse, read extensions, write a new header, patch
// VP8.
#include <benchmark/benchmark.h>

#include <array>

#include "bench/count_allocations.h"
#include "rtp/header_extensions.h"
#include "rtp/packet.h"
#include "rtp/transport_feedback.h"
#include "rtp/vp8_descriptor.h"

namespace parley::rtp {
namespace {

constexpr HeaderExtensionIds kIds{.mid = 4, .rid = 10, .transport_sequence = 3, .abs_send_time = 2};

// A full-size video packet as Chrome sends it: three extensions, then VP8.
struct VideoPacket {
  std::array<uint8_t, 1200> bytes{};

  VideoPacket() {
    const auto sent = write_abs_send_time({.value = 0x123456});
    const auto sequence = write_transport_sequence(77);
    const ExtensionElement elements[] = {{2, sent}, {3, sequence}, {4, as_bytes("1")}};
    const size_t size = write_header(
        bytes, {.payload_type = 96, .sequence_number = 1, .ssrc = 0x1234, .extensions = elements});
    write_vp8_descriptor(MutableBytes(bytes).subspan(size), {.start_of_partition = true,
                                                             .picture_id = 0x1234,
                                                             .long_picture_id = true,
                                                             .tl0_pic_idx = 9,
                                                             .temporal_id = 0});
  }
};

void BM_ParsePacket(benchmark::State& state) {
  const VideoPacket packet;
  const CountAllocations count(state);
  for (auto _ : state) {
    auto view = PacketView::parse(packet.bytes);
    benchmark::DoNotOptimize(view);
  }
}
BENCHMARK(BM_ParsePacket);

void BM_ParsePacketAndExtensions(benchmark::State& state) {
  const VideoPacket packet;
  const CountAllocations count(state);
  for (auto _ : state) {
    const auto view = PacketView::parse(packet.bytes);
    auto extensions = parse_header_extensions(*view, kIds);
    benchmark::DoNotOptimize(extensions);
  }
}
BENCHMARK(BM_ParsePacketAndExtensions);

void BM_WriteHeader(benchmark::State& state) {
  std::array<uint8_t, 64> out;
  const auto sent = write_abs_send_time({.value = 0x123456});
  const auto sequence = write_transport_sequence(77);
  const ExtensionElement elements[] = {{2, sent}, {3, sequence}, {4, as_bytes("1")}};
  const CountAllocations count(state);
  for (auto _ : state) {
    auto size = write_header(
        out, {.payload_type = 96, .ssrc = 0x1234, .csrc = 0x5678, .extensions = elements});
    benchmark::DoNotOptimize(size);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_WriteHeader);

void BM_PatchVp8(benchmark::State& state) {
  VideoPacket packet;
  const auto view = PacketView::parse(packet.bytes);
  const MutableBytes payload = MutableBytes(packet.bytes).subspan(view->header_size());
  uint16_t picture_id = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    const auto descriptor = parse_vp8_descriptor(payload);
    set_picture_id(payload, descriptor->places, ++picture_id);
    set_tl0_pic_idx(payload, descriptor->places, static_cast<uint8_t>(picture_id));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_PatchVp8);

void BM_WriteAndParseTransportFeedback(benchmark::State& state) {
  std::array<PacketArrival, 100> arrivals;
  for (uint16_t i = 0; i < arrivals.size(); ++i) {
    arrivals[i] = {static_cast<uint16_t>(i + i / 10), TimeDelta::micros(400 * i)};
  }
  std::array<uint8_t, 1200> out;
  TransportFeedback feedback;
  const CountAllocations count(state);
  for (auto _ : state) {
    ByteWriter writer(out);
    write_transport_feedback(writer, {}, arrivals);
    const auto block = RtcpReader(writer.written()).next();
    auto result = parse_transport_feedback(*block, feedback);
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(arrivals.size()));
}
BENCHMARK(BM_WriteAndParseTransportFeedback);

}  // namespace
}  // namespace parley::rtp
