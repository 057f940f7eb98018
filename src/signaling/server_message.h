// Server → client, as plain values. Meaning and rules: docs/protocol.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "signaling/error.h"
#include "signaling/signal_body.h"
#include "signaling/words.h"

namespace parley::signaling::server {

struct Participant {
  std::string id;
  std::string name;
  bool mic = false;
  bool camera = false;
  bool screen = false;
  int64_t hand = 0;
  bool operator==(const Participant&) const = default;
};

struct ParticipantChange {
  std::string id;
  std::optional<std::string> name;
  std::optional<bool> mic, camera, screen;
  std::optional<int64_t> hand;
  bool operator==(const ParticipantChange&) const = default;
};

struct ParticipantLeft {
  std::string id;
  LeftReason reason = LeftReason::kLeft;
  bool operator==(const ParticipantLeft&) const = default;
};

struct Topology {
  int64_t epoch = 0;
  TopologyMode mode = TopologyMode::kAlone;
  TopologyPhase phase = TopologyPhase::kCommit;
  std::optional<std::string> peer;  // with p2p
  std::optional<DirectRole> role;   // with p2p
  bool operator==(const Topology&) const = default;
};

struct ChatEntry {
  int64_t seq = 0;
  std::string from;
  std::string name;
  std::string text;
  int64_t time = 0;  // wall clock, ms since 1970
  std::string key;
  bool operator==(const ChatEntry&) const = default;
};

struct IceServer {
  std::vector<std::string> urls;
  std::optional<std::string> username;
  std::optional<std::string> credential;
  bool operator==(const IceServer&) const = default;
};

struct Joined {
  int64_t id = 0;
  std::string self;
  std::string room;
  std::string resume;
  bool resumed = false;
  std::vector<Participant> participants;
  Topology topology;
  std::optional<std::string> answer_sdp;
  std::vector<ChatEntry> chat;
  int64_t chat_seq = 0;
  std::vector<IceServer> ice_servers;
  int64_t server_time = 0;  // wall clock, ms since 1970
  bool operator==(const Joined&) const = default;
};

struct Error {
  std::optional<int64_t> id;
  ErrorCode code = ErrorCode::kBadRequest;
  std::string message;
  bool fatal = false;
  bool operator==(const Error&) const = default;
};

// Something that people should read and no request caused.
struct Notice {
  std::string code;
  std::string message;
  bool operator==(const Notice&) const = default;
};

struct Answer {
  int64_t id = 0;
  std::string sdp;
  bool operator==(const Answer&) const = default;
};

struct Slot {
  std::string mid;
  std::optional<std::string> participant;
  std::optional<MediaSource> source;
  uint32_t rtp_timestamp = 0;
  bool operator==(const Slot&) const = default;
};
struct Slots {
  std::vector<Slot> slots;
  bool operator==(const Slots&) const = default;
};

struct Layers {
  MediaSource source = MediaSource::kCamera;
  std::vector<std::string> rids;
  bool operator==(const Layers&) const = default;
};

// The video codecs that everybody here can be shown.
struct Codecs {
  std::vector<std::string> video;
  bool operator==(const Codecs&) const = default;
};

// What one other participant looks at of mine, in its pixels.
struct WatchedSource {
  MediaSource source = MediaSource::kCamera;  // camera or screen
  uint16_t width = 0;
  uint16_t height = 0;
  bool operator==(const WatchedSource&) const = default;
};
struct Watched {
  std::string by;
  std::vector<WatchedSource> sources;
  bool operator==(const Watched&) const = default;
};

struct Roster {
  std::vector<Participant> joined;
  std::vector<ParticipantChange> changed;
  std::vector<ParticipantLeft> left;
  bool operator==(const Roster&) const = default;
};

struct Speaker {
  std::optional<std::string> participant;
  bool operator==(const Speaker&) const = default;
};

struct ParticipantQuality {
  std::string id;
  int64_t bars = 0;
  bool operator==(const ParticipantQuality&) const = default;
};
struct Quality {
  std::vector<ParticipantQuality> participants;
  bool operator==(const Quality&) const = default;
};

struct Ok {
  int64_t id = 0;
  std::optional<int64_t> seq;
  bool operator==(const Ok&) const = default;
};

struct Chat {
  ChatEntry message;
  bool operator==(const Chat&) const = default;
};

struct Signal {
  int64_t epoch = 0;
  std::string from;
  SignalBody body;
  bool operator==(const Signal&) const = default;
};

struct Closing {
  ClosingReason reason = ClosingReason::kLeft;
  std::string message;
  bool operator==(const Closing&) const = default;
};

struct Pong {
  int64_t t = 0;
  bool operator==(const Pong&) const = default;
};

}  // namespace parley::signaling::server

namespace parley::signaling {

using ServerMessage =
    std::variant<server::Joined, server::Error, server::Notice, server::Answer, server::Slots,
                 server::Layers, server::Codecs, server::Watched, server::Roster, server::Speaker,
                 server::Quality, server::Ok, server::Chat, server::Topology, server::Signal,
                 server::Closing, server::Pong>;

}  // namespace parley::signaling
