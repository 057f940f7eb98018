// A thread that runs one media shard on one UDP socket.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/patience.h"
#include "app/relay_mesh.h"
#include "base/deadline.h"
#include "io/clock.h"
#include "io/mailbox.h"
#include "io/poll_loop.h"
#include "io/udp_socket.h"
#include "media/command.h"
#include "media/event.h"
#include "rtp/transport_feedback.h"

namespace parley::app {

// The UDP socket of shard `index`: port + index, or any free one when `port` is 0. The error is a
// sentence for people.
std::expected<io::UdpSocket, std::string> bind_media_socket(uint16_t port, size_t index);

// What the network side of a media thread counted; written by it alone, readable from any thread.
struct MediaThreadCounters {
  std::atomic<uint64_t> datagrams_received{0};
  std::atomic<uint64_t> datagrams_sent{0};
  std::atomic<uint64_t> send_messages{0};
  std::atomic<uint64_t> dropped_receive_full{0};
  std::atomic<uint64_t> dropped_too_long{0};
  std::atomic<uint64_t> dropped_send_full{0};
  std::atomic<uint64_t> dropped_send_error{0};
  std::atomic<uint64_t> events_lost{0};  // the control thread didn't keep up
  std::atomic<uint64_t> wakeups{0};
  std::atomic<uint64_t> relays_received{0};
  std::atomic<uint64_t> relays_lost{0};  // another media thread didn't keep up
};

// Feedback about what was sent comes by a socket of its own where the system can tell it from the
// rest: viewers answer at times of their own, and each by itself would cost a wake-up.
//
// ShardT has the verbs of shard::Shard: handle_command, handle_datagram, note_wait, note_lost,
// note_rest, wants_poll, handle_timeout, poll_runs(now), poll_event, poll_timeout. Where it has
// handle_relay and poll_relay, rooms can be spread over several threads.
template <typename ShardT>
class MediaThread {
 public:
  // A room of commands for every one of some thousand peers that join at once.
  static constexpr size_t kMaxCommands = 16'384;
  static constexpr size_t kMaxEvents = 16'384;

  // Starts at once. The socket is bound already, so that its port is known and an error has been
  // told. `mesh`, if any, outlives this and knows the thread as number `index`.
  MediaThread(io::UdpSocket socket, std::unique_ptr<ShardT> shard, std::string name,
              RelayMesh* mesh = nullptr, size_t index = 0)
      : socket_(std::move(socket)),
        shard_(std::move(shard)),
        mesh_(mesh),
        index_(index),
        commands_(kMaxCommands),
        events_(kMaxEvents) {
    port_ = socket_.port();
    loop_.watch_readable(socket_.fd(), kSocketTag);
    if (feedback_) loop_.watch_readable(feedback_->fd(), kFeedbackTag);
    loop_.watch_readable(commands_.fd(), kCommandTag);
    loop_.watch_readable(stop_.fd(), kStopTag);
    if (mesh_ != nullptr) loop_.watch_readable(mesh_->fd(index_), kRelayTag);
    thread_ = std::thread([this, name = std::move(name)] { run(name); });
  }
  ~MediaThread() { stop(); }
  MediaThread(const MediaThread&) = delete;
  MediaThread& operator=(const MediaThread&) = delete;

  // From the control thread. False when the thread is so far behind that the command is lost.
  [[nodiscard]] bool send(media::Command command) { return commands_.push(std::move(command)); }

  // For the control thread: readable when events wait, and what waits.
  int events_fd() const { return events_.fd(); }
  std::vector<media::Event>& take_events() { return events_.take(); }

  // Sends what the shard has to say at once, then ends the thread. Twice is once.
  void stop() {
    if (!thread_.joinable()) return;
    stop_.raise();
    thread_.join();
  }

  uint16_t port() const { return port_; }
  const MediaThreadCounters& counters() const { return counters_; }
  // Only for what the shard lets other threads read.
  const ShardT& shard() const { return *shard_; }

 private:
  enum Tag : uint32_t { kSocketTag, kCommandTag, kStopTag, kRelayTag, kFeedbackTag };

  static constexpr bool kRelays =
      requires(ShardT& shard, sfu::RelayMessage& message) { shard.poll_relay(message); };

  void run(const std::string& name) {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    // Signals belong to the control thread.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (bool running = true; running;) running = run_once();
    send();
  }

  bool run_once() {
    bool running = true;
    const Deadline deadline = shard_->poll_timeout();
    const auto ready = loop_.wait(std::min(deadline.when + deadline.leeway, patience_.due()));
    for (const uint32_t tag : ready) {
      if (tag == kCommandTag) handle_commands();
      if (tag == kSocketTag) handle_datagrams();
      if (tag == kRelayTag) handle_relays();
      if (tag == kFeedbackTag) handle_feedback();
      if (tag == kStopTag) running = false;
    }
    if (patience_.ripe() <= io::monotonic_now()) handle_feedback();
    if (const Timestamp now = io::monotonic_now(); deadline.when <= now) {
      shard_->handle_timeout(now);
      send();
    }
    if (mesh_ != nullptr) mesh_->wake(index_);
    pass_events();
    publish_counters();
    return running;
  }

