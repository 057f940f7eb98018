// Media threads as the server runs them, with their sockets, forwarding over loopback, real DTLS
// and SRTP for all: processor time of the threads for each packet sent, as JSON.
//
// Everything else is left out, so that this is what to profile. Clients are on 127.1.0.1,
// 127.1.0.2, …; under bench/drop_net.sh their media is dropped behind the server's stack. With
// --feedback they number packets and tell of their arrival, so that they are measured and paced.
//
// --threads spreads the viewers over several media threads, each on its core, which relay to each
// other. --fill sends a picture whenever no more than one is still to leave: how many packets a
// second come out then is the most that the threads can do.
#include <dirent.h>
#include <poll.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
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

enum class Shape : uint8_t {
  kBroadcast,  // one camera, the others watch
  kMeeting,    // a camera each, and a slot for every other
  kAudio,      // a microphone each, three of whom speak all the time, and three slots
};

struct Options {
  Shape shape = Shape::kBroadcast;
  size_t people = 101;
  size_t threads = 1;
  bool fill = false;
  int kbps = 1'500;
  int fps = 30;
  size_t size = 1'200;
  int seconds = 5;
  bool feedback = false;
  bool spread = false;  // packets of a frame come singly, not at once
};

using Thread = app::MediaThread<shard::Shard>;
constexpr RouterId kRoom{1};
constexpr size_t kVoices = 3;
constexpr size_t kSoundBytes = 100;
constexpr uint8_t kLevel = 1;
constexpr uint8_t kTransportSequence = 3;
constexpr rtp::CodecParameters kVp8{
    .codec = rtp::Codec::kVp8, .payload_type = 96, .rtx_payload_type = 97};
