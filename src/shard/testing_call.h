// For tests and benches: a shard with one publisher and N viewers, connected by hand with real DTLS
// and SRTP, and a way to push one packet through.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "dtls/certificate.h"
#include "rtp/header_extensions.h"
#include "rtp/packet.h"
#include "rtp/vp8_descriptor.h"
#include "shard/shard.h"
#include "transport/client_transport.h"

namespace parley::shard {

class TestingCall {
 public:
  // `extensions`: what viewers negotiated.
  explicit TestingCall(size_t viewers, const rtp::HeaderExtensionIds& extensions = {})
      : extensions_(extensions),
        certificate_(dtls::Certificate::generate().value()),
        shard_(certificate_, random_) {
    for (size_t i = 0; i <= viewers; ++i) add_client(i);
    connect();
    for (size_t i = 1; i <= viewers; ++i) {
      shard_.handle_command(media::SetView{peer(i), {{kTrack, 1280, 720, 0}}}, now_);
      drain();
    }
    for (auto& packet : make_video_packets(1, true)) forward(packet);
  }

  // Encrypted packets of the publisher's camera, `size` bytes before SRTP, nine to a frame.
  std::vector<std::vector<uint8_t>> make_video_packets(size_t count, bool key = false,
                                                       size_t size = 1'200) {
    std::vector<std::vector<uint8_t>> out;
    for (size_t i = 0; i < count; ++i) {
      std::vector<uint8_t> buffer(1'300);
      const auto number = rtp::write_transport_sequence(transport_sequence_++);
      const std::array<rtp::ExtensionElement, 2> extensions = {{{4, as_bytes("1")}, {3, number}}};
      const bool first = sequence_ % 9 == 0 || key;
      const size_t header =
          rtp::write_header(buffer, {.payload_type = 96,
                                     .marker = sequence_ % 9 == 8,
                                     .sequence_number = sequence_,
                                     .timestamp = static_cast<uint32_t>(sequence_ / 9 * 3000),
                                     .ssrc = 4711,
                                     .csrc = std::nullopt,
                                     .extensions = extensions});
      rtp::Vp8Descriptor descriptor;
      descriptor.start_of_partition = first;
      descriptor.picture_id = static_cast<uint16_t>(sequence_ / 9 & 0x7fff);
      descriptor.long_picture_id = true;
      descriptor.tl0_pic_idx = static_cast<uint8_t>(sequence_ / 9);
      const size_t head =
          header + rtp::write_vp8_descriptor(MutableBytes(buffer).subspan(header), descriptor);
      const std::array<uint8_t, 10> frame = {
          static_cast<uint8_t>(key ? 0x10 : 0x11), 0, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2};
      std::ranges::copy(frame, buffer.begin() + static_cast<std::ptrdiff_t>(head));
      const auto sealed = clients_[0]->channel().protect_rtp(buffer, size);
      out.emplace_back(sealed->begin(), sealed->end());
      ++sequence_;
    }
    return out;
  }

  // Pushes one datagram of the publisher through; the number of datagrams that come out. Allocates
  // nothing of its own.
  size_t forward(std::vector<uint8_t>& datagram) {
    now_ = now_ + TimeDelta::micros(100);
    shard_.handle_datagram({kServer, address(0)}, datagram, now_);
    return poll().datagrams;
  }
  // The same with several that came at once.
  struct Forwarded {
    size_t datagrams = 0;
    size_t runs = 0;
    Forwarded& operator+=(const Forwarded& more) {
      datagrams += more.datagrams;
      runs += more.runs;
      return *this;
    }
  };
  Forwarded forward(std::span<std::vector<uint8_t>> datagrams) {
    now_ = now_ + TimeDelta::micros(100);
    Forwarded out;
    for (auto& datagram : datagrams) {
      shard_.handle_datagram({kServer, address(0)}, datagram, now_);
      if (shard_.wants_poll()) out += poll();
    }
    return out += poll();
  }
  // What there is to send now.
  Forwarded poll() {
    Forwarded out;
    for (auto runs = shard_.poll_runs(); !runs.empty(); runs = shard_.poll_runs()) {
      out.runs += runs.size();
      for (const DatagramRun& run : runs) out.datagrams += run.count();
    }
    return out;
  }
  // The shard's own tick, as a media thread would give it.
  void tick() {
    now_ = now_ + TimeDelta::millis(20);
    shard_.handle_timeout(now_);
    poll();
  }
  void command(const media::Command& command) {
    shard_.handle_command(command, now_);
    drain();
  }
  Shard& shard() { return shard_; }
  transport::ClientTransport& client(size_t i) { return *clients_[i]; }
  Timestamp now() const { return now_; }

  static constexpr TrackId kTrack{7};
  static inline const SocketAddress kServer{IpAddress::v4(10, 0, 0, 1), 3478};
  static constexpr rtp::CodecParameters kVp8{
      .codec = rtp::Codec::kVp8, .payload_type = 96, .rtx_payload_type = 97};
  // The publisher's camera.
  static media::TrackDescription track() {
    return {.id = kTrack,
            .kind = rtp::MediaKind::kVideo,
            .group = 1,
            .mid = "1",
            .rids = {},
            .ssrcs = {},
            .codecs = {kVp8},
            .extensions = {.mid = 4, .transport_sequence = 3}};
  }
  static PeerId peer(size_t i) { return PeerId{static_cast<uint32_t>(i + 1)}; }
  static SocketAddress address(size_t i) {
    return {IpAddress::v4(10, 0, 1, 1), static_cast<uint16_t>(10'000 + i)};
  }

 private:
  void add_client(size_t i) {
    const ice::Credentials server = ice::Credentials::draw(random_);
    const ice::Credentials client = ice::Credentials::draw(random_);
    media::PeerDescription d;
    d.local = {server.ufrag, server.password};
    d.remote = {client.ufrag, client.password};
    d.remote_fingerprint = certificate_.fingerprint_sha256();
    if (i == 0) {
      d.tracks.push_back(track());
    } else {
      d.slots.push_back(
          {.id = SlotId{1},
           .kind = rtp::MediaKind::kVideo,
           .mid = "2",
           .ssrc = {static_cast<uint32_t>(1'000 + i), static_cast<uint32_t>(500'000 + i)},
           .codecs = {kVp8},
           .extensions = extensions_});
    }
    shard_.handle_command(media::CreatePeer{RouterId{1}, peer(i), d}, now_);
    clients_.push_back(std::make_unique<transport::ClientTransport>(certificate_, client, random_));
    clients_[i]->connect(address(i), server, {&kServer, 1}, certificate_.fingerprint_sha256(),
                         now_);
  }

  void connect() {
    for (int round = 0; round < 2'000; ++round) {
      bool all = true;
      for (size_t i = 0; i < clients_.size(); ++i) {
        clients_[i]->handle_timeout(now_);
        transport::PeerTransport::Output output;
        while (clients_[i]->poll_output(output)) {
          std::vector<uint8_t> bytes(output.bytes.begin(), output.bytes.end());
          shard_.handle_datagram({kServer, address(i)}, bytes, now_);
          drain();
        }
        all = all && clients_[i]->connected();
      }
      if (all) return;
      now_ = now_ + TimeDelta::millis(10);
    }
    PARLEY_CHECK(false);
  }

  void drain() {
    for (auto runs = shard_.poll_runs(); !runs.empty(); runs = shard_.poll_runs()) {
      for (const DatagramRun& run : runs) {
        for (size_t i = 0; i < run.count(); ++i) {
          const Bytes datagram = run.datagram(i);
          std::vector<uint8_t> bytes(datagram.begin(), datagram.end());
          clients_[run.path.remote.port - 10'000u]->handle_datagram(
              {run.path.remote, run.path.local}, bytes, now_);
        }
      }
    }
  }

  const rtp::HeaderExtensionIds extensions_;
  SeededRandom random_{1};
  dtls::Certificate certificate_;
  Shard shard_;
  std::vector<std::unique_ptr<transport::ClientTransport>> clients_;
  Timestamp now_ = Timestamp::seconds(10);
  uint16_t sequence_ = 0;
  uint16_t transport_sequence_ = 0;
};

}  // namespace parley::shard
