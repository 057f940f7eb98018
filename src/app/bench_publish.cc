#include "app/bench_publish.h"

#include <errno.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "app/bench_process.h"
#include "app/bench_report.h"
#include "app/command_line.h"
#include "dtls/certificate.h"
#include "io/clock.h"
#include "io/control_loop.h"
#include "io/system_random.h"
#include "io/udp_socket.h"
#include "load/participant.h"

namespace parley::app {
namespace {

// How many join at the same time. A server takes more; this keeps the time to connect that of a
// join and not that of a queue here.
constexpr size_t kJoiningAtOnce = 8;
// Media is due within a few milliseconds; looking more often only costs.
constexpr TimeDelta kTick = TimeDelta::millis(2);
// Opus at 32 kbit/s.
constexpr size_t kSoundBytes = 80;
// For the farewells to leave.
constexpr TimeDelta kLeaveTime = TimeDelta::millis(300);

const char* name_of(load::ClientState state) {
  switch (state) {
    case load::ClientState::kIdle:
    case load::ClientState::kJoining:
      return "joining";
    case load::ClientState::kConnecting:
      return "connecting";
    case load::ClientState::kConnected:
      return "connected";
    case load::ClientState::kEnded:
      return "ended";
  }
  return "unknown";
}

void print(std::FILE* where, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), where);
  std::fflush(where);
}

// Copies of one participant's datagrams on their way to the socket.
class Gathering {
 public:
  // Sends all that `participant` has to say now.
  void flush(load::Participant& participant, io::UdpSocket& socket) {
    transport::PeerTransport::Output output;
    const Timestamp now = io::monotonic_now();
    while (participant.poll_datagram(output, now)) {
      Buffer& buffer = buffers_[size_];
      if (output.bytes.size() > buffer.size()) continue;  // no link would take it
      std::ranges::copy(output.bytes, buffer.begin());
      datagrams_[size_] = {output.path, Bytes(buffer).first(output.bytes.size())};
      if (++size_ == datagrams_.size()) send(socket);
    }
    send(socket);
  }

 private:
  using Buffer = std::array<uint8_t, 1500>;
  void send(io::UdpSocket& socket) {
    if (size_ > 0) socket.send(std::span(datagrams_).first(size_));
    size_ = 0;
  }

  size_t size_ = 0;
  std::array<Buffer, io::UdpSocket::kSendBatch> buffers_;
  std::array<io::OutgoingDatagram, io::UdpSocket::kSendBatch> datagrams_;
};

// A participant with its sockets.
struct Member {
  Member(load::ParticipantConfig config, const load::Material& material,
         const dtls::Certificate& certificate, RandomSource& random, io::UdpSocket udp_socket,
         Timestamp now)
      : participant(std::move(config), material, certificate, random, now),
        udp(std::move(udp_socket)),
        opened_at(now) {}

  load::Participant participant;
  io::UdpSocket udp;
  std::unique_ptr<io::WebSocketClient> socket;
  Timestamp opened_at;
  bool settled = false;  // connected or ended: another one may join
};

class PublishRun {
 public:
  PublishRun(const BenchPublishOptions& options, load::Material material,
             dtls::Certificate certificate)
      : options_(options),
        material_(std::move(material)),
        certificate_(std::move(certificate)),
        media_timer_(loop_, [this] { on_media_time(); }),
        end_timer_(loop_, [this] { on_end_time(); }),
        report_timer_(loop_, [this] { on_report_time(); }) {}

  int run() {
    loop_.watch_signals({SIGTERM, SIGINT}, [this](int) { begin_end(); });
    started_ = io::monotonic_now();
    join_more();
    on_media_time();
    if (options_.every) on_report_time();
    loop_.run();
    return status_;
  }

 private:
  // Between those who join at once, the next begins when one has settled.
  void join_more() {
    while (!ending_ && joining_ < kJoiningAtOnce &&
           members_.size() < static_cast<size_t>(options_.count)) {
      if (!add_member()) return;
    }
  }

