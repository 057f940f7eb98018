// The words of room/ and chat/ as those of signaling/.
#pragma once

#include <string_view>

#include "chat/log.h"
#include "room/room.h"
#include "rtp/parameters.h"
#include "signaling/client_message.h"
#include "signaling/server_message.h"

namespace parley::control {

signaling::server::Participant to_wire(const room::Participant& participant);
signaling::server::Topology to_wire(const room::TopologyMessage& message);
signaling::server::Roster to_wire(const room::RosterDiff& diff);
signaling::server::ChatEntry to_wire(const chat::Message& message);
room::StateChange from_wire(const signaling::client::StateChange& change);

// Its word in `codecs`.
std::string_view to_wire(rtp::Codec codec);

// A roster too long for one frame is told in several: what one frame may hold of it, in bytes of
// JSON. Some 1,000 people with ordinary names.
inline constexpr size_t kMaxRosterBytes = 112 * 1024;
std::vector<signaling::server::Roster> pages(signaling::server::Roster roster);
// Those that fit in a `joined`; the others make `rest`.
std::vector<signaling::server::Participant> first_page(
    const std::vector<room::Participant>& people, std::vector<signaling::server::Roster>& rest);

// The newest of `messages` that fit in a `joined` beside its roster and answer, in order.
std::vector<signaling::server::ChatEntry> chat_backlog(const std::vector<chat::Message>& messages);

signaling::server::Error error(signaling::ErrorCode code, std::string message,
                               std::optional<int64_t> id = std::nullopt, bool fatal = false);

}  // namespace parley::control
