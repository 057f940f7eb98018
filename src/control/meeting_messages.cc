// What a seated participant may say, message by message.
#include <fmt/format.h>

#include <utility>

#include "control/meeting.h"
#include "control/wire.h"

namespace parley::control {

namespace client = signaling::client;
namespace server = signaling::server;
using signaling::ErrorCode;

void Meeting::handle_message(room::ParticipantId from, const Origin& origin,
                             signaling::ClientMessage message, Clock clock) {
  if (room_.find(from) == nullptr) return;
  std::visit([&](auto& m) { on(from, origin, m, clock); }, message);
  flush(clock.now);
}

void Meeting::on(room::ParticipantId from, const Origin& origin, client::Offer& m, Clock clock) {
  const Legs::Leg* leg = legs_.find(from);
  std::optional<Negotiated> negotiated = negotiate_leg(origin, m.id, m.offer, leg);
  if (!negotiated) return;
  for (media::TrackDescription& track : negotiated->description.tracks) track.group = from.value;
  std::string answer_sdp = negotiated->answer_sdp;
  install_leg(from, *std::move(negotiated), clock.now);
  send(from, server::Answer{.id = m.id, .sdp = std::move(answer_sdp)});
}

void Meeting::on(room::ParticipantId from, const Origin&, client::View& m, Clock) {
  legs_.set_view(from, std::move(m.views));
  if (const room::ParticipantId peer = direct_peer(from)) tell_watched(from, peer);
}

void Meeting::on(room::ParticipantId from, const Origin&, client::State& m, Clock) {
  room_.handle_state(from, from_wire(m.change));
  legs_.apply_state(*room_.find(from));
}

void Meeting::on(room::ParticipantId from, const Origin&, client::Rename& m, Clock) {
  room_.handle_rename(from, std::move(m.name));
  send(from, server::Ok{.id = m.id, .seq = {}});
}

void Meeting::on(room::ParticipantId from, const Origin& origin, client::Chat& m, Clock clock) {
  auto& rate = chat_rates_.try_emplace(from, clock.now, kChatBurst, kChatPerSecond).first->second;
  if (!rate.allow(clock.now)) {
    ++context_.stats.bad_input["chat_rate"];
    refuse(origin, ErrorCode::kTooMany, "Too many chat messages in a short time. Wait a little.",
           m.id);
    return;
  }
  const chat::Log::Posted posted = chat_.post({.seq = 0,
                                               .from = room::to_text(from),
                                               .name = room_.find(from)->name,
                                               .text = std::move(m.text),
                                               .time_ms = clock.wall_ms,
                                               .key = std::move(m.key)});
  send(from, server::Ok{.id = m.id, .seq = posted.seq});
  if (posted.fresh) send_all(server::Chat{to_wire(chat_.last())});
}

void Meeting::on(room::ParticipantId from, const Origin&, client::Ready& m, Clock clock) {
  room_.handle_ready(from, m.epoch, clock.now);  // a stale one is a race, not a fault
}

void Meeting::on(room::ParticipantId from, const Origin&, client::Failed& m, Clock clock) {
  room_.handle_failed(from, m.epoch, clock.now);
}

void Meeting::on(room::ParticipantId from, const Origin&, client::Health& m, Clock clock) {
  DeviceGuard& guard = devices_[from];
  if (guard.handle_report(m, clock.now)) legs_.set_halvings(from, guard.halvings());
}

void Meeting::on(room::ParticipantId from, const Origin& origin, client::Signal& m, Clock clock) {
  const auto to = room::parse_participant_id(m.to);
  if (!to || room_.find(*to) == nullptr) {
    refuse(origin, ErrorCode::kNoSuchParticipant,
           fmt::format("Nobody in this room is called {}; they may have just left.", m.to), {});
    return;
  }
  // What was sent before a switch was heard of is dropped.
  if (!room_.topology().is_direct(m.epoch, from, *to)) return;
  const DirectRelay::Result result =
      relay_.handle_signal(m.epoch, {.from = from, .to = *to, .body = std::move(m.body)});
  for (const DirectRelay::Passed& passed : result.pass) {
    send(passed.to,
         server::Signal{.epoch = m.epoch, .from = room::to_text(passed.from), .body = passed.body});
  }
  if (result.refused) room_.handle_lan_refused(m.epoch, clock.now);
}

}  // namespace parley::control
