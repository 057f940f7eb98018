#include "signaling/words.h"

#include <array>

#include "base/check.h"
#include "signaling/error.h"

namespace parley::signaling {
namespace {

template <typename E>
struct Words;

// Each table is indexed by its enumerator.
template <>
struct Words<MediaSource> {
  static constexpr std::array<std::string_view, 4> kTable{"mic", "camera", "screen",
                                                          "screen-audio"};
};
template <>
struct Words<TopologyMode> {
  static constexpr std::array<std::string_view, 3> kTable{"alone", "p2p", "sfu"};
};
template <>
struct Words<TopologyPhase> {
  static constexpr std::array<std::string_view, 3> kTable{"prepare", "commit", "abort"};
};
template <>
struct Words<DirectRole> {
  static constexpr std::array<std::string_view, 2> kTable{"offerer", "answerer"};
};
template <>
struct Words<DescriptionType> {
  static constexpr std::array<std::string_view, 2> kTable{"offer", "answer"};
};
template <>
struct Words<LeftReason> {
  static constexpr std::array<std::string_view, 3> kTable{"left", "lost", "removed"};
};
template <>
struct Words<ClosingReason> {
  static constexpr std::array<std::string_view, 5> kTable{"left", "removed", "ended", "replaced",
                                                          "stopping"};
};
template <>
struct Words<ErrorCode> {
  static constexpr std::array<std::string_view, 13> kTable{
      "bad_request", "bad_room",  "bad_name", "room_full",  "server_full",    "old_client",
      "bad_token",   "bad_offer", "too_many", "not_joined", "already_joined", "no_such_participant",
      "internal"};
};

template <typename E>
std::string_view word_of(E value) {
  const auto index = static_cast<size_t>(value);
  PARLEY_CHECK(index < Words<E>::kTable.size());
  return Words<E>::kTable[index];
}

}  // namespace

template <typename E>
std::optional<E> from_text(std::string_view text) {
  for (size_t i = 0; i < Words<E>::kTable.size(); ++i) {
    if (Words<E>::kTable[i] == text) return static_cast<E>(i);
  }
  return std::nullopt;
}

std::string_view to_text(MediaSource value) {
  return word_of(value);
}
std::string_view to_text(TopologyMode value) {
  return word_of(value);
}
std::string_view to_text(TopologyPhase value) {
  return word_of(value);
}
std::string_view to_text(DirectRole value) {
  return word_of(value);
}
std::string_view to_text(DescriptionType value) {
  return word_of(value);
}
std::string_view to_text(LeftReason value) {
  return word_of(value);
}
std::string_view to_text(ClosingReason value) {
  return word_of(value);
}
std::string_view to_text(ErrorCode code) {
  return word_of(code);
}

template std::optional<MediaSource> from_text(std::string_view);
template std::optional<TopologyMode> from_text(std::string_view);
template std::optional<TopologyPhase> from_text(std::string_view);
template std::optional<DirectRole> from_text(std::string_view);
template std::optional<DescriptionType> from_text(std::string_view);
template std::optional<LeftReason> from_text(std::string_view);
template std::optional<ClosingReason> from_text(std::string_view);
template std::optional<ErrorCode> from_text(std::string_view);

}  // namespace parley::signaling
