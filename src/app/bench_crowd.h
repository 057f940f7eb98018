// Many simulated clients on one thread: their sockets, their deadlines, and what they count
// together.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/control_loop.h"
#include "io/udp_swarm.h"
#include "io/web_socket_client.h"
#include "load/client.h"
#include "load/latency_histogram.h"

namespace parley::app {

struct CrowdOptions {
  io::ServerUrl server;
  std::string path = "/ws";
  std::string subprotocol = "parley.v1";
  bool insecure = false;
  bool merge = true;  // see io::UdpSwarm::Options
};

// What came for those who look at it, media and all else. Fewer messages than datagrams: the server
// sent runs.
struct RunTotals {
  uint64_t messages = 0;
  uint64_t datagrams = 0;

  RunTotals operator-(const RunTotals& before) const {
    return {messages - before.messages, datagrams - before.datagrams};
  }
};

// What one group of the crowd did so far, those who left included.
struct GroupTotals {
  load::ReceiverCounters audio;
  load::ReceiverCounters video;
  load::StreamCounters sound;     // sent
  load::StreamCounters pictures;  // likewise, all encodings

  GroupTotals& operator+=(const GroupTotals& more);
  GroupTotals operator-(const GroupTotals& before) const;
};

class Crowd {
 public:
  // How often arrivals are read and deadlines looked at. Kernel stamps keep that out of all times.
  static constexpr TimeDelta kTick = TimeDelta::micros(500);
  // What a member is counted with: calls that last, and people who come and go.
  enum class Group : uint8_t { kLasting, kPassing };
  using Id = uint32_t;  // used again when its member is gone

  struct Handlers {
    // It is connected, or it ended before it was.
    std::function<void(Id, bool connected)> on_settled;
    // A member that was connected is out.
    std::function<void(Id, const std::string& sentence)> on_lost;
  };

  // `loop` must outlive it.
  Crowd(io::ControlLoop& loop, CrowdOptions options, Handlers handlers);
  ~Crowd();

  // `from`: the address of its UDP socket; otherwise that of its WebSocket's.
  Id add(std::unique_ptr<load::Client> client, Group group,
         std::optional<IpAddress> from = std::nullopt);
  // Says good-bye; what it counted stays. Never from inside a handler.
  void remove(Id id);
  void remove_all();

  size_t size() const { return size_; }
  GroupTotals totals(Group group) const;
  // Slots of the kind that got a packet lately, of all lasting members; how many there are.
  size_t live_slots(rtp::MediaKind kind) const;
  size_t slots(rtp::MediaKind kind) const;
  // From opening the WebSocket until media is connected, and until the first packet of another's
  // picture, or sound where no pictures are wanted.
  const load::LatencyHistogram& connect_times(Group group) const {
    return connect_times_[static_cast<size_t>(group)];
  }
  const load::LatencyHistogram& first_media_times(Group group) const {
    return first_media_times_[static_cast<size_t>(group)];
  }
  const RunTotals& runs() const { return runs_; }
  const io::SwarmCounters& network() const { return swarm_.counters(); }

 private:
  struct Member {
    std::unique_ptr<load::Client> client;
    std::unique_ptr<io::WebSocketClient> socket;
    std::optional<io::UdpSwarm::Index> udp;
    Group group = Group::kLasting;
    std::optional<IpAddress> from;
    Timestamp opened_at;
    Timestamp due = Timestamp::never();
    bool settled = false;
    bool had_media = false;
    bool dirty = false;
    bool leaving = false;
  };

  void on_tick();
  void on_open(Id id);
  void after_input(Id id);
  void mark(Id id);
  void flush(Member& member);
  void settle(Id id);
  void note_first_media(Member& member);
  void retire(Id id);

  io::ControlLoop& loop_;
  CrowdOptions options_;
  Handlers handlers_;
  io::UdpSwarm swarm_;
  std::vector<std::unique_ptr<Member>> members_;  // by id; empty ones have left
  std::vector<Id> free_;                          // their ids
  std::vector<Id> by_udp_;
  std::vector<Id> dirty_;
  size_t size_ = 0;
  GroupTotals retired_[2];
  RunTotals runs_;
  load::LatencyHistogram connect_times_[2];
  load::LatencyHistogram first_media_times_[2];
  io::LoopTimer timer_;
};

}  // namespace parley::app