  bool add_member() {
    auto udp = io::UdpSocket::bind(std::nullopt, 0);
    if (!udp) {
      fail(fmt::format("No UDP socket for participant {}: {}.", members_.size() + 1,
                       udp.error().message));
      return false;
    }
    const Timestamp now = io::monotonic_now();
    const int number = static_cast<int>(members_.size()) + 1;
    members_.push_back(std::make_unique<Member>(
        load::ParticipantConfig{
            .room = options_.room,
            .name = fmt::format("Load {}", number),
            .number = static_cast<uint32_t>(number),
            .speech = number <= options_.voices ? 1.0 : 0.0,
            .ntp_offset = TimeDelta::millis(io::wall_clock_ms()) - (now - Timestamp())},
        material_, certificate_, random_, std::move(*udp), now));
    ++joining_;
    Member& member = *members_.back();
    loop_.watch_readable(member.udp.fd(), [this, &member] { on_datagrams(member); });
    member.socket = std::make_unique<io::WebSocketClient>(
        loop_,
        io::WebSocketClientOptions{.server = options_.server,
                                   .path = "/ws",
                                   .subprotocol = "parley.v1",
                                   .verify_certificate = !options_.insecure},
        io::WebSocketClient::Handlers{
            .on_open =
                [this, &member] {
                  member.participant.handle_open({member.socket->local().ip, member.udp.port()},
                                                 member.socket->remote().ip, io::monotonic_now());
                  after_input(member);
                },
            .on_message =
                [this, &member](std::string_view text) {
                  member.participant.handle_message(text, io::monotonic_now());
                  after_input(member);
                },
            .on_close =
                [this, &member](std::string reason) {
                  member.participant.handle_close(std::move(reason));
                  after_input(member);
                }});
    return true;
  }

  void on_datagrams(Member& member) {
    const Timestamp now = io::monotonic_now();
    member.udp.receive(received_);
    for (const io::ReceivedDatagram& datagram : received_.datagrams())
      member.participant.handle_datagram(datagram.path, datagram.bytes, now, now);
    after_input(member);
  }

  // What was planned waits for the next tick, so that one wake-up serves many.
  void on_media_time() {
    const Timestamp now = io::monotonic_now();
    for (const auto& member : members_) {
      if (member->participant.poll_timeout().when > now) continue;
      member->participant.handle_timeout(now);
      after_input(*member);
    }
    set_media_timer(now);
  }

  void set_media_timer(Timestamp now) {
    Timestamp next = Timestamp::never();
    for (const auto& member : members_)
      next = std::min(next, member->participant.poll_timeout().when);
    // Never later than this: new deadlines come with input that doesn't set the timer.
    constexpr TimeDelta kAtMost = TimeDelta::millis(10);
    media_timer_.set(std::clamp(next, now + kTick, now + kAtMost));
  }

  void after_input(Member& member) {
    std::string text;
    while (member.participant.poll_message(text)) member.socket->send(std::move(text));
    gathering_.flush(member.participant, member.udp);
    settle(member);
  }

  void settle(Member& member) {
    const load::ClientState state = member.participant.state();
    const bool ended = state == load::ClientState::kEnded;
    if (ended && !ending_) {
      fail(
          fmt::format("{} is out: {}", member.participant.name(), member.participant.end_reason()));
      return;
    }
    if (member.settled || (!ended && state != load::ClientState::kConnected)) return;
    member.settled = true;
    --joining_;
    if (ending_) return;
    ++connected_;
    if (connected_ == static_cast<size_t>(options_.count)) {
      on_all_connected();
    } else {
      // Not from inside a callback of a socket that may be among those it makes.
      loop_.post([this] { join_more(); });
    }
  }

  void on_all_connected() {
    all_connected_at_ = io::monotonic_now();
    print(stdout, connected_line(figures()));
    if (options_.seconds)
      end_timer_.set(*all_connected_at_ + TimeDelta::seconds(*options_.seconds));
  }