constexpr rtp::CodecParameters kOpus{
    .codec = rtp::Codec::kOpus, .payload_type = 111, .clock_rate = 48'000};

struct Client {
  Client(const dtls::Certificate& certificate, const ice::Credentials& credentials,
         RandomSource& random, io::UdpSocket& own)
      : transport(certificate, credentials, random), socket(own) {}
  transport::ClientTransport transport;
  io::UdpSocket& socket;
  SocketAddress address;
  congestion::ArrivalRecorder arrivals;
  // Of what it publishes.
  int64_t frame = 0;
  uint16_t sequence = 0;
  uint16_t transport_sequence = 0;
  double owed_packets = 0;
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        certificate_(dtls::Certificate::generate().value()),
        publisher_socket_(io::UdpSocket::bind(std::nullopt, 0).value()),
        viewer_socket_(io::UdpSocket::bind(std::nullopt, 0).value()),
        mesh_(options.threads) {
    for (size_t i = 0; i < options.threads; ++i) {
      auto socket = app::bind_media_socket(0, 0);
      PARLEY_CHECK(socket.has_value());
      servers_.emplace_back(IpAddress::v4(127, 0, 0, 1), socket->port());
      threads_.push_back(std::make_unique<Thread>(
          std::move(*socket), std::make_unique<shard::Shard>(certificate_, random_),
          "bench-media" + std::to_string(i), &mesh_, i));
    }
    for (const auto& [core, id] : media_threads()) pin(id, core);
    if (options.threads == 1) pin(0, 1);
  }

  int run() {
    for (size_t i = 0; i < options_.people; ++i) add_client(i);
    link();
    if (!connect()) {
      std::fprintf(stderr, "not everybody connected\n");
      return 1;
    }
    look();
    stream(TimeDelta::seconds(options_.feedback ? 8 : 1));
    const Used before = used();
    stream(TimeDelta::seconds(options_.seconds));
    return report(before, used()) ? 0 : 1;
  }

 private:
  struct Used {
    Timestamp at;
    int64_t ns = 0;
    uint64_t sent = 0;
    uint64_t rtp = 0;
    uint64_t messages = 0;
    uint64_t wakeups = 0;
    uint64_t received = 0;
  };

  // Who is there --------------------------------------------------------------------------------

  static PeerId peer(size_t i) { return PeerId{static_cast<uint32_t>(i + 1)}; }
  static TrackId track(size_t i) { return TrackId{static_cast<uint32_t>(i + 7)}; }
  bool is_audio() const { return options_.shape == Shape::kAudio; }
  size_t publishers() const {
    switch (options_.shape) {
      case Shape::kBroadcast:
        return 1;
      case Shape::kMeeting:
        return options_.people;
      case Shape::kAudio:
        return std::min(kVoices, options_.people);
    }
    return 0;
  }
  size_t slots(size_t i) const {
    switch (options_.shape) {
      case Shape::kBroadcast:
        return i == 0 ? 0 : 1;
      case Shape::kMeeting:
        return options_.people - 1;
      case Shape::kAudio:
        return kVoices;
    }
    return 0;
  }
  // The first of a room is on thread 0, the others in turn.
  Thread& thread_of(size_t i) { return *threads_[i % threads_.size()]; }
  SocketAddress address_of(size_t i) const {
    const auto host = static_cast<uint32_t>(0x7f010000 + i + 1);
    return {IpAddress::v4(host),
            i < publishers() ? publisher_socket_.port() : viewer_socket_.port()};
  }
  Client* client_at(const IpAddress& local) {
    const size_t i = local.v4_host_order() - 0x7f010001;
    return local.is_v4() && i < clients_.size() ? clients_[i].get() : nullptr;
  }
  static uint32_t ssrc_of_track(size_t i) { return static_cast<uint32_t>(4711 + i); }

  std::vector<media::TrackDescription> tracks_of(size_t i) const {
    if (i >= publishers()) return {};
    rtp::HeaderExtensionIds extensions{.mid = 4, .transport_sequence = kTransportSequence};
    if (is_audio()) extensions.audio_level = kLevel;
    return {{.id = track(i),
             .kind = is_audio() ? rtp::MediaKind::kAudio : rtp::MediaKind::kVideo,
             .group = static_cast<uint32_t>(i + 1),
             .mid = "1",
             .rids = {},
             .ssrcs = {},
             .codecs = {is_audio() ? kOpus : kVp8},
             .extensions = extensions}};
  }

  void add_client(size_t i) {
    const ice::Credentials server = ice::Credentials::draw(random_);
    const ice::Credentials client = ice::Credentials::draw(random_);
    media::PeerDescription d;
    d.local = {server.ufrag, server.password};
    d.remote = {client.ufrag, client.password};
    d.remote_fingerprint = certificate_.fingerprint_sha256();
    d.tracks = tracks_of(i);
    for (size_t n = 0; n < slots(i); ++n) {
      const auto ssrc = static_cast<uint32_t>(100'000 + 100 * i + n);
      d.slots.push_back({.id = SlotId{static_cast<uint32_t>(n + 1)},
                         .kind = is_audio() ? rtp::MediaKind::kAudio : rtp::MediaKind::kVideo,
                         .mid = std::to_string(2 + n),
                         .ssrc = {ssrc, ssrc + 50},
                         .codecs = {is_audio() ? kOpus : kVp8},
                         .extensions = {.transport_sequence =
                                            options_.feedback ? kTransportSequence : uint8_t{0}}});
    }
    PARLEY_CHECK(thread_of(i).send(media::CreatePeer{kRoom, peer(i), d}));
    clients_.push_back(std::make_unique<Client>(
        certificate_, client, random_, i < publishers() ? publisher_socket_ : viewer_socket_));
    clients_[i]->address = address_of(i);
    clients_[i]->transport.connect(clients_[i]->address, server,
                                   {&servers_[i % threads_.size()], 1},
                                   certificate_.fingerprint_sha256(), io::monotonic_now());
  }

  // What control::RoomShards tells the threads of a room that has several.
  void link() {
    if (threads_.size() == 1) return;
    const uint32_t all = (1u << threads_.size()) - 1;
    for (size_t i = 0; i < threads_.size(); ++i) {
      PARLEY_CHECK(threads_[i]->send(media::SetLinks{.router = kRoom,
                                                     .self = static_cast<uint8_t>(i),
                                                     .others = all & ~(1u << i),
                                                     .leads = i == 0}));
      for (size_t p = 0; p < publishers(); ++p) {
        if (p % threads_.size() == i) continue;
        PARLEY_CHECK(threads_[i]->send(
            media::SetRemoteTracks{.router = kRoom,
                                   .peer = peer(p),
                                   .home = static_cast<uint8_t>(p % threads_.size()),
                                   .tracks = tracks_of(p)}));
      }
    }
  }

  void look() {
    if (is_audio()) return;
    for (size_t i = 0; i < clients_.size(); ++i) {
      media::SetView view{peer(i), {}};
      for (size_t p = 0; p < publishers(); ++p) {
        if (p != i) view.wishes.push_back({track(p), 1280, 720, 0});
      }
      PARLEY_CHECK(thread_of(i).send(view));
    }
  }

  // The clients' side ---------------------------------------------------------------------------

  static void flush(Client& client) {
    transport::PeerTransport::Output out;
    while (client.transport.poll_output(out)) {
      const io::OutgoingDatagram datagram{out.path, out.bytes};
      client.socket.send({&datagram, 1});
    }
  }

  bool connect() {
    const Timestamp limit = io::monotonic_now() + TimeDelta::seconds(60);
    while (io::monotonic_now() < limit) {
      bool all = true;
      const Timestamp now = io::monotonic_now();
      for (const auto& client : clients_) {
        if (!client->transport.connected()) client->transport.handle_timeout(now);
        flush(*client);
        all = all && client->transport.connected();
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
      for (io::UdpSocket* socket : {&publisher_socket_, &viewer_socket_}) {
        if (socket->receive(batch_) == 0) continue;
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
      flush(*client);
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
    for (const auto& client : clients_) {
      client->transport.handle_timeout(now);
      flush(*client);
      std::array<uint8_t, 1'400> buffer;
      while (options_.feedback && client->arrivals.is_due(now)) {
        const size_t size = transport::write_arrivals(
            client->arrivals, {.sender = 1, .media = 4711}, MutableBytes(buffer).first(1'150), now);
        if (size == 0) break;
        const auto sealed = client->transport.channel().protect_rtcp(buffer, size);
        const auto path = client->transport.media_path();
        if (!sealed || !path) break;
        const io::OutgoingDatagram datagram{*path, *sealed};
        client->socket.send({&datagram, 1});
      }
    }
  }

  // What is published ---------------------------------------------------------------------------

  int rate() const { return is_audio() ? 50 : options_.fps; }
  size_t packet_bytes() const { return is_audio() ? kSoundBytes : options_.size; }
  uint64_t rtp_sent() const {
    uint64_t sum = 0;
    for (const auto& thread : threads_) {
      for (const auto& packets : thread->shard().counters().sent.packets) sum += packets.value();
    }
    return sum;
  }

  // Publishers' pictures at their rate, one publisher after the other.
  void stream(TimeDelta time) {
    const Timestamp begin = io::monotonic_now();
    const auto count = static_cast<int64_t>(publishers());
    for (int64_t turn = 0;; ++turn) {
      const Timestamp due = begin + TimeDelta::micros(turn * 1'000'000 / rate() / count);
      const Timestamp now = io::monotonic_now();
      if ((options_.fill ? now : due) - begin >= time) return;
      if (options_.fill) {
        wait_for_room(begin + time);
        if (turn % 100 == 0) send_feedback();
      } else {
        while (io::monotonic_now() < due) {
          read(std::min(due - io::monotonic_now(), TimeDelta::millis(10)));
          send_feedback();
        }
      }
      expected_ += send_frame(*clients_[static_cast<size_t>(turn % count)],
                              static_cast<size_t>(turn % count), due) *
                   (options_.people - 1);
      for (const auto& thread : threads_) thread->take_events();
    }
  }

  // Until a picture at most is still to leave. Not more: pictures that wait are sent together, in
  // longer and cheaper runs.
  void wait_for_room(Timestamp end) {
    const auto spare = static_cast<uint64_t>(packets_a_frame()) * (options_.people - 1);
    while (rtp_sent() + spare < expected_ && io::monotonic_now() < end)
      read(TimeDelta::micros(100));
  }

  double packets_a_frame() const {
    if (is_audio()) return 1;
    return options_.kbps * 1000.0 / 8 / options_.fps / static_cast<double>(options_.size);
  }

  size_t send_frame(Client& client, size_t index, Timestamp due) {
    client.owed_packets += packets_a_frame();
    const auto count = static_cast<size_t>(std::max(1.0, client.owed_packets));
    client.owed_packets -= static_cast<double>(count);
    const size_t wire = packet_bytes() + 16;
    std::vector<uint8_t> bytes(count * wire);
    DatagramRun run{*client.transport.media_path(), {}, static_cast<uint16_t>(wire)};
    for (size_t i = 0; i < count; ++i) {
      const MutableBytes out = MutableBytes(bytes).subspan(i * wire, wire);
      write_packet(client, index, out, i, count);
      if (!options_.spread) continue;
      while (io::monotonic_now() < due + TimeDelta::micros(static_cast<int64_t>(i) * 4'000))
        read(TimeDelta::millis(1));
      run.bytes = out;
      client.socket.send({&run, 1});
    }
    run.bytes = bytes;
    if (!options_.spread) client.socket.send({&run, 1});
    ++client.frame;
    return count;
  }

  void write_packet(Client& client, size_t index, MutableBytes out, size_t i, size_t count) {
    const auto number = rtp::write_transport_sequence(client.transport_sequence++);
    const auto level = rtp::write_audio_level({.level = 30, .voice = true});
    std::vector<rtp::ExtensionElement> extensions = {{4, as_bytes("1")},
                                                     {kTransportSequence, number}};
    if (is_audio()) extensions.push_back({kLevel, level});
    const int clock = is_audio() ? 48'000 : 90'000;
    const size_t header =
        rtp::write_header(out, {.payload_type = is_audio() ? kOpus.payload_type : kVp8.payload_type,
                                .marker = !is_audio() && i + 1 == count,
                                .sequence_number = client.sequence++,
                                .timestamp = static_cast<uint32_t>(client.frame * clock / rate()),
                                .ssrc = ssrc_of_track(index),
                                .csrc = std::nullopt,
                                .extensions = extensions});
    if (!is_audio()) write_picture(client, out.subspan(header), i == 0);
    PARLEY_CHECK(client.transport.channel().protect_rtp(out, packet_bytes()).has_value());
  }

  void write_picture(const Client& client, MutableBytes out, bool first) const {
    rtp::Vp8Descriptor descriptor;
    descriptor.start_of_partition = first;
    descriptor.picture_id = static_cast<uint16_t>(client.frame & 0x7fff);
    descriptor.long_picture_id = true;
    descriptor.tl0_pic_idx = static_cast<uint8_t>(client.frame);
    const size_t described = rtp::write_vp8_descriptor(out, descriptor);
    const bool key = client.frame % (options_.fps * 10) == 0;
    const std::array<uint8_t, 10> picture = {
        static_cast<uint8_t>(key ? 0x10 : 0x11), 0, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2};
    std::ranges::copy(picture, out.begin() + static_cast<std::ptrdiff_t>(described));
  }

  // What it took --------------------------------------------------------------------------------

  // The media threads by number, with their ids.
  static std::map<size_t, pid_t> media_threads() {
    std::map<size_t, pid_t> found;
    const std::string prefix = "bench-media";
    DIR* tasks = opendir("/proc/self/task");
    while (const dirent* task = readdir(tasks)) {
      std::string name;
      std::ifstream(std::string("/proc/self/task/") + task->d_name + "/comm") >> name;
      if (name.starts_with(prefix))
        found[std::stoul(name.substr(prefix.size()))] = std::stoi(task->d_name);
    }
    closedir(tasks);
    return found;
  }
  // As far as there are cores.
  static void pin(pid_t thread, size_t core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(thread, sizeof set, &set);
  }
  // Time on a processor of the media threads, in user and kernel mode.
  static int64_t media_threads_ns() {
    int64_t sum = 0;
    for (const auto& [number, id] : media_threads()) {
      int64_t ns = 0;
      std::ifstream("/proc/self/task/" + std::to_string(id) + "/schedstat") >> ns;
      sum += ns;
    }
    PARLEY_CHECK(sum > 0);
    return sum;
  }
  Used used() const {
    Used sum{.at = io::monotonic_now(),
             .ns = media_threads_ns(),
             .rtp = rtp_sent(),
             .received = viewer_packets_};
    for (const auto& thread : threads_) {
      const auto& c = thread->counters();
      sum.sent += c.datagrams_sent.load();
      sum.messages += c.send_messages.load();
      sum.wakeups += c.wakeups.load();
    }
    return sum;
  }
  // False if there is nothing to tell: what is for each packet would be no number, which JSON has
  // no word for. So it is when all of this was stopped for 30 s, after which consent is gone.
  bool report(const Used& from, const Used& to) const {
    const double seconds = (to.at - from.at).seconds_f();
    if (to.sent == from.sent) {
      std::fprintf(stderr, "nothing was sent in %.1f s\n", seconds);
      return false;
    }
    const auto sent = static_cast<double>(to.sent - from.sent);
    std::printf(
        "{\"people\": %zu, \"threads\": %zu, \"feedback\": %s, \"packets_per_s\": %.0f, "
        "\"ns_per_packet\": %.1f, \"mean_run\": %.2f, \"wakeups_per_s\": %.0f, \"busy\": %.3f, "
        "\"arrived\": %.3f}\n",
        options_.people, options_.threads, options_.feedback ? "true" : "false",
        static_cast<double>(to.rtp - from.rtp) / seconds,
        static_cast<double>(to.ns - from.ns) / sent,
        sent / static_cast<double>(to.messages - from.messages),
        static_cast<double>(to.wakeups - from.wakeups) / seconds,
        static_cast<double>(to.ns - from.ns) / 1e9 / seconds,
        static_cast<double>(to.received - from.received) / sent);
    return true;
  }

  Options options_;
  SeededRandom random_{1};
  dtls::Certificate certificate_;
  io::UdpSocket publisher_socket_;
  io::UdpSocket viewer_socket_;
  std::vector<SocketAddress> servers_;
  app::RelayMesh mesh_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::unique_ptr<Client>> clients_;
  io::ReceiveBatch batch_;
  uint64_t expected_ = 0;  // RTP packets that what was published makes
  uint64_t viewer_packets_ = 0;
};

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  parley::Options options;
  CLI::App app("Media threads that forward over loopback.");
  const std::map<std::string, parley::Shape> shapes = {{"broadcast", parley::Shape::kBroadcast},
                                                       {"meeting", parley::Shape::kMeeting},
                                                       {"audio", parley::Shape::kAudio}};
  app.add_option("--shape", options.shape, "broadcast, meeting (all to all) or audio (three speak)")
      ->transform(CLI::CheckedTransformer(shapes));
  size_t viewers = 100;
  app.add_option("--viewers", viewers, "of a broadcast")->check(CLI::Range(1, 5'000));
  auto* people =
      app.add_option("--people", options.people, "of others")->check(CLI::Range(2, 5'000));
  app.add_option("--threads", options.threads, "media threads")->check(CLI::Range(1, 16));
  app.add_flag("--fill", options.fill, "as many pictures as the threads can forward");
  app.add_option("--kbps", options.kbps)->check(CLI::Range(50, 20'000));
  app.add_option("--fps", options.fps)->check(CLI::Range(1, 120));
  app.add_option("--size", options.size, "bytes of a packet before encryption")
      ->check(CLI::Range(100, 1'400));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 600));
  app.add_flag("--feedback", options.feedback, "viewers are measured and paced");
  app.add_flag("--spread", options.spread, "packets come singly, 4 ms apart");
  CLI11_PARSE(app, argc, argv);
  if (options.shape == parley::Shape::kBroadcast) {
    options.people = viewers + 1;
  } else if (people->count() == 0) {
    options.people = 10;
  }
  return parley::Bench(options).run();
}
