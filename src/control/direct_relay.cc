#include "control/direct_relay.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/limits.h"

namespace parley::control {

DirectRelay::Result DirectRelay::handle_signal(int64_t epoch, Passed signal) {
  Result result;
  if (policy_ != room::P2pPolicy::kLan) {
    result.pass.push_back(std::move(signal));
    return result;
  }
  if (epoch != epoch_) {
    *this = DirectRelay(policy_);
    epoch_ = epoch;
  }
  if (released_) {
    result.pass.push_back(std::move(signal));
    return result;
  }
  if (hold(signal)) result.pass.push_back(std::move(signal));
  switch (check_.verdict()) {
    case room::LanVerdict::kShared:
      released_ = true;
      result.pass.insert(result.pass.end(), std::make_move_iterator(held_.begin()),
                         std::make_move_iterator(held_.end()));
      held_.clear();
      break;
    case room::LanVerdict::kSeparate:
      result.refused = !std::exchange(refused_, true);
      break;
    case room::LanVerdict::kUndecided:
      break;
  }
  return result;
}

bool DirectRelay::hold(Passed& signal) {
  const int side = signal.from < signal.to ? 0 : 1;
  const auto keep = [&](signaling::SignalBody body) {
    if (held_.size() < kMaxHeld) held_.push_back({signal.from, signal.to, std::move(body)});
  };
  if (auto* description = std::get_if<signaling::SessionDescription>(&signal.body)) {
    std::vector<signaling::IceCandidate> candidates;
    const bool complete = take_candidates(*description, candidates);
    for (signaling::IceCandidate& candidate : candidates) {
      check_.add(side, candidate.candidate);
      keep(std::move(candidate));
    }
    if (complete) check_.end(side);
    return true;
  }
  if (const auto* candidate = std::get_if<signaling::IceCandidate>(&signal.body)) {
    // An empty one ends a generation too (RTCIceCandidate of the last candidate event).
    if (candidate->candidate.empty()) check_.end(side);
    check_.add(side, candidate->candidate);
  } else {
    check_.end(side);
  }
  keep(std::move(signal.body));
  return false;
}

bool take_candidates(signaling::SessionDescription& description,
                     std::vector<signaling::IceCandidate>& candidates) {
  std::string rest;
  rest.reserve(description.sdp.size());
  bool complete = false;
  int64_t m_line = -1;
  size_t of_m_line = 0;  // the first candidate of the m-line at hand
  std::optional<std::string> mid;
  std::string_view text = description.sdp;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string_view content = line;
    if (content.ends_with('\r')) content.remove_suffix(1);
    if (content.starts_with("m=")) {
      ++m_line;
      mid.reset();
      of_m_line = candidates.size();
    }
    if (content.starts_with("a=mid:")) {
      mid = content.substr(6, signaling::kMaxMidLength);
      for (size_t i = of_m_line; i < candidates.size(); ++i) candidates[i].sdp_mid = mid;
    }
    if (content.starts_with("a=candidate:")) {
      if (candidates.size() < DirectRelay::kMaxHeld) {
        candidates.push_back({.candidate = std::string(content.substr(2)),
                              .sdp_mid = mid,
                              .sdp_m_line_index = std::max<int64_t>(m_line, 0),
                              .username_fragment = {}});
      }
      continue;
    }
    if (content == "a=end-of-candidates") {
      complete = true;
      continue;
    }
    rest.append(line);
    rest.push_back('\n');
  }
  description.sdp = std::move(rest);
  return complete;
}

}  // namespace parley::control
