#include "sfu/speaker_detector.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/bounded.h"
#include "base/check.h"

namespace parley::sfu {
namespace {

constexpr int kSilenceDb = 127;
// The noise floor is taken to lie between these (-70 and -40 dBov): below, there is no microphone;
// above, there would be no speech.
constexpr double kLowestFloorDb = kSilenceDb - 70;
constexpr double kHighestFloorDb = kSilenceDb - 40;
// Follows the quietest frame at once and rises by 1 dB in 2 s: speech pauses more often.
constexpr double kFloorRiseDb = 0.01;
constexpr uint64_t kBlockMask = (1u << SpeakerDetector::kMediumFrames) - 1;
constexpr int kHistoryFrames = SpeakerDetector::kMediumFrames * SpeakerDetector::kLongBlocks;
static_assert(kHistoryFrames <= 64);

// The paper's score: how much likelier `active` of `count` is as speech (binomial, p = ½) than as
// silence (exponential with λ). Comparing takes its logarithm, so it is kept positive.
double likelihood_score(int active, int count, double lambda) {
  const double choose =
      std::lgamma(count + 1) - std::lgamma(active + 1) - std::lgamma(count - active + 1);
  return std::max(1e-10, choose + count * std::log(0.5) - std::log(lambda) + lambda * active);
}

template <size_t N>
std::array<double, N> score_table(double lambda) {
  std::array<double, N> table{};
  for (size_t i = 0; i < N; ++i)
    table[i] = likelihood_score(static_cast<int>(i), static_cast<int>(N - 1), lambda);
  return table;
}

}  // namespace

SpeakerDetector::SpeakerDetector()
    : immediate_scores_(score_table<kImmediateMax + 1>(kImmediateLambda)),
      medium_scores_(score_table<kMediumFrames + 1>(kMediumLambda)),
      long_scores_(score_table<kLongBlocks + 1>(kLongLambda)) {
  sources_.reserve(kMaxSources);
  order_.reserve(kMaxSources);
  free_.reserve(kMaxSources);
}

void SpeakerDetector::Source::push_frame(int activity) {
  immediate = static_cast<uint8_t>(activity);
  history = (history << 1) | (activity >= kActiveFrame ? 1 : 0);
  counted_to = counted_to + kFrame;
}

void SpeakerDetector::Source::push_silence(Timestamp now) {
  if (now - counted_to > kFrame * kHistoryFrames + kLate) reset(now - kLate);
  while (now - counted_to > kLate) push_frame(0);
}

void SpeakerDetector::Source::reset(Timestamp now) {
  history = 0;
  immediate = 0;
  counted_to = now;
}

std::optional<SpeakerDetector::Index> SpeakerDetector::add(TrackId track) {
  PARLEY_CHECK(track);
  Index index;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (sources_.size() < kMaxSources) {
    index = static_cast<Index>(sources_.size());
    sources_.emplace_back();
  } else {
    return std::nullopt;
  }
  sources_[index] = {};
  sources_[index].track = track;
  sources_[index].floor_db = kLowestFloorDb;
  order_.push_back(index);
  return index;
}

void SpeakerDetector::remove(Index source) {
  PARLEY_CHECK(source < sources_.size() && sources_[source].track);
  if (has_dominant_ && order_[0] == source) has_dominant_ = false;
  order_.erase(std::ranges::find(order_, source));
  sources_[source] = {};
  free_.push_back(source);
}

void SpeakerDetector::set_enabled(Index source, bool enabled) {
  Source& s = sources_[source];
  if (s.enabled == enabled) return;
  s.enabled = enabled;
  s.forwarded = false;
  s.reset(s.counted_to);
  s.speech = {};
  if (!enabled && has_dominant_ && order_[0] == source) has_dominant_ = false;
}

bool SpeakerDetector::handle_level(Index source, uint8_t level, Timestamp now) {
  Source& s = sources_[source];
  if (!s.enabled) return false;
  s.push_silence(now);
  const double loud = std::max(0, kSilenceDb - level);
  s.floor_db =
      std::clamp(std::min(s.floor_db + kFloorRiseDb, loud), kLowestFloorDb, kHighestFloorDb);
  const int above = static_cast<int>(loud - s.floor_db - kFloorMarginDb) / kStepDb;
  const int activity = std::clamp(above, 0, kImmediateMax);
  // Packets faster than the clock, after a gap or by ill will, don't count as more speech.
  if (s.counted_to - now <= kFrame) s.push_frame(activity);
  s.speech.add(level, now);
  if (s.speech.is_beginning(now)) s.forwarded = true;
  return s.forwarded;
}

void SpeakerDetector::handle_tick(Timestamp now) {
  for (Source& s : sources_) {
    if (s.track) s.push_silence(now);
  }
  choose_forwarded(now);
  if (now < next_decision_) return;
  next_decision_ = now + kDecisionInterval;
  choose_dominant();
}

SpeakerDetector::Activity SpeakerDetector::activity(const Source& source) {
  Activity result{source.immediate, std::popcount(source.history & kBlockMask), 0};
  uint64_t rest = source.history & ((uint64_t{1} << kHistoryFrames) - 1);
  for (; rest != 0; rest >>= kMediumFrames)
    result.long_term += std::popcount(rest & kBlockMask) >= kActiveBlock;
  return result;
}

SpeakerDetector::Scores SpeakerDetector::scores(const Activity& a) const {
  return {immediate_scores_[static_cast<size_t>(a.immediate)],
          medium_scores_[static_cast<size_t>(a.medium)],
          long_scores_[static_cast<size_t>(a.long_term)]};
}

void SpeakerDetector::choose_dominant() {
  const Index* best = nullptr;
  Scores best_scores{};
  const Scores reigning =
      has_dominant_ ? scores(activity(sources_[order_[0]])) : scores(Activity{0, 0, 0});
  for (const Index& index : order_) {
    const Source& s = sources_[index];
    if (s.history == 0 || !s.enabled || (has_dominant_ && index == order_[0])) continue;
    const Activity a = activity(s);
    if (a.long_term < kMinLong) continue;
    const Scores own = scores(a);
    if (std::log(own.immediate / reigning.immediate) <= kImmediateLead ||
        std::log(own.medium / reigning.medium) <= kMediumLead ||
        std::log(own.long_term / reigning.long_term) <= kLongLead)
      continue;
    const auto key = [](const Scores& x) { return std::array{x.medium, x.long_term, x.immediate}; };
    if (best && key(own) <= key(best_scores)) continue;
    best = &index;
    best_scores = own;
  }
  if (best) make_dominant(*best);
}

void SpeakerDetector::make_dominant(Index source) {
  const auto at = std::ranges::find(order_, source);
  std::rotate(order_.begin(), at, at + 1);
  has_dominant_ = true;
}

TrackId SpeakerDetector::dominant() const {
  return has_dominant_ ? sources_[order_[0]].track : TrackId{};
}

void SpeakerDetector::choose_forwarded(Timestamp now) {
  struct Loud {
    double loudness;
    Index source;
  };
  BoundedVector<Loud, kLoudest + 1> loudest;
  for (const Index index : order_) {
    const Source& s = sources_[index];
    if (!s.enabled) continue;
    const Loud own{s.speech.loudness(now) + (s.forwarded ? kForwardedMargin : 0), index};
    if (loudest.size() == kLoudest && own.loudness <= loudest.back().loudness) continue;
    loudest.push_back(own);
    for (size_t i = loudest.size() - 1; i > 0 && loudest[i].loudness > loudest[i - 1].loudness; --i)
      std::swap(loudest[i], loudest[i - 1]);
    if (loudest.size() > kLoudest) loudest.pop_back();
  }
  for (const Index index : order_) {
    Source& s = sources_[index];
    s.forwarded = s.enabled && s.speech.is_beginning(now);
  }
  for (const Loud& l : loudest) sources_[l.source].forwarded = true;
}

}  // namespace parley::sfu
