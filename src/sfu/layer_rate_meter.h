// What each layer of a source costs, as the allocator should see it: the rate it goes on at, not
// what it just happened to send.
//
// Fed by the receiving side with every packet, asked at each allocation. A screen that scrolls or a
// key frame sends many times its rate for a moment; taken at face value that makes a layer look
// unaffordable to a receiver that affords it.
//
// Rules:
//  1. A layer's own bytes, key frames apart, are counted in windows of kWindow, the last kWindows
//     of them kept. Each counts at most kClamp times their median and at least 1/kClamp of it; the
//     rate is their mean. A burst shorter than a few windows hardly shows, and a change that lasts
//     is the median after half of the windows.
//  2. Key frames are spread over kKeyFrameSpread, exponentially.
//  3. Where more than kIrregular of the windows lie outside that (a screen in few frames of very
//     different sizes) or most are empty (a still one), the median says little: then the rate is an
//     exponential mean of everything over kSlowMean.
//  4. What is silent keeps its rate; after kPausedAfter of silence the time doesn't count.
//  5. A target the sender declared goes before what was measured while it is fresh, unless more
//     than kDisbelief times as much is sent.
//  6. What was never seen for long enough costs what its resolution usually does, and no less than
//     the layers below it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/units.h"
#include "sfu/layer.h"

namespace parley::sfu {

class LayerRateMeter {
 public:
  // Those of the video-layers-allocation header extension (libwebrtc, docs/native-code/
  // rtp-hdrext/video-layers-allocation00). Layers beyond are ignored and cost the default.
  static constexpr size_t kEncodings = 4;
  static constexpr size_t kSpatialLayers = 4;
  static constexpr size_t kTemporalLayers = 4;

  static constexpr TimeDelta kWindow = TimeDelta::millis(250);
  static constexpr size_t kWindows = 10;
  static constexpr size_t kEnoughWindows = 4;
  // A burst of 300 ms covers three windows: (7 + 3 × 1.5) / 10 = 1.15 of the rate.
  static constexpr double kClamp = 1.5;
  static constexpr TimeDelta kKeyFrameSpread = TimeDelta::seconds(10);
  // Above what a frame rate that is no multiple of the windows' makes of a steady stream.
  static constexpr double kIrregular = 0.25;
  // Ten times the rate for 300 ms adds 2.7 s worth of it: 17 %.
  static constexpr TimeDelta kSlowMean = TimeDelta::seconds(16);
  static constexpr TimeDelta kPausedAfter = TimeDelta::seconds(5);
  // libwebrtc sends targets with key frames and when they change, so they stay true for long.
  static constexpr TimeDelta kDeclaredFresh = TimeDelta::seconds(10);
  static constexpr int64_t kDisbelief = 2;

  // A packet that belongs to exactly `layer`, and to a key frame (each packet of it counts) or not.
  void add(Layer layer, DataSize size, bool key_frame, Timestamp now);
  // The target of `layer` and all it is predicted from; zero takes a declaration back.
  void set_declared(Layer layer, DataRate rate, Timestamp now);
  // Forgets an encoding: what it sends from now on is another stream.
  void restart(uint8_t encoding);

  // Of `layer` and all it is predicted from: of its encoding the lower spatial and temporal layers.
  // `lines` and `fps` of the picture are for rule 6.
  DataRate rate(Layer layer, uint16_t lines, float fps, Timestamp now) const;

  // What a camera's picture of so many lines usually takes, as browsers encode it.
  static DataRate default_rate(uint16_t lines, float fps);

 private:
  // One layer without those below.
  struct Cell {
    Timestamp window_start;
    Timestamp last_packet;
    int64_t open_bytes = 0;      // of the running window, without key frames
    int64_t open_all_bytes = 0;  // with them
    std::array<int64_t, kWindows> windows{};
    uint8_t next = 0;
    uint8_t closed = 0;
    uint16_t slow_windows = 0;
    double slow_bytes = 0;  // a window's mean, rule 3
    double irregular = 0;   // share of windows, over the same time
    double key_bytes = 0;   // at key_time, rule 2
    Timestamp key_time;
    double median = 0;      // bytes of a window
    double steady_bps = 0;  // rule 1
    bool seen = false;

    void advance(Timestamp now);
    void close_window();
    void estimate();
    double key_bytes_at(Timestamp now) const;
    bool is_steady() const { return median > 0 && irregular <= kIrregular; }
    double bps(Timestamp now) const;
    bool is_measured() const { return closed >= kEnoughWindows; }
  };
  struct Declared {
    DataRate rate;
    Timestamp when;
  };
  static constexpr size_t kCells = kEncodings * kSpatialLayers * kTemporalLayers;

  static bool is_known(Layer layer) {
    return layer.encoding < kEncodings && layer.spatial < kSpatialLayers &&
           layer.temporal < kTemporalLayers;
  }
  static size_t index(size_t encoding, size_t spatial, size_t temporal) {
    return (encoding * kSpatialLayers + spatial) * kTemporalLayers + temporal;
  }

  std::array<Cell, kCells> cells_;
  std::array<Declared, kCells> declared_;
};

}  // namespace parley::sfu
