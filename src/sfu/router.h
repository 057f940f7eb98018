// One room's media: which track feeds which slot, and the way of each packet from the one to the
// others.
//
// Driven by the shard: descriptions and wishes from the control plane, decrypted packets and RTCP
// from peers, a tick every kTick. Gives back what to send (plans), what to ask publishers for, and
// events. Doesn't encrypt, address or pace; knows no person. Nothing on the path of a packet
// allocates.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bounded.h"
#include "base/random.h"
#include "media/command.h"
#include "media/event.h"
#include "sfu/allocator.h"
#include "sfu/down_slot.h"
#include "sfu/packet_cache.h"
#include "sfu/recent_audio.h"
#include "sfu/red_packer.h"
#include "sfu/red_unpacker.h"
#include "sfu/relay.h"
#include "sfu/source_layers.h"
#include "sfu/speaker_detector.h"
#include "sfu/up_track.h"

namespace parley::sfu {

// What to ask of a publisher.
struct Feedback {
  uint32_t endpoint = 0;
  enum class Kind : uint8_t { kKeyFrame, kNack } kind = Kind::kKeyFrame;
  uint32_t media_ssrc = 0;
  BoundedVector<uint16_t, 64> sequences;  // kNack
};

class Router {
 public:
  static constexpr TimeDelta kTick = TimeDelta::millis(20);
  // Plans that may wait to be carried out; what is beyond is dropped and counted. The shard carries
  // them out when it is crowded(), so only replays to many viewers at once come near it.
  static constexpr size_t kPendingPlansEach = 256;  // for each viewer
  static constexpr size_t kLeastPendingPlans = 1'024;
  static constexpr size_t kMostPendingPlans = 16'384;
  // Kept groups of pictures are replayed if the path takes them within this; else a key frame is
  // sooner there, and smaller.
  static constexpr TimeDelta kReplayTime = TimeDelta::millis(300);
  static constexpr TimeDelta kIdle = TimeDelta::seconds(1);
  static constexpr size_t kPendingSmall = 1'024;  // feedback, reports and events

  Router(RouterId id, PacketPool& pool, RandomSource& random);
  ~Router();

  // A new peer, or the new description of a known one (tracks and slots matched by id).
  void set_peer(PeerId peer, uint32_t endpoint, const media::PeerDescription& description,
                Timestamp now);
  void remove_peer(PeerId peer, Timestamp now);
  bool empty() const { return subscribers_.empty(); }
  void set_view(PeerId peer, std::span<const media::ViewWish> wishes, Timestamp now);
  void set_track_enabled(TrackId track, bool enabled, Timestamp now);

  UpTrack* find_track(TrackId track);
  // A packet of `track`'s encoding `index`, decrypted and with RTX undone.
  void handle_media(UpTrack& track, size_t index, const MediaPacket& packet, Timestamp now);
  void handle_sender_report(UpTrack& track, size_t index, uint64_t ntp, uint32_t rtp_time,
                            Timestamp now);
  // From viewers, by the slot's SSRC. Unknown SSRCs are ignored.
  // `round_trip` to the viewer: a packet isn't repeated again before it can have arrived.
  void handle_nack(PeerId peer, uint32_t ssrc, std::span<const uint16_t> sequences,
                   TimeDelta round_trip, Timestamp now);
  // `under_way`: how long what is forwarded takes to the viewer and its answer back. Its wish may
  // cross a key frame.
  void handle_key_frame_request(PeerId peer, uint32_t ssrc, TimeDelta under_way, Timestamp now);
  DownSlot* find_slot(PeerId peer, uint32_t ssrc);
  // What the path to the viewer leaves for video; nullopt: unknown, no limit.
  void set_budget(PeerId peer, std::optional<DataRate> budget, Timestamp now);
  // Whether the viewer's sound is sent twice, for a path that loses packets.
  void set_redundant_audio(PeerId peer, bool redundant);
  // And whether what it asks for again is sent twice.
  void set_redundant_repairs(PeerId peer, bool redundant);
  // What was forwarded lately in this slot didn't reach the viewer: its picture begins anew.
  void restart_video(PeerId peer, uint32_t ssrc, Timestamp now);
  // What is forwarded in this slot waits: for now only frames that others depend on.
  void set_pressed(PeerId peer, uint32_t ssrc, bool pressed);
  // Whether anybody sends media here; in a direct call nobody does.
  bool carries_media(Timestamp now) const { return now - last_media_ < kIdle; }
  // What the viewer's video would take without a limit.
  DataRate demand(PeerId peer) const;
  // A repeated packet for a probe to be filled with; nullopt: nothing suits.
  std::optional<ForwardPlan> padding(PeerId peer);
  // `asks`: what is missing is asked for, and key frames.
  void handle_tick(Timestamp now, bool asks = true);

