// A control plane and the pages of a crowd that speak to it in virtual time: no shard, no network,
// no sockets' delay. A page takes what it is told literally: who comes twice or leaves without
// having been there is a fault.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/control_plane.h"
#include "sdp/offer.h"
#include "signaling/codec.h"

namespace parley::sim {

inline int64_t cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1'000;
}

// The control plane at work: counts its processor time and what it allocates and still holds,
// wherever that is released.
class ControlScope {
 public:
  ControlScope() : since_us_(cpu_us()) { counting = true; }
  ~ControlScope() {
    counting = false;
    used_us += cpu_us() - since_us_;
  }
  ControlScope(const ControlScope&) = delete;
  ControlScope& operator=(const ControlScope&) = delete;

  static inline bool counting = false;
  static inline int64_t held_bytes = 0;
  static inline int64_t used_us = 0;

 private:
  int64_t since_us_;
};

class Crowd {
 public:
  struct Page {
    control::ConnectionId connection;
    PeerId peer;
    std::string self;
    std::string resume;
    std::map<std::string, signaling::server::Participant> roster;
    bool listening = true;
    uint64_t messages = 0;
    uint64_t bytes = 0;
    size_t longest = 0;
  };

  explicit Crowd(size_t capacity) {
    control::ControlConfig config;
    config.shards = {{.media_port = 3478}};
    config.advertised = {IpAddress::v4(192, 0, 2, 1)};
    config.fingerprint = kFingerprint;
    config.max_participants = capacity;
    const ControlScope scope;
    control_ = std::make_unique<control::ControlPlane>(std::move(config), random_);
  }

  struct Kind {
    bool media = true;      // microphone, camera and 25 slots
    bool listening = true;  // a page that isn't only counts what it is told
  };
  Page& enter(const std::string& name, Kind kind) {
    signaling::client::Join join{.id = 1, .room = "hall", .name = name, .state = {.mic = false}};
    if (kind.media) join.offer = offer();
    return open(join, kind.listening);
  }
  Page& enter(const std::string& name) { return enter(name, Kind()); }
  // The socket of `page` is lost and found again.
  void lose_socket(Page& page) {
    control_->handle_disconnected(page.connection, now_);
    pages_.erase(page.connection);
    drain();
  }
  Page& resume(const std::string& token, const std::string& name) {
    signaling::client::Join join{.id = 1, .room = "hall", .name = name, .state = {}};
    join.resume = token;
    return open(join, /*listening=*/true);
  }
  void leave(Page& page) {
    const control::ConnectionId connection = page.connection;
    say(page, signaling::client::Leave{});
    pages_.erase(connection);
  }
  void say(const Page& page, const signaling::ClientMessage& message) {
    const std::string text = signaling::write(message);
    {
      const ControlScope scope;
      control_->handle_message(page.connection, text, now_, 1'700'000'000'000 + now_.ms());
    }
    drain();
  }
  void event(const media::Event& event) {
    {
      const ControlScope scope;
      control_->handle_media_event(event, now_);
    }
    drain();
  }
  void run_for(TimeDelta time) {
    const Timestamp end = now_ + time;
    for (;;) {
      const Timestamp due = control_->poll_timeout().when;
      if (due > end) break;
      now_ = std::max(now_, due);
      {
        const ControlScope scope;
        control_->handle_timeout(now_);
      }
      drain();
    }
    now_ = end;
  }

  std::map<control::ConnectionId, Page>& pages() { return pages_; }
  control::ControlPlane& control() { return *control_; }
  const std::vector<std::string>& faults() const { return faults_; }
  const std::vector<signaling::server::Error>& errors() const { return errors_; }
  uint64_t frames() const { return frames_; }        // sent
  uint64_t encodings() const { return encodings_; }  // different texts among them
  Timestamp now() const { return now_; }

 private:
  static constexpr char kFingerprint[] =
      "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:"
      "EE:FF";

  static signaling::client::OfferBody offer() {
    using signaling::MediaSource;
    static const signaling::client::OfferBody kOffer{
        .sdp = sdp::build_offer(
            {.tracks = {{.kind = rtp::MediaKind::kAudio, .rids = {}, .ssrc = {}},
                        {.kind = rtp::MediaKind::kVideo, .rids = {"l", "m", "h"}, .ssrc = {}}},
             .audio_slots = 3,
             .video_slots = 22,
             .ice_ufrag = "abcd",
             .ice_pwd = "0123456789012345678901",
             .fingerprint = kFingerprint}),
        .sources = {{"0", MediaSource::kMic}, {"1", MediaSource::kCamera}}};
    return kOffer;
  }

