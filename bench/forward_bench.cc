// A media thread as the server runs it, with its socket, forwarding one camera to N viewers over
// loopback, real DTLS and SRTP for all: processor time of the thread for each packet sent, as JSON.
//
// Everything else is left out, so that this is what to profile. Viewers listen on 127.1.0.1,
// 127.1.0.2, …; under bench/drop_net.sh their media is dropped behind the server's stack. With
// --feedback they number packets and tell of their arrival, so that they are measured and paced.
#include <dirent.h>
#include <poll.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/media_thread.h"
#include "base/check.h"
#include "base/random.h"
#include "congestion/arrival_recorder.h"
#include "dtls/certificate.h"
#include "rtp/header_extensions.h"
#include "rtp/packet.h"
#include "rtp/vp8_descriptor.h"
#include "shard/shard.h"
#include "transport/client_transport.h"
#include "transport/congestion_feedback.h"

namespace parley {
namespace {

struct Options {
  size_t viewers = 100;
  int kbps = 1'500;
  int fps = 30;
  size_t size = 1'200;
  int seconds = 5;
  bool feedback = false;
  bool spread = false;  // packets of a frame come singly, not at once
};

using Thread = app::MediaThread<shard::Shard>;
constexpr TrackId kTrack{7};
constexpr uint8_t kTransportSequence = 3;

struct Client {
  Client(const dtls::Certificate& certificate, const ice::Credentials& credentials,
         RandomSource& random)
      : transport(certificate, credentials, random) {}
  transport::ClientTransport transport;
  SocketAddress address;
  congestion::ArrivalRecorder arrivals;
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        certificate_(dtls::Certificate::generate().value()),
        publisher_socket_(io::UdpSocket::bind(std::nullopt, 0).value()),
        viewer_socket_(io::UdpSocket::bind(std::nullopt, 0).value()) {
    auto socket = app::bind_media_socket(0, 0);
    PARLEY_CHECK(socket.has_value());
    server_ = {IpAddress::v4(127, 0, 0, 1), socket->port()};
    thread_ = std::make_unique<Thread>(
        std::move(*socket), std::make_unique<shard::Shard>(certificate_, random_), "bench-media");
  }

  int run() {
    for (size_t i = 0; i <= options_.viewers; ++i) add_client(i);
    if (!connect()) {
      std::fprintf(stderr, "not everybody connected\n");
      return 1;
    }
    for (size_t i = 1; i <= options_.viewers; ++i)
      PARLEY_CHECK(thread_->send(media::SetView{peer(i), {{kTrack, 1280, 720, 0}}}));
    stream(TimeDelta::seconds(options_.feedback ? 8 : 1));
    const Used before = used();
    stream(TimeDelta::seconds(options_.seconds));
    report(before, used());
    return 0;
  }

 private:
  struct Used {
    int64_t ns = 0;
    uint64_t sent = 0;
    uint64_t messages = 0;
    uint64_t wakeups = 0;
    uint64_t received = 0;
  };

  static PeerId peer(size_t i) { return PeerId{static_cast<uint32_t>(i + 1)}; }
  SocketAddress address_of(size_t i) const {
    if (i == 0) return {IpAddress::v4(127, 0, 0, 1), publisher_socket_.port()};
    const auto host = static_cast<uint32_t>(0x7f010000 + i);
    return {IpAddress::v4(host), viewer_socket_.port()};
  }
  Client* client_at(const IpAddress& local) {
    const size_t i = local.v4_host_order() - 0x7f010000;
    return local.is_v4() && i > 0 && i < clients_.size() ? clients_[i].get() : nullptr;
  }

  void add_client(size_t i) {
    const ice::Credentials server = ice::Credentials::draw(random_);
    const ice::Credentials client = ice::Credentials::draw(random_);
    media::PeerDescription d;
    d.local = {server.ufrag, server.password};
    d.remote = {client.ufrag, client.password};
    d.remote_fingerprint = certificate_.fingerprint_sha256();
    const rtp::CodecParameters vp8{
        .codec = rtp::Codec::kVp8, .payload_type = 96, .rtx_payload_type = 97};
    const uint8_t numbers = options_.feedback || i == 0 ? kTransportSequence : uint8_t{0};
    if (i == 0) {
      d.tracks.push_back({.id = kTrack,
                          .kind = rtp::MediaKind::kVideo,
                          .group = 1,
                          .mid = "1",
                          .rids = {},
                          .ssrcs = {},
                          .codecs = {vp8},
                          .extensions = {.mid = 4, .transport_sequence = numbers}});
    } else {
      d.slots.push_back(
          {.id = SlotId{1},
           .kind = rtp::MediaKind::kVideo,
           .mid = "2",
           .ssrc = {static_cast<uint32_t>(10'000 + i), static_cast<uint32_t>(500'000 + i)},
           .codecs = {vp8},
           .extensions = {.transport_sequence = numbers}});
    }
    PARLEY_CHECK(thread_->send(media::CreatePeer{RouterId{1}, peer(i), d}));
    clients_.push_back(std::make_unique<Client>(certificate_, client, random_));
    clients_[i]->address = address_of(i);
    clients_[i]->transport.connect(clients_[i]->address, server, {&server_, 1},
                                   certificate_.fingerprint_sha256(), io::monotonic_now());
  }