  // A room on several shards (relay.h). Which others carry people of it, and whether this router
  // says who speaks.
  void set_links(ShardIndex self, uint32_t others, bool leads, Timestamp now);
  // What a peer on shard `home` publishes, replacing what it did; nothing: it is gone.
  void set_remote_tracks(PeerId peer, ShardIndex home,
                         std::span<const media::TrackDescription> tracks, Timestamp now);
  // From another shard of the room. Unknown tracks are ignored: they have just been removed here,
  // or not yet told.
  void handle_relay(const RelayMessage& message, Timestamp now);
  bool poll_relay(RelayMessage& out) { return relayed_.pop(out); }

  // What is to be sent, in the order of arrival. It may be looked at after several packets: all
  // that plans point at stays until clear_plans(), received payloads apart, which are the caller's.
  // To be cleared before any other call than handle_media(), handle_nack(), handle_relay() and
  // those that only look.
  std::span<const ForwardPlan> plans() const { return {plans_.data(), plan_count_}; }
  void clear_plans();
  size_t plan_capacity() const { return plans_.size() - 1; }
  // The next packet may make more plans than there is room for.
  bool crowded() const {
    return plan_count_ + subscribers_.size() > plan_capacity() * 3 / 4 || relayed_.crowded();
  }

  // Each gives the next one and true, or false.
  bool poll_report(SenderReportPlan& out) { return reports_.pop(out); }
  bool poll_feedback(Feedback& out) { return feedback_.pop(out); }
  bool poll_event(media::Event& out) { return events_.pop(out); }

  uint64_t dropped_plans() const { return dropped_plans_; }
  uint64_t dropped_relays() const { return relayed_.dropped(); }

 private:
  // A ring that grows only when asked to.
  template <typename T>
  class Pending {
   public:
    explicit Pending(size_t capacity) : items_(capacity) {}
    void push(T item) {
      if (size_ == items_.size()) {
        ++dropped_;
        return;
      }
      items_[(head_ + size_++) % items_.size()] = std::move(item);
    }
    void grow(size_t capacity) {
      if (capacity <= items_.size()) return;
      std::vector<T> items(capacity);
      for (size_t i = 0; i < size_; ++i) items[i] = std::move(items_[(head_ + i) % items_.size()]);
      items_ = std::move(items);
      head_ = 0;
    }
    bool pop(T& out) {
      if (size_ == 0) return false;
      out = std::move(items_[head_]);
      head_ = (head_ + 1) % items_.size();
      --size_;
      return true;
    }
    bool crowded() const { return size_ > items_.size() * 3 / 4; }
    uint64_t dropped() const { return dropped_; }

   private:
    std::vector<T> items_;
    size_t head_ = 0;
    size_t size_ = 0;
    uint64_t dropped_ = 0;
  };

  struct Subscriber {
    PeerId peer;
    uint32_t endpoint = 0;
    uint32_t group = 0;
    std::vector<std::unique_ptr<DownSlot>> audio_slots;
    std::vector<std::unique_ptr<DownSlot>> video_slots;
    std::vector<media::ViewWish> wishes;  // by priority
    DataRate budget = DataRate::kbps(1'000'000);
    DataRate demand;     // what its video would take without a limit
    DataRate allocated;  // what it takes, as last decided
    bool redundant_audio = false;
    bool redundant_repairs = false;
  };
  struct Source {
    std::unique_ptr<UpTrack> track;
    std::vector<std::pair<Subscriber*, DownSlot*>> listeners;
    bool voiced = false;                            // audio: selected for forwarding
    std::optional<SpeakerDetector::Index> speaker;  // microphones
    std::unique_ptr<RecentAudio> recent;            // likewise
    std::unique_ptr<RedUnpacker> unpacker;          // audio
    std::unique_ptr<RedPacker> packer;              // likewise
    uint8_t layers = 0;                             // last announced LayersWanted
    bool layers_told = false;                       // until then the sender sends everything
    std::array<Timestamp, 8> wanted_since{};        // by encoding
    std::array<std::optional<Timestamp>, 8> unwanted_since{};
    std::optional<ShardIndex> home;             // set: published on another shard
    std::array<uint8_t, kMostShards> linked{};  // encodings that each other shard wants
    SourceLayers layer_rates;
    std::array<int64_t, 8> declared_by{};  // sequence numbers, by encoding
  };

  using TrackIds = BoundedVector<TrackId, 16>;

  Source* find_source(TrackId track);
  Subscriber* find_subscriber(PeerId peer);
  // Gives back the tracks that are new.
  TrackIds update_tracks(PeerId peer, std::span<const media::TrackDescription> tracks);
  void make_room();
  void update_slots(Subscriber& subscriber, const media::PeerDescription& description);
  void remove_source(size_t index);

