// A publisher's layers through UpTrack and DownSlot to a decoder's model, with losses on both ways
// and a thousand changes of what is to be shown. Each run prints its seed when it fails;
// PARLEY_SEED repeats one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>

#include "rtp/packet.h"
#include "sfu/down_slot.h"
#include "sfu/up_track.h"
#include "sim/layered_decoder.h"
#include "sim/layered_publisher.h"

namespace parley::sim {
namespace {

constexpr double kLoss = 0.02;
constexpr TimeDelta kRoundTrip = TimeDelta::millis(40);
constexpr int kChanges = 1000;

// The shard's and the router's part of the way, as small as it gets.
class LayerWorld {
 public:
  LayerWorld(const LayeredConfig& config, uint64_t seed)
      : random_(seed),
        config_(config),
        publisher_(config, random_),
        pool_(4096),
        track_(track(config), PeerId{1}, pool_),
        slot_(slot(config), 0, random_),
        decoder_(config.codec) {
    slot_.assign(&track_);
    for (auto& encoding : track_.encodings()) encoding.ssrc = 1;
  }

  void run(int changes) {
    for (int i = 0; i < changes; ++i) {
      slot_.set_target_layer({.encoding = static_cast<uint8_t>(random_.below(config_.encodings)),
                              .spatial = static_cast<uint8_t>(random_.below(config_.spatial)),
                              .temporal = static_cast<uint8_t>(random_.below(3))});
      run_for(TimeDelta::millis(static_cast<int64_t>(33 * (1 + random_.below(20)))));
      if (random_.below(4) == 0) {  // let it get there
        run_for(TimeDelta::millis(700));
        ++settled;
        const bool reached = slot_.encoding() == slot_.target() && !slot_.needs_key_frame();
        reached_ += reached ? 1 : 0;
      }
    }
    run_for(TimeDelta::seconds(3));
  }

  LayeredDecoder& decoder() { return decoder_; }
  uint64_t reached() const { return reached_; }
  uint64_t settled = 0;
  uint64_t lost = 0;
  uint64_t nacked = 0;
  uint64_t dropped = 0;
  TimeDelta longest_wait = TimeDelta::zero();

 private:
  static media::TrackDescription track(const LayeredConfig& config) {
    media::TrackDescription out;
    out.id = TrackId{7};
    out.kind = rtp::MediaKind::kVideo;
    for (int i = 0; i < config.encodings; ++i) out.rids.push_back(std::to_string(i));
    out.codecs = {{.codec = config.codec, .payload_type = 96, .rtx_payload_type = 97}};
    return out;
  }
  static media::SlotDescription slot(const LayeredConfig& config) {
    media::SlotDescription out;
    out.kind = rtp::MediaKind::kVideo;
    out.ssrc = {.ssrc = 5, .rtx_ssrc = 6};
    out.codecs = {{.codec = config.codec, .payload_type = 96, .rtx_payload_type = 97}};
    return out;
  }

  void at(TimeDelta delay, std::function<void()> what) {
    events_.emplace(std::pair{now_ + delay, order_++}, std::move(what));
  }
  // One in twenty packets is overtaken by others.
  TimeDelta delay() {
    return TimeDelta::millis(10 +
                             static_cast<int64_t>(random_.below(20) == 0 ? random_.below(8) : 0));
  }
  bool lose() {
    const bool gone = random_.below(10'000) < static_cast<uint64_t>(kLoss * 10'000);
    lost += gone ? 1 : 0;
    return gone;
  }

  void run_for(TimeDelta time) {
    const Timestamp end = now_ + time;
    while (now_ < end) {
      now_ = now_ + TimeDelta::millis(1);
      while (!events_.empty() && events_.begin()->first.first <= now_) {
        const auto what = std::move(events_.begin()->second);
        events_.erase(events_.begin());
        what();
      }
      if (now_.us() / 1000 % 33 == 0) {
        for (const auto& packet : publisher_.next_picture()) send_up(packet, false);
        send_reports();
      }
      if (now_.us() / 1000 % 20 == 0) tick();
    }
  }

  // Each of another picture, as each encoding reports by its own timer.
  void send_reports() {
    const auto encoding = pictures_++ % config_.encodings;
    track_.on_sender_report(encoding, publisher_.capture_ntp(),
                            publisher_.rtp_time(static_cast<uint8_t>(encoding)), now_);
  }

  void send_up(const LayeredPacket& packet, bool retransmitted) {
    if (lose()) return;
    at(delay(), [this, packet, retransmitted] { receive(packet, retransmitted); });
  }

  // As Router::deliver does.
  void receive(const LayeredPacket& packet, bool retransmitted) {
    const auto accepted = track_.accept(packet.encoding,
                                        {.sequence = packet.sequence,
                                         .rtp_time = packet.rtp_time,
                                         .marker = packet.marker,
                                         .payload_type = 96,
                                         .payload = packet.payload,
                                         .dependencies = packet.dependencies,
                                         .retransmitted = retransmitted},
                                        now_);
    if (!accepted) return;
    if (!slot_.flowing() || slot_.encoding() != packet.encoding) {
      if (!accepted->key_frame_start || (slot_.flowing() && slot_.target() != packet.encoding))
        return;
      slot_.start(packet.encoding, accepted->position, now_);
    }
    const auto plan = slot_.forward(*accepted, now_);
    if (plan) {
      send_down(*plan, false);
    } else {
      ++dropped;
    }
  }