  void flush(Client& client, io::UdpSocket& socket) {
    transport::PeerTransport::Output out;
    while (client.transport.poll_output(out)) {
      const io::OutgoingDatagram datagram{out.path, out.bytes};
      socket.send({&datagram, 1});
    }
  }

  bool connect() {
    const Timestamp limit = io::monotonic_now() + TimeDelta::seconds(60);
    while (io::monotonic_now() < limit) {
      bool all = true;
      const Timestamp now = io::monotonic_now();
      for (size_t i = 0; i < clients_.size(); ++i) {
        Client& client = *clients_[i];
        if (!client.transport.connected()) client.transport.handle_timeout(now);
        flush(client, i == 0 ? publisher_socket_ : viewer_socket_);
        all = all && client.transport.connected();
      }
      if (all) return true;
      read(TimeDelta::millis(2));
    }
    return false;
  }

  // Reads what has come until `wait` is over.
  void read(TimeDelta wait) {
    const Timestamp end = io::monotonic_now() + wait;
    for (;;) {
      const Timestamp now = io::monotonic_now();
      std::array<pollfd, 2> fds{
          {{publisher_socket_.fd(), POLLIN, 0}, {viewer_socket_.fd(), POLLIN, 0}}};
      const int64_t left_us = std::max<int64_t>(0, (end - now).us());
      const timespec patience{.tv_sec = left_us / 1'000'000, .tv_nsec = left_us % 1'000'000 * 1000};
      if (ppoll(fds.data(), fds.size(), &patience, nullptr) <= 0) return;
      if (publisher_socket_.receive(batch_) > 0) {
        for (const auto& d : batch_.datagrams())
          clients_[0]->transport.handle_datagram(d.path, d.bytes, now);
        flush(*clients_[0], publisher_socket_);
      }
      if (viewer_socket_.receive(batch_) > 0) {
        for (const auto& d : batch_.datagrams()) take(d, now);
      }
      if (now >= end) return;
    }
  }

  void take(const io::ReceivedDatagram& d, Timestamp now) {
    Client* client = client_at(d.path.local.ip);
    if (!client) return;
    const bool media = transport::classify(d.bytes) == transport::PacketClass::kRtp &&
                       !(d.bytes[1] >= 192 && d.bytes[1] <= 223);
    if (!media) {
      client->transport.handle_datagram(d.path, d.bytes, now);
      flush(*client, viewer_socket_);
      return;
    }
    ++viewer_packets_;
    if (!options_.feedback) return;
    const auto view = rtp::PacketView::parse(d.bytes);
    const auto number = view ? rtp::find_extension(*view, kTransportSequence) : Bytes{};
    if (number.size() == 2) client->arrivals.on_packet(load_be16(number.data()), now);
  }