  void on_report_time() {
    print(stdout, "counters " + to_json(figures()) + "\n");
    report_timer_.set(io::monotonic_now() +
                      TimeDelta::micros(static_cast<int64_t>(*options_.every * 1e6)));
  }

  void fail(const std::string& sentence) {
    if (ending_) return;
    status_ = kExitFailed;
    print(stderr, fmt::format("parley: {}\n", sentence));
    begin_end();
  }

  // First the figures, then the farewells, so that these don't change them.
  void begin_end() {
    if (std::exchange(ending_, true)) return;
    report_timer_.set(Timestamp::never());
    const RunFigures run = figures();
    if (connected_ > 0) print(stdout, to_table(run));
    if (options_.json) write_json(run);
    for (const auto& member : members_) {
      member->participant.leave();
      std::string text;
      while (member->participant.poll_message(text)) member->socket->send(std::move(text));
      member->socket->close();
    }
    end_timer_.set(io::monotonic_now() + kLeaveTime);
  }

  void on_end_time() {
    if (!ending_) {
      begin_end();
      return;
    }
    loop_.stop();
  }

  void write_json(const RunFigures& run) {
    std::ofstream file(*options_.json);
    file << to_json(run) << "\n";
    file.close();
    if (file) return;
    status_ = kExitFailed;
    print(stderr, fmt::format("parley: {} can't be written: {}.\n", options_.json->string(),
                              std::strerror(errno)));
  }

  RunFigures figures() const {
    const Timestamp now = io::monotonic_now();
    RunFigures run{.server = options_.server.to_string(),
                   .room = options_.room,
                   .elapsed = now - started_,
                   .all_connected = std::nullopt,
                   .processor = own_processor_time() - processor_at_start_,
                   .participants = {}};
    if (all_connected_at_) run.all_connected = *all_connected_at_ - started_;
    for (const auto& member : members_) {
      const load::Participant& one = member->participant;
      ParticipantFigures& out = run.participants.emplace_back(
          ParticipantFigures{.name = one.name(),
                             .id = one.id(),
                             .state = name_of(one.state()),
                             .connect_time = std::nullopt,
                             .sound = one.media().publisher()->sound(),
                             .pictures = {}});
      if (one.connected_at()) out.connect_time = *one.connected_at() - member->opened_at;
      const load::Publisher& publisher = *one.media().publisher();
      for (size_t i = 0; i < publisher.encodings(); ++i) {
        out.pictures.push_back(
            {material_.encoding(i).rid, publisher.wanted(i), publisher.pictures(i)});
      }
    }
    return run;
  }

  const BenchPublishOptions& options_;
  const load::Material material_;
  const dtls::Certificate certificate_;
  io::SystemRandom random_;
  io::ControlLoop loop_;
  std::vector<std::unique_ptr<Member>> members_;
  io::LoopTimer media_timer_;
  io::LoopTimer end_timer_;
  io::LoopTimer report_timer_;
  io::ReceiveBatch received_;
  Gathering gathering_;
  size_t joining_ = 0;
  size_t connected_ = 0;
  Timestamp started_;
  std::optional<Timestamp> all_connected_at_;
  TimeDelta processor_at_start_ = own_processor_time();
  bool ending_ = false;
  int status_ = kExitOk;
};

}  // namespace

int bench_publish(const BenchPublishOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  auto clip = load::Clip::make({.frames_per_second = options.frames_per_second});
  if (!clip) {
    print(stderr, fmt::format("parley: {}\n", clip.error()));
    return kExitFailed;
  }
  auto certificate = dtls::Certificate::generate();
  if (!certificate) {
    print(stderr, "parley: OpenSSL can't make a key for DTLS.\n");
    return kExitFailed;
  }
  const auto run = std::make_unique<PublishRun>(
      options, load::Material{std::move(*clip), load::silent_opus(kSoundBytes), {}},
      std::move(*certificate));
  return run->run();
}

}  // namespace parley::app