  // The time is asked for anew whenever something was sent: that may have taken long.
  void handle_commands() {
    for (const media::Command& command : commands_.take()) {
      shard_->handle_command(command, io::monotonic_now());
      send();
    }
  }

  // One batch at most: what is left makes the socket readable again, after the deadline had its
  // turn. All of it is taken in before anything is sent, so that what it makes for one viewer
  // leaves together.
  void handle_datagrams() {
    const Timestamp looked = io::monotonic_now();
    socket_.receive(received_);
    const Timestamp received = io::monotonic_now();
    const auto datagrams = received_.datagrams();
    const uint64_t lost = socket_.counters().dropped_receive_full;
    if (lost > lost_) shard_->note_lost(lost - std::exchange(lost_, lost));
    // The first of them came while the loop waited: nothing was left of what came before.
    if (!datagrams.empty() && looked - datagrams.front().waited >= loop_.waiting_since())
      shard_->note_rest();
    // What a peer sends once it was told of its seat comes after the command for that seat, but may
    // have been received before the loop saw the command.
    if (commands_.waits()) handle_commands();
    Timestamp now = io::monotonic_now();
    for (const io::ReceivedDatagram& d : datagrams) {
      const TimeDelta waited = d.waited + (now - received);
      shard_->note_wait(waited);
      now = give(d, waited, now);
    }
    send();
  }

  // How long it waited tells nothing of how busy the thread is: that was our choice, and in a queue
  // of its own.
  void handle_feedback() {
    feedback_->receive(received_);
    Timestamp now = io::monotonic_now();
    patience_.on_read(now, received_.datagrams().size(), received_.full());
    loop_.heed(kFeedbackTag, !patience_.waits());
    for (const io::ReceivedDatagram& d : received_.datagrams()) now = give(d, d.waited, now);
    send();
  }

  // The time at which it was taken in, and what it made sent where there was no room for more.
  Timestamp give(const io::ReceivedDatagram& d, TimeDelta waited, Timestamp now) {
    shard_->handle_datagram(d.path, d.bytes, now, waited);
    if (!shard_->wants_poll()) return now;
    send();
    return io::monotonic_now();
  }

  void handle_relays() {
    if constexpr (kRelays) {
      Timestamp now = io::monotonic_now();
      mesh_->drain(index_, [&](const sfu::RelayMessage& message) {
        counters_.relays_received.fetch_add(1, std::memory_order_relaxed);
        shard_->handle_relay(message, now);
        if (!shard_->wants_poll()) return;
        send();
        now = io::monotonic_now();
      });
      send();
      mesh_->release(index_);
    }
  }

  void relay() {
    if constexpr (kRelays) {
      sfu::RelayMessage message;
      while (mesh_ != nullptr && shard_->poll_relay(message)) {
        const size_t lost = mesh_->push(index_, message);
        if (lost > 0) counters_.relays_lost.fetch_add(lost, std::memory_order_relaxed);
      }
    }
  }

  void send() {
    relay();
    for (auto runs = shard_->poll_runs(io::monotonic_now()); !runs.empty();
         runs = shard_->poll_runs(io::monotonic_now()))
      socket_.send(runs);
  }

  void pass_events() {
    media::Event event;
    while (shard_->poll_event(event)) {
      if (!events_.push(event)) counters_.events_lost.fetch_add(1, std::memory_order_relaxed);
    }
  }

  void publish_counters() {
    constexpr auto kRelaxed = std::memory_order_relaxed;
    io::UdpCounters c = socket_.counters();
    if (feedback_) c += feedback_->counters();
    counters_.datagrams_received.store(c.received, kRelaxed);
    counters_.datagrams_sent.store(c.sent, kRelaxed);
    counters_.send_messages.store(c.send_messages, kRelaxed);
    counters_.dropped_receive_full.store(c.dropped_receive_full, kRelaxed);
    counters_.dropped_too_long.store(c.dropped_too_long, kRelaxed);
    counters_.dropped_send_full.store(c.dropped_send_full, kRelaxed);
    counters_.dropped_send_error.store(c.dropped_send_error, kRelaxed);
    counters_.wakeups.store(counters_.wakeups.load(kRelaxed) + 1, kRelaxed);
  }

  io::UdpSocket socket_;
  std::optional<io::UdpSocket> feedback_ =
      socket_.split_off({.mask = rtp::kFeedbackBeginningMask, .value = rtp::kFeedbackBeginning});
  Patience patience_;  // with feedback_
  uint64_t lost_ = 0;  // by socket_, as far as the shard knows
  std::unique_ptr<ShardT> shard_;
  RelayMesh* const mesh_;
  const size_t index_;
  uint16_t port_ = 0;
  io::PollLoop loop_;
  io::Mailbox<media::Command> commands_;
  io::Mailbox<media::Event> events_;
  io::EventFd stop_;
  io::ReceiveBatch received_;
  MediaThreadCounters counters_;
  std::thread thread_;
};

}  // namespace parley::app