  void send_feedback() {
    const Timestamp now = io::monotonic_now();
    for (size_t i = 1; i < clients_.size(); ++i) {
      Client& client = *clients_[i];
      client.transport.handle_timeout(now);
      flush(client, viewer_socket_);
      std::array<uint8_t, 1'400> buffer;
      while (options_.feedback && client.arrivals.is_due(now)) {
        const size_t size = transport::write_arrivals(client.arrivals, {.sender = 1, .media = 4711},
                                                      MutableBytes(buffer).first(1'150), now);
        if (size == 0) break;
        const auto sealed = client.transport.channel().protect_rtcp(buffer, size);
        const auto path = client.transport.media_path();
        if (!sealed || !path) break;
        const io::OutgoingDatagram datagram{*path, *sealed};
        viewer_socket_.send({&datagram, 1});
      }
    }
  }

  // Frames at their rate; packets of all of them `size` bytes.
  void stream(TimeDelta time) {
    const Timestamp begin = io::monotonic_now();
    const double packets_a_frame =
        options_.kbps * 1000.0 / 8 / options_.fps / static_cast<double>(options_.size);
    double owed = 0;
    for (int64_t frame = 0;; ++frame) {
      const Timestamp due = begin + TimeDelta::micros(frame * 1'000'000 / options_.fps);
      if (due - begin >= time) return;
      while (io::monotonic_now() < due) {
        read(std::min(due - io::monotonic_now(), TimeDelta::millis(10)));
        send_feedback();
      }
      owed += packets_a_frame;
      const auto count = static_cast<size_t>(std::max(1.0, owed));
      owed -= static_cast<double>(count);
      send_frame(count, due);
      media::Event event;
      for (auto& e : thread_->take_events()) event = std::move(e);
    }
  }

  void send_frame(size_t count, Timestamp due) {
    const bool key = frame_ % (options_.fps * 10) == 0;
    std::vector<uint8_t> bytes(count * (options_.size + 16));
    DatagramRun run{
        *clients_[0]->transport.media_path(), {}, static_cast<uint16_t>(options_.size + 16)};
    for (size_t i = 0; i < count; ++i) {
      const MutableBytes out =
          MutableBytes(bytes).subspan(i * (options_.size + 16), options_.size + 16);
      write_packet(out, i, count, key);
      if (!options_.spread) continue;
      while (io::monotonic_now() < due + TimeDelta::micros(static_cast<int64_t>(i) * 4'000))
        read(TimeDelta::millis(1));
      run.bytes = out;
      publisher_socket_.send({&run, 1});
    }
    run.bytes = bytes;
    if (!options_.spread) publisher_socket_.send({&run, 1});
    ++frame_;
  }

  void write_packet(MutableBytes out, size_t index, size_t count, bool key) {
    const auto number = rtp::write_transport_sequence(transport_sequence_++);
    const std::array<rtp::ExtensionElement, 2> extensions = {
        {{4, as_bytes("1")}, {kTransportSequence, number}}};
    const size_t header =
        rtp::write_header(out, {.payload_type = 96,
                                .marker = index + 1 == count,
                                .sequence_number = sequence_++,
                                .timestamp = static_cast<uint32_t>(frame_ * 90'000 / options_.fps),
                                .ssrc = 4711,
                                .csrc = std::nullopt,
                                .extensions = extensions});
    rtp::Vp8Descriptor descriptor;
    descriptor.start_of_partition = index == 0;
    descriptor.picture_id = static_cast<uint16_t>(frame_ & 0x7fff);
    descriptor.long_picture_id = true;
    descriptor.tl0_pic_idx = static_cast<uint8_t>(frame_);
    const size_t head = header + rtp::write_vp8_descriptor(out.subspan(header), descriptor);
    const std::array<uint8_t, 10> picture = {
        static_cast<uint8_t>(key ? 0x10 : 0x11), 0, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2};
    std::ranges::copy(picture, out.begin() + static_cast<std::ptrdiff_t>(head));
    PARLEY_CHECK(clients_[0]->transport.channel().protect_rtp(out, options_.size).has_value());
  }

  // Time on a processor of the media thread, in user and kernel mode.
  static int64_t media_thread_ns() {
    DIR* tasks = opendir("/proc/self/task");
    int64_t ns = -1;
    while (const dirent* task = readdir(tasks)) {
      const std::string place = std::string("/proc/self/task/") + task->d_name;
      std::string name;
      std::ifstream(place + "/comm") >> name;
      if (name == "bench-media") std::ifstream(place + "/schedstat") >> ns;
    }
    closedir(tasks);
    PARLEY_CHECK(ns >= 0);
    return ns;
  }
  Used used() const {
    const auto& c = thread_->counters();
    return {media_thread_ns(), c.datagrams_sent.load(), c.send_messages.load(), c.wakeups.load(),
            viewer_packets_};
  }
  void report(const Used& from, const Used& to) const {
    const auto sent = static_cast<double>(to.sent - from.sent);
    std::printf(
        "{\"viewers\": %zu, \"feedback\": %s, \"spread\": %s, \"packets_per_s\": %.0f, "
        "\"ns_per_packet\": %.1f, \"mean_run\": %.2f, \"wakeups_per_s\": %.0f, \"arrived\": "
        "%.3f}\n",
        options_.viewers, options_.feedback ? "true" : "false", options_.spread ? "true" : "false",
        sent / options_.seconds, static_cast<double>(to.ns - from.ns) / sent,
        sent / static_cast<double>(to.messages - from.messages),
        static_cast<double>(to.wakeups - from.wakeups) / options_.seconds,
        static_cast<double>(to.received - from.received) / sent);
  }

  Options options_;
  SeededRandom random_{1};
  dtls::Certificate certificate_;
  io::UdpSocket publisher_socket_;
  io::UdpSocket viewer_socket_;
  SocketAddress server_;
  std::unique_ptr<Thread> thread_;
  std::vector<std::unique_ptr<Client>> clients_;
  io::ReceiveBatch batch_;
  int64_t frame_ = 0;
  uint16_t sequence_ = 0;
  uint16_t transport_sequence_ = 0;
  uint64_t viewer_packets_ = 0;
};

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  parley::Options options;
  CLI::App app("A media thread that forwards one camera to many viewers over loopback.");
  app.add_option("--viewers", options.viewers)->check(CLI::Range(1, 5'000));
  app.add_option("--kbps", options.kbps)->check(CLI::Range(50, 20'000));
  app.add_option("--fps", options.fps)->check(CLI::Range(1, 120));
  app.add_option("--size", options.size, "bytes of a packet before encryption")
      ->check(CLI::Range(100, 1'400));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 600));
  app.add_flag("--feedback", options.feedback, "viewers are measured and paced");
  app.add_flag("--spread", options.spread, "packets come singly, 4 ms apart");
  CLI11_PARSE(app, argc, argv);
  return parley::Bench(options).run();
}
