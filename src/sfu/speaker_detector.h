// Who speaks, of up to kMaxSources audio tracks, from RFC 6464 levels alone: the dominant speaker,
// the order of speakers, and whose sound is forwarded.
//
// Driven by the router: a level with each audio packet, a tick every 20 ms. Decodes nothing, knows
// no person. Allocates in its constructor only; a tick looks once at each source.
//
// After I. Volfin and I. Cohen, "Dominant speaker identification for multipoint videoconferencing",
// Computer Speech and Language 27 (2013): speech activity over an immediate, a medium and a long
// time, each scored by its likelihood as speech, and compared between the dominant speaker and the
// others. λ are those of Jitsi's implementation; other constants are ours, with the reason beside
// them.
//
// Rules:
//  1. A frame is 20 ms. Its immediate activity is how far its level stands out of the source's own
//     noise floor, in kImmediateMax steps; it is active from kActiveFrame on. Without packets (DTX,
//     mute) frames are silent.
//  2. Medium activity: active frames of the last kMediumFrames. Long activity: of the last
//     kLongBlocks blocks of kMediumFrames, those with at least kActiveBlock active frames.
//  3. Every kDecisionInterval another takes over if the logarithm of its score over the dominant's
//     exceeds kImmediateLead, kMediumLead and kLongLead, and its long activity is at least
//     kMinLong: no cough is that long, and keys are not that dense. Of several the one with the
//     largest medium score, then long, then level.
//  4. Silence changes nothing. Who leaves or is disabled stops being dominant at once; then rule 3
//     holds without a comparison.
//  5. Order: by who was dominant last, then the others by when they came.
//  6. Forwarded (audio_selection.h): the kLoudest by smoothed loudness, those who are in ahead by
//     kForwardedMargin, and whoever began to speak within SpeechMeter::kBeginning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "base/units.h"
#include "sfu/audio_selection.h"

namespace parley::sfu {

class SpeakerDetector {
 public:
  static constexpr size_t kMaxSources = 1'000;
  static constexpr TimeDelta kFrame = TimeDelta::millis(20);
  // Packets this late are jitter; the frames of longer gaps are silent.
  static constexpr TimeDelta kLate = TimeDelta::millis(60);
  static constexpr TimeDelta kDecisionInterval = TimeDelta::millis(100);

  static constexpr int kImmediateMax = 13;  // N1
  static constexpr int kMediumFrames = 5;   // N2
  static constexpr int kLongBlocks = 10;    // N3
  static constexpr double kImmediateLambda = 0.78;
  static constexpr double kMediumLambda = 24;
  static constexpr double kLongLambda = 47;

  // A step of 2 dB above kFloorMargin: all 13 at 32 dB over the noise, a close microphone's speech.
  static constexpr int kStepDb = 2;
  static constexpr int kFloorMarginDb = 6;
  static constexpr int kActiveFrame = 4;
  // Half of the frames and more: a key struck twice in 100 ms stays below.
  static constexpr int kActiveBlock = 3;
  // Of a second: longer than two coughs, shorter than a sentence.
  static constexpr int kMinLong = 6;
  static constexpr double kImmediateLead = 3;  // as Jitsi's C1 and C2: the dominant is silent now
  static constexpr double kMediumLead = 2;
  // 1.6 times as many active blocks, so that two who talk at once don't take turns.
  static constexpr double kLongLead = 0.5;
  // Of loudness, so that equals don't take turns.
  static constexpr double kForwardedMargin = 3;

  using Index = uint16_t;

  SpeakerDetector();

  // nullopt: full. The index is the source's until remove().
  std::optional<Index> add(TrackId track);
  void remove(Index source);
  // Disabled: no level counts, it is silent, not forwarded and not dominant.
  void set_enabled(Index source, bool enabled);

  // One packet's level: 0 (loudest) to 127 (silence), in -dBov (RFC 6464 §3). True if the source is
  // forwarded, beginning with this packet if it begins to speak.
  bool handle_level(Index source, uint8_t level, Timestamp now);
  // Call every kFrame.
  void handle_tick(Timestamp now);

  // Of nobody: an id of zero.
  TrackId dominant() const;
  // All sources by rule 5; valid until add(), remove() or handle_tick().
  std::span<const Index> order() const { return order_; }
  TrackId track(Index source) const { return sources_[source].track; }
  bool is_forwarded(Index source) const { return sources_[source].forwarded; }

 private:
  struct Source {
    TrackId track;  // zero: free
    bool enabled = true;
    bool forwarded = false;
    uint8_t immediate = 0;
    uint64_t history = 0;  // active frames, bit 0 the latest
    double floor_db = 0;   // above silence
    Timestamp counted_to;  // frames up to here are in `history`
    SpeechMeter speech;

    void push_frame(int activity);
    void push_silence(Timestamp now);
    void reset(Timestamp now);
  };
  struct Activity {
    int immediate, medium, long_term;
  };
  struct Scores {
    double immediate, medium, long_term;
  };

  static Activity activity(const Source& source);
  Scores scores(const Activity& activity) const;
  void choose_dominant();
  void make_dominant(Index source);
  void choose_forwarded(Timestamp now);

  std::vector<Source> sources_;
  std::vector<Index> order_;
  std::vector<Index> free_;
  bool has_dominant_ = false;  // then it is order_[0]
  Timestamp next_decision_;
  // log-likelihood scores by activity
  std::array<double, kImmediateMax + 1> immediate_scores_;
  std::array<double, kMediumFrames + 1> medium_scores_;
  std::array<double, kLongBlocks + 1> long_scores_;
};

}  // namespace parley::sfu