  Page& open(const signaling::client::Join& join, bool listening) {
    const control::ConnectionId connection{++last_connection_};
    Page& page = pages_[connection];
    page.connection = connection;
    page.listening = listening;
    {
      const ControlScope scope;
      control_->handle_connected(
          connection, {IpAddress::v4(198, 51, 100, 7), IpAddress::v4(10, 0, 0, 5)}, now_);
    }
    last_peer_ = {};
    say(page, join);
    if (last_peer_) page.peer = last_peer_;
    return page;
  }

  void drain() {
    parsed_.clear();
    control::Output out;
    for (;;) {
      {
        const ControlScope scope;
        if (!control_->poll_output(out)) break;
      }
      if (const auto* text = std::get_if<control::SendText>(&out)) take(*text);
      if (const auto* media = std::get_if<control::MediaOutput>(&out)) {
        if (const auto* created = std::get_if<media::CreatePeer>(&media->command)) {
          last_peer_ = created->peer;
        }
      }
    }
  }
  void take(const control::SendText& frame) {
    ++frames_;
    const auto [it, fresh] = parsed_.try_emplace(frame.text.get());
    if (fresh) {
      ++encodings_;
      it->second.keep = frame.text;
    }
    const auto page = pages_.find(frame.connection);
    if (page == pages_.end()) return;
    ++page->second.messages;
    page->second.bytes += frame.text->size();
    page->second.longest = std::max(page->second.longest, frame.text->size());
    if (!page->second.listening) return;
    std::optional<signaling::ServerMessage>& message = it->second.message;
    if (!message) {
      auto parsed = signaling::parse_server_message(*frame.text);
      if (!parsed) {
        fault(page->second, "a frame that can't be read: " + parsed.error().message);
        return;
      }
      message = *std::move(parsed);
    }
    apply(page->second, *message);
  }
  void apply(Page& page, const signaling::ServerMessage& message) {
    if (const auto* joined = std::get_if<signaling::server::Joined>(&message)) {
      page.self = joined->self;
      page.resume = joined->resume;
      page.roster.clear();
      for (const auto& person : joined->participants) page.roster[person.id] = person;
    } else if (const auto* roster = std::get_if<signaling::server::Roster>(&message)) {
      apply(page, *roster);
    } else if (const auto* error = std::get_if<signaling::server::Error>(&message)) {
      errors_.push_back(*error);
    }
  }
  void apply(Page& page, const signaling::server::Roster& roster) {
    for (const auto& left : roster.left) {
      if (page.roster.erase(left.id) == 0) fault(page, left.id + " left without having been there");
    }
    for (const auto& person : roster.joined) {
      if (!page.roster.emplace(person.id, person).second) fault(page, person.id + " came twice");
    }
    for (const auto& change : roster.changed) {
      const auto it = page.roster.find(change.id);
      if (it == page.roster.end()) {
        fault(page, change.id + " changed without being there");
        continue;
      }
      const signaling::server::Participant before = it->second;
      it->second.name = change.name.value_or(before.name);
      it->second.mic = change.mic.value_or(before.mic);
      it->second.camera = change.camera.value_or(before.camera);
      it->second.screen = change.screen.value_or(before.screen);
      it->second.hand = change.hand.value_or(before.hand);
      if (it->second == before) fault(page, change.id + " changed to what it was");
    }
  }
  void fault(const Page& page, const std::string& what) {
    if (faults_.size() < 10) faults_.push_back(page.self + " was told: " + what);
  }

  struct Parsed {
    control::SharedText keep;  // so that no later text has its address
    std::optional<signaling::ServerMessage> message;
  };

  SeededRandom random_{1};
  Timestamp now_ = Timestamp::seconds(1'000);
  std::unique_ptr<control::ControlPlane> control_;
  std::map<control::ConnectionId, Page> pages_;
  std::unordered_map<const std::string*, Parsed> parsed_;  // of one call
  std::vector<std::string> faults_;
  std::vector<signaling::server::Error> errors_;
  uint32_t last_connection_ = 0;
  PeerId last_peer_;
  uint64_t frames_ = 0;
  uint64_t encodings_ = 0;
};

}  // namespace parley::sim