  // router_assign.cc: which source feeds which slot.
  void assign_slot(Subscriber& subscriber, DownSlot& slot, Source* source);
  void assign_audio(Subscriber& subscriber, Timestamp now);
  void assign_video(Subscriber& subscriber, Timestamp now);
  void assign_everybody(const TrackIds& changed, Timestamp now);
  bool has_slot_for_all(const Subscriber& subscriber) const;
  void place_voice(Subscriber& subscriber, Source& source, bool slot_for_all, Timestamp now);
  DownSlot* preferred_video_slot(Subscriber& subscriber, const UpTrack& track);
  bool hears(const Subscriber& subscriber, const UpTrack& track) const;
  bool takes_audio_slot(const Subscriber& subscriber, const UpTrack& track) const;
  void announce(const Subscriber& subscriber, const DownSlot& slot);

  // router_voices.cc: whose sound.
  void add_voice(Source& source);
  void handle_audio(Source& source, const TrackPacket& packet, Timestamp now);
  // Takes note of a packet's level; whether the packet is to be forwarded.
  bool hear(Source& source, const TrackPacket& packet, Timestamp now);
  void select_voices(Timestamp now);
  void set_voiced(Source& source, bool voiced, Timestamp now);
  void fall_silent(Source& source);
  void send_recent(Source& source, Timestamp now);

  void plan(const ForwardPlan& plan);
  // Where the next plan is to be written, and that it was.
  ForwardPlan& next_plan() { return plans_[plan_count_]; }
  void keep_plan();
  void measure(Source& source, const TrackPacket& packet, Timestamp now);
  // Payloads let go from here on stay until clear_plans().
  void keep_payloads();
  // With `packer`, viewers on lossy paths get the packet as RED.
  void deliver(Source& source, const TrackPacket& packet, Timestamp now,
               RedPacker* packer = nullptr);
  void start_slot(DownSlot& slot, const TrackPacket& packet, Timestamp now);

  // router_layers.cc: which layer of it.
  void list_layers(const Source& source, AllocationSource& out, Timestamp now) const;
  void allocate_all(Timestamp now);
  void allocate_layers(Subscriber& subscriber, Timestamp now);
  uint16_t most_lines(const Subscriber& subscriber, const DownSlot& slot,
                      const AllocationSource& wish, Timestamp now);
  void apply(Subscriber& subscriber, DownSlot& slot, const Allocation& decision,
             DataSize& replay_left, Timestamp now);
  // Sends what is kept if it is no more than `left`, which it lessens; else asks for a key frame.
  void try_replay(Source& source, DownSlot& slot, DataSize& left, Timestamp now);
  void want_layers(Source& source, Timestamp now);
  void announce_layers(Source& source, uint8_t wanted, Timestamp now);
  void collect_repairs(Source& source, bool asks, Timestamp now);

  // router_relay.cc: what other shards of the room are told.
  void relay(const Source& source, RelayMessage message);
  void relay_packet(const Source& source, const TrackPacket& packet, uint32_t to,
                    RelayMessage::Kind kind = RelayMessage::Kind::kPacket);
  void relay_kept(Source& source, ShardIndex to, uint8_t mask, Timestamp now);
  uint32_t links_for(const Source& source, uint8_t encoding) const;
  void replay_kept(Source& source, size_t index, Timestamp now);
  void take_layers(Source& source, ShardIndex from, uint8_t mask, Timestamp now);

  RouterId id_;
  PacketPool& pool_;
  RandomSource& random_;
  ShardIndex self_ = 0;
  uint32_t links_ = 0;  // the other shards of the room
  bool leads_ = true;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::unordered_map<PeerId, Subscriber*> subscriber_of_;
  std::unordered_map<TrackId, Source*> source_of_;
  std::vector<Source*> voiced_;  // the audio sources that are forwarded
  SpeakerDetector speakers_;
  TrackId dominant_;  // as last announced
  Timestamp last_media_;
  Timestamp next_steer_;
  BoundedVector<AllocationSource, kMaxAllocationSources> allocation_sources_;  // scratch
  std::array<Allocation, kMaxAllocationSources> decisions_;                    // likewise
  // The first plan_count_ of them, and one place behind the last.
  std::vector<ForwardPlan> plans_{kLeastPendingPlans + 1};
  size_t plan_count_ = 0;
  uint64_t dropped_plans_ = 0;
  bool keeps_payloads_ = false;
  Pending<SenderReportPlan> reports_{kPendingSmall};
  Pending<Feedback> feedback_{kPendingSmall};
  Pending<media::Event> events_{kPendingSmall * 4};
  Pending<RelayMessage> relayed_{0};  // has room once there are links
};

}  // namespace parley::sfu
