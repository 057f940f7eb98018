// Cost of one 1,200-byte packet by profile and backend.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/count_allocations.h"
#include "srtp/context.h"
#include "srtp/test_bytes.h"

namespace parley::srtp {
namespace {

constexpr size_t kPayload = 1188;  // 1,200 bytes with the header

struct Case {
  const char* name;
  Profile profile;
  Backend backend;
};
constexpr Case kCases[] = {
    {"gcm128/ipsec_mb", Profile::kAeadAes128Gcm, Backend::kIpsecMb},
    {"gcm128/openssl", Profile::kAeadAes128Gcm, Backend::kOpenSsl},
    {"gcm256/ipsec_mb", Profile::kAeadAes256Gcm, Backend::kIpsecMb},
    {"gcm256/openssl", Profile::kAeadAes256Gcm, Backend::kOpenSsl},
    {"cm_sha1_80/openssl", Profile::kAes128CmSha1_80, Backend::kOpenSsl},
};

void protect_to(benchmark::State& state, Case which) {
  SenderContext sender(test_key(which.profile), which.backend);
  const Packet plain = rtp_packet(1, 0, kPayload);
  std::array<uint8_t, 12> header;
  std::copy_n(plain.begin(), 12, header.begin());
  std::array<uint8_t, 1500> out;
  uint16_t sequence = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    store_be16(&header[2], sequence++);
    benchmark::DoNotOptimize(sender.protect_rtp_to(header, Bytes(plain).subspan(12), out));
  }
  state.SetLabel(std::string(sender.backend_name()));
}

// One payload to 500 subscribers in turn, each with keys of its own, as the SFU does.
void protect_fan_out(benchmark::State& state, Case which) {
  std::vector<SenderContext> senders;
  for (uint64_t i = 0; i < 500; ++i) {
    senders.emplace_back(test_key(which.profile, i), which.backend, 8);
  }
  const Packet plain = rtp_packet(1, 0, kPayload);
  std::array<uint8_t, 12> header;
  std::copy_n(plain.begin(), 12, header.begin());
  std::array<uint8_t, 1500> out;
  size_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    store_be16(&header[2], static_cast<uint16_t>(i / senders.size()));
    auto& sender = senders[i++ % senders.size()];
    benchmark::DoNotOptimize(sender.protect_rtp_to(header, Bytes(plain).subspan(12), out));
  }
}

void unprotect(benchmark::State& state, Case which) {
  SenderContext sender(test_key(which.profile), which.backend);
  ReceiverContext receiver(test_key(which.profile), which.backend);
  // Sealed in advance, played again and again to a forgetful receiver. Decryption is in place, so
  // each packet is copied first, which is measured too (about 20 ns).
  constexpr size_t kPackets = 4096;
  std::vector<Packet> sealed;
  for (size_t i = 0; i < kPackets; ++i) {
    Packet packet = rtp_packet(1, static_cast<uint16_t>(i), kPayload);
    packet.resize(packet.size() + sender.rtp_overhead());
    if (!sender.protect_rtp(packet, packet.size() - sender.rtp_overhead())) std::abort();
    sealed.push_back(packet);
  }
  std::array<uint8_t, 1500> buffer;
  size_t i = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    if (i == kPackets) {
      i = 0;
      receiver.remove_ssrc(1);
    }
    std::ranges::copy(sealed[i++], buffer.begin());
    const auto size = receiver.unprotect_rtp(MutableBytes(buffer).first(sealed[0].size()));
    if (!size) state.SkipWithError("refused");
  }
}

const bool g_registered = [] {
  for (const Case& which : kCases) {
    const auto name = [&](const char* what) { return std::string(what) + "/" + which.name; };
    benchmark::RegisterBenchmark(name("protect").c_str(), protect_to, which);
    benchmark::RegisterBenchmark(name("protect_500_keys").c_str(), protect_fan_out, which);
    benchmark::RegisterBenchmark(name("unprotect").c_str(), unprotect, which);
  }
  return true;
}();

}  // namespace
}  // namespace parley::srtp