  void send_down(const sfu::ForwardPlan& plan, bool retransmitted) {
    DecoderPacket packet{.sequence = plan.original_sequence.value_or(plan.sequence),
                         .rtp_time = plan.rtp_time,
                         .marker = plan.marker,
                         .payload = {plan.payload.begin(), plan.payload.end()},
                         .dependencies = {plan.dependencies.begin(), plan.dependencies.end()}};
    sfu::patch_payload(plan, packet.payload);
    if (!packet.dependencies.empty()) sfu::patch_dependencies(plan, packet.dependencies);
    decoder_.start_at(packet.sequence);
    if (lose()) return;
    at(delay(), [this, packet, retransmitted] { decoder_.on_packet(packet, retransmitted, now_); });
  }

  void tick() {
    for (size_t i = 0; i < track_.encodings().size(); ++i) {
      std::array<uint16_t, 64> due;
      const size_t count = track_.encodings()[i].nack.collect(due, kRoundTrip, now_);
      for (size_t k = 0; k < count; ++k) {
        const auto* packet = publisher_.find(static_cast<uint8_t>(i), due[k]);
        if (packet && !lose()) {
          at(kRoundTrip / 2, [this, again = *packet] { send_up(again, true); });
        }
      }
      const bool wanted = (!slot_.flowing() || slot_.encoding() != slot_.target())
                              ? slot_.target() == i
                              : slot_.needs_key_frame() && slot_.encoding() == i;
      if (wanted) track_.want_key_frame(i);
      if (track_.take_key_frame_request(i, now_)) {
        at(kRoundTrip / 2, [this, i] { publisher_.request_key_frame(static_cast<uint8_t>(i)); });
      }
    }
    const auto missing = decoder_.missing(now_);
    nacked += missing.size();
    if (!missing.empty() && !lose()) at(kRoundTrip / 2, [this, missing] { handle_nack(missing); });
    longest_wait = std::max(longest_wait, decoder_.waiting(now_));
  }

  // As Router::handle_nack does.
  void handle_nack(const std::vector<uint16_t>& sequences) {
    for (const uint16_t sequence : sequences) {
      const auto origin = slot_.origin_of(sequence);
      if (!origin) continue;
      const auto packet = track_.cached(origin->stream.encoding, origin->sequence);
      if (!packet) continue;
      if (const auto plan = slot_.retransmit(*packet)) send_down(*plan, true);
    }
  }

  SeededRandom random_;
  LayeredConfig config_;
  LayeredPublisher publisher_;
  sfu::PacketPool pool_;
  sfu::UpTrack track_;
  sfu::DownSlot slot_;
  LayeredDecoder decoder_;
  Timestamp now_ = Timestamp::seconds(100);
  uint64_t order_ = 0;
  size_t pictures_ = 0;
  uint64_t reached_ = 0;
  std::map<std::pair<Timestamp, uint64_t>, std::function<void()>> events_;
};

struct Case {
  const char* name;
  LayeredConfig config;
};

class LayerSwitchScenario : public ::testing::TestWithParam<Case> {};

TEST_P(LayerSwitchScenario, AThousandChangesUnderLossBreakNothing) {
  const char* text = std::getenv("PARLEY_SEED");
  const uint64_t first = text ? std::strtoull(text, nullptr, 10) : 1;
  for (uint64_t seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE(::testing::Message() << "PARLEY_SEED=" << seed);
    const LayeredConfig& config = GetParam().config;
    LayerWorld world(config, seed);
    world.run(kChanges);
    for (const auto& fault : world.decoder().faults) ADD_FAILURE() << fault;
    EXPECT_LT(world.longest_wait, TimeDelta::seconds(1)) << "something was never repaired";
    EXPECT_GT(world.lost, 1000u);
    EXPECT_GT(world.nacked, 300u);
    EXPECT_GT(world.decoder().retransmissions_compared, 0u);
    EXPECT_GE(world.reached() * 100, world.settled * 95) << "targets aren't reached";
    for (int e = 0; e < config.encodings; ++e) {
      for (int s = 0; s < config.spatial; ++s) {
        for (int t = 0; t < (config.temporal ? 3 : 1); ++t) {
          EXPECT_GT((world.decoder().frames_of[{e * 8 + s, t}]), 100u)
              << "encoding " << e << " S" << s << " T" << t;
        }
      }
    }
    std::printf(
        "%s seed %llu: %llu frames, %llu lost, %llu fillers, longest wait %lld ms, "
        "%lld ticks off\n",
        GetParam().name, static_cast<unsigned long long>(seed),
        static_cast<unsigned long long>(world.decoder().frames),
        static_cast<unsigned long long>(world.lost),
        static_cast<unsigned long long>(world.decoder().fillers),
        static_cast<long long>(world.longest_wait.ms()),
        static_cast<long long>(world.decoder().worst_time_error));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Codecs, LayerSwitchScenario,
    ::testing::Values(
        Case{"Vp8Simulcast", {.codec = rtp::Codec::kVp8, .encodings = 3, .long_pattern = true}},
        Case{"Vp8ShortPattern", {.codec = rtp::Codec::kVp8, .encodings = 3}},
        Case{"Vp9Key", {.codec = rtp::Codec::kVp9, .spatial = 3, .key_mode = true}},
        Case{"Vp9Full", {.codec = rtp::Codec::kVp9, .spatial = 3, .long_pattern = true}},
        Case{"Av1Key", {.codec = rtp::Codec::kAv1, .spatial = 3, .key_mode = true}},
        Case{"Av1Full", {.codec = rtp::Codec::kAv1, .spatial = 3}},
        Case{"H264Simulcast", {.codec = rtp::Codec::kH264, .encodings = 3, .temporal = false}}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace parley::sim
