// One room with the sockets and server legs of its people: turns what they say into calls of room/,
// chat/, Legs, Presenter and DirectRelay, and what comes out of those into messages. Owned by
// ControlPlane.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "base/random.h"
#include "chat/log.h"
#include "control/common_codecs.h"
#include "control/config.h"
#include "control/device_guard.h"
#include "control/direct_relay.h"
#include "control/legs.h"
#include "control/output.h"
#include "control/presenter.h"
#include "control/registry.h"
#include "control/stats.h"
#include "media/event.h"
#include "room/room.h"
#include "signaling/client_message.h"
#include "signaling/rate_limit.h"

namespace parley::control {

class Meeting {
 public:
  struct Context {
    const ControlConfig& config;
    ShardLoads& loads;
    Registry& registry;
    Outbox& outbox;
    Stats& stats;
    RandomSource& random;
  };
  // Where a message came from.
  struct Origin {
    ConnectionId connection;
    ConnectionInfo info;
  };
  // A chat message goes to everybody, so of those one may send fewer than of other messages: 2 a
  // second of the longest are 32 KB/s to each. A burst is what somebody pastes line by line.
  static constexpr int64_t kChatBurst = 20;
  static constexpr int64_t kChatPerSecond = 2;

  struct Clock {
    Timestamp now;
    int64_t wall_ms = 0;  // since 1970
  };
  struct Seated {
    room::ParticipantId id;
    ConnectionId replaced;  // the seat's former socket, if it still stood; it has been closed
  };

  Meeting(const Context& context, std::string name, RouterId router);

  // A new seat, or the one of `join.resume`. Nullopt: refused, and the client has been told why.
  std::optional<Seated> handle_join(const Origin& origin, signaling::client::Join join,
                                    Clock clock);
  // Any message of a seated participant but join, leave and ping.
  void handle_message(room::ParticipantId from, const Origin& origin,
                      signaling::ClientMessage message, Clock clock);
  void handle_leave(room::ParticipantId id, Timestamp now);
  void handle_socket_lost(room::ParticipantId id, Timestamp now);
  // The page said that it goes and may be back.
  void handle_page_gone(room::ParticipantId id, Timestamp now);
  // An event of the participant's peer; flush() says what came of it.
  void handle_media_event(room::ParticipantId owner, const media::Event& event, Timestamp now);
  void handle_timeout(Timestamp now);
  // Sends what has changed and is due. All calls but handle_media_event() do it themselves.
  void flush(Timestamp now);

  Deadline poll_timeout() const {
    return Deadline::earliest(Deadline::earliest(room_.poll_timeout(), presenter_.poll_timeout()),
                              {devices_due(), "device recovers"});
  }
  bool empty() const { return room_.size() == 0; }
  size_t size() const { return room_.size(); }
  room::TopologyMode mode() const { return room_.topology().mode(); }
  const std::string& name() const { return name_; }

 private:
  std::optional<Seated> join_new(const Origin& origin, signaling::client::Join& join,
                                 std::optional<Negotiated> negotiated, Clock clock);
  Seated join_again(room::ParticipantId id, const Origin& origin, signaling::client::Join& join,
                    std::optional<Negotiated> negotiated, Clock clock);
  void welcome(room::ParticipantId id, const signaling::client::Join& join, bool resumed,
               std::optional<std::string> answer_sdp, const Origin& origin, Clock clock);
  // Nullopt: the client has been told what is wrong.
  std::optional<Negotiated> negotiate_leg(const Origin& origin, int64_t request,
                                          const signaling::client::OfferBody& offer,
                                          const Legs::Leg* former);
  void install_leg(room::ParticipantId id, Negotiated negotiated, Timestamp now);

  void on(room::ParticipantId from, const Origin& origin, signaling::client::Offer& m, Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::View& m, Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::State& m, Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::Rename& m,
          Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::Chat& m, Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::Ready& m, Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::Failed& m,
          Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::Health& m,
          Clock clock);
  void on(room::ParticipantId from, const Origin& origin, signaling::client::Signal& m,
          Clock clock);
  // Join, leave and ping are the ControlPlane's.
  template <typename Other>
  void on(room::ParticipantId, const Origin&, Other&, Clock) {}

  void take(const room::SeatEnded& ended);
  void take(const room::RosterDiff& diff);
  void take(const room::TopologyMessage& message);
  void take(const room::SwitchEnded& ended);
  void take(const room::ServerPathMissing&);
  // The other end of the direct leg in preparation or force; none: no such leg.
  room::ParticipantId direct_peer(room::ParticipantId id) const;
  // Tells `publisher` what `viewer` looks at of it, when that has changed.
  void tell_watched(room::ParticipantId viewer, room::ParticipantId publisher);
  // What the participant takes, as it negotiated.
  void set_codecs(room::ParticipantId id, const Negotiated& negotiated);
  // Tells everybody which codecs all take and gives true, if that has changed.
  bool tell_codecs();
  // The track's owner is about to be named to others.
  void note_named(TrackId track);

  Timestamp devices_due() const;

  ConnectionId connection_of(room::ParticipantId id) const;
  void send(room::ParticipantId to, const signaling::ServerMessage& message);
  void send_all(const signaling::ServerMessage& message);
  void refuse(const Origin& origin, signaling::ErrorCode code, std::string message,
              std::optional<int64_t> id, bool fatal = false);

  Context context_;
  std::string name_;
  room::Room room_;
  chat::Log chat_;
  Legs legs_;
  Presenter presenter_;
  DirectRelay relay_;
  std::map<room::ParticipantId, signaling::server::Watched> watched_;  // by who was told
  std::map<room::ParticipantId, ConnectionId> connections_;  // of those whose socket stands
  std::map<room::ParticipantId, CodecSet> codecs_;           // of those with a leg
  bool codecs_changed_ = false;
  signaling::server::Codecs told_codecs_;
  std::map<room::ParticipantId, DeviceGuard> devices_;  // of those that had trouble lately
  std::map<room::ParticipantId, signaling::RateLimit> chat_rates_;  // of those who have chatted
};

}  // namespace parley::control
