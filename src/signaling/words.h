// Words that both directions of the protocol share, as enumerations with their wire form.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::signaling {

enum class MediaSource : uint8_t { kMic, kCamera, kScreen, kScreenAudio };
enum class TopologyMode : uint8_t { kAlone, kP2p, kSfu };
enum class TopologyPhase : uint8_t { kPrepare, kCommit, kAbort };
enum class DirectRole : uint8_t { kOfferer, kAnswerer };
enum class DescriptionType : uint8_t { kOffer, kAnswer };
enum class LeftReason : uint8_t { kLeft, kLost, kRemoved };
enum class ClosingReason : uint8_t { kLeft, kRemoved, kEnded, kReplaced, kStopping };

std::string_view to_text(MediaSource value);
std::string_view to_text(TopologyMode value);
std::string_view to_text(TopologyPhase value);
std::string_view to_text(DirectRole value);
std::string_view to_text(DescriptionType value);
std::string_view to_text(LeftReason value);
std::string_view to_text(ClosingReason value);

// The value that `text` names; nullopt for any other word. E is an enumeration above or ErrorCode.
template <typename E>
std::optional<E> from_text(std::string_view text);

}  // namespace parley::signaling
