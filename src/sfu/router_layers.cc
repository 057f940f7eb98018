// Which layer of its source each slot shows, within what its viewer's path carries, and what that
// asks of the publishers.
#include <algorithm>

#include "base/prefetch.h"
#include "sfu/router.h"

namespace parley::sfu {
namespace {

// An encoding that nobody wants any more is stopped after this, so that a flick through pages costs
// no key frame.
constexpr TimeDelta kLayerRest = TimeDelta::seconds(2);
// An encoding that was asked for and didn't come within this (its sender has neither the uplink nor
// the processor for it) is not counted on; asked for it stays.
constexpr TimeDelta kEncodingComes = TimeDelta::seconds(2);
// A change to a larger picture begins with a key frame: unless what the path leaves for it takes it
// in within this, the viewer would rather see the change as a freeze.
constexpr TimeDelta kKeyFrameTime = TimeDelta::millis(200);
// Viewers whose path isn't measured get what they look at.
constexpr DataRate kNoLimit = DataRate::kbps(1'000'000);

// What to forward of encoding `target`, which stands in for the decided one where that isn't there.
// On the way down to a smaller picture the larger goes on in its fewest frames until a key frame of
// the smaller one comes.
Layer layer_of(const Layer& decided, size_t target, const DownSlot& slot) {
  Layer layer = decided;
  layer.encoding = static_cast<uint8_t>(target);
  if (slot.flowing() && slot.encoding() > target) {
    layer.temporal = 0;
  } else if (target != decided.encoding) {
    layer.spatial = layer.temporal = UINT8_MAX;
  }
  return layer;
}

// Of the encoding: a temporal layer that isn't sent any more makes its picture no smaller.
uint16_t lines_of(const AllocationSource& source, const std::optional<Layer>& layer) {
  if (!layer) return 0;
  uint16_t lines = 0;
  for (const LayerOption& option : source.layers) {
    if (option.layer.encoding == layer->encoding && option.layer.spatial <= layer->spatial)
      lines = std::max(lines, option.height);
  }
  return lines;
}

}  // namespace

void Router::set_budget(PeerId peer, std::optional<DataRate> budget, Timestamp now) {
  Subscriber* subscriber = find_subscriber(peer);
  if (!subscriber) return;
  subscriber->budget = budget.value_or(kNoLimit);
  // More is taken up at the next look, less at once: what is sent too much already queues.
  if (subscriber->budget < subscriber->allocated) allocate_layers(*subscriber, now);
}

void Router::restart_video(PeerId peer, uint32_t ssrc, Timestamp now) {
  Subscriber* subscriber = find_subscriber(peer);
  DownSlot* slot = find_slot(peer, ssrc);
  if (!subscriber || !slot) return;
  slot->set_pressed(false);
  if (!slot->flowing()) return;
  slot->interrupt();
  // The smallest picture has the smallest key frame.
  slot->raises.on_restart(subscriber->budget, now);
  if (slot->decided) slot->decided = Layer{};
  allocate_layers(*subscriber, now);
}

void Router::set_pressed(PeerId peer, uint32_t ssrc, bool pressed) {
  if (DownSlot* slot = find_slot(peer, ssrc)) slot->set_pressed(pressed);
}

DataRate Router::demand(PeerId peer) const {
  const auto it = subscriber_of_.find(peer);
  return it == subscriber_of_.end() ? DataRate::zero() : it->second->demand;
}

// What may be chosen of a source: each encoding that is there, or that would be if somebody wanted
// it. Where one doesn't come, no larger one does: senders make the smallest first, and of a small
// camera only those.
void Router::list_layers(const Source& source, AllocationSource& out, Timestamp now) const {
  const UpTrack& track = *source.track;
  const bool scalable = source.layer_rates.is_scalable();
  bool refused = scalable;
  for (size_t i = 0; i < track.encodings().size(); ++i) {
    const bool live = track.is_live(i, now);
    const bool asked = (source.layers >> i & 1u) != 0;
    if (!live && asked && now - source.wanted_since[i] > kEncodingComes) refused = true;
    if (!live && refused) continue;
    source.layer_rates.append(i, track, now, out.layers);
  }
}

// How tall the slot's picture may become now: a larger one begins with a key frame.
uint16_t Router::most_lines(const Subscriber& subscriber, const DownSlot& slot,
                            const AllocationSource& wish, Timestamp now) {
  const uint16_t lines = std::max<uint16_t>(1, lines_of(wish, slot.decided));
  if (!slot.raises.may_raise(subscriber.budget, now)) return lines;
  // About all that is wished for fits, and more isn't looked for.
  if (subscriber.budget.bps() * 10 >= subscriber.demand.bps() * 9) return UINT16_MAX;
  const SourceLayers& rates = find_source(slot.track()->id())->layer_rates;
  const auto shown = std::ranges::find(wish.layers, *slot.decided, &LayerOption::layer);
  const DataRate own = shown == wish.layers.end() ? DataRate::zero() : shown->rate;
  const DataRate others = std::max(DataRate::zero(), subscriber.allocated - own);
  const DataSize room = std::max(DataRate::zero(), subscriber.budget - others) * kKeyFrameTime;
  uint16_t most = lines;
  for (const LayerOption& option : wish.layers) {
    const bool here = slot.flowing() && option.layer.encoding == slot.encoding();
    if (here || rates.key_frame(option.layer.encoding, option.rate) <= room)
      most = std::max(most, option.height);
  }
  return most;
}

void Router::allocate_layers(Subscriber& subscriber, Timestamp now) {
  BoundedVector<DownSlot*, kMaxAllocationSources> slots;
  allocation_sources_.clear();
  for (auto& slot : subscriber.video_slots) {
    if (!slot->track() || !slots.push_back(slot.get())) continue;
    AllocationSource wish{.width = slot->wish.width,
                          .height = slot->wish.height,
                          .priority = slot->wish.priority,
                          .on_stage = slot->wish.priority == 0,
                          .screen = slot->track()->description().screen,
                          .layers = {},
                          .current = slot->decided,
                          .fresh = slot->fresh};
    list_layers(*find_source(slot->track()->id()), wish, now);
    if (slot->decided) wish.most_lines = most_lines(subscriber, *slot, wish, now);
    allocation_sources_.push_back(wish);
  }
  const auto decisions = std::span(decisions_).first(slots.size());
  const auto totals = allocate(subscriber.budget,
                               {allocation_sources_.data(), allocation_sources_.size()}, decisions);
  // What the allocator asks for before it raises anything.
  subscriber.demand = DataRate::bps(totals.ideal.bps() * kHeadroomPercent / 100);
  subscriber.allocated = totals.rate;
  DataSize replay_left = subscriber.budget * kReplayTime;
  for (size_t i = 0; i < slots.size(); ++i) {
    slots[i]->raises.on_decision(lines_of(allocation_sources_[i], decisions[i].layer),
                                 decisions[i].limited, subscriber.budget, now);
    apply(subscriber, *slots[i], decisions[i], replay_left, now);
  }
}

// With the state of those who follow fetched ahead: since the last time it has left the caches.
void Router::allocate_all(Timestamp now) {
  const size_t count = subscribers_.size();
  for (size_t i = 0; i < count; ++i) {
    if (i + 3 < count) prefetch(subscribers_[i + 3].get(), sizeof(Subscriber));
    if (i + 2 < count) prefetch(subscribers_[i + 2]->video_slots.data());
    if (i + 1 < count) {
      for (const auto& slot : subscribers_[i + 1]->video_slots) slot->prefetch_decision();
    }
    allocate_layers(*subscribers_[i], now);
  }
}

void Router::apply(Subscriber& subscriber, DownSlot& slot, const Allocation& decision,
                   DataSize& replay_left, Timestamp now) {
  Source& source = *find_source(slot.track()->id());
  UpTrack& track = *source.track;
  const bool begins = slot.fresh || slot.dark();
  const bool was_dark = slot.dark();
  slot.decide(decision);
  if (slot.dark() != was_dark) announce(subscriber, slot);
  if (!decision.layer) return;
  const auto live = track.best_live_encoding(decision.layer->encoding, now);
  const size_t target = live.value_or(decision.layer->encoding);
  const bool changed = slot.target() != target;
  slot.set_target_layer(layer_of(*decision.layer, target, slot));
  if (slot.needs_key_frame()) track.want_key_frame(slot.encoding());
  if (!live || (slot.flowing() && slot.encoding() == target)) return;
  if (!slot.flowing() && (changed || begins)) {
    try_replay(source, slot, replay_left, now);
  } else {
    track.want_key_frame(target);
  }
}

void Router::try_replay(Source& source, DownSlot& slot, DataSize& left, Timestamp now) {
  UpTrack& track = *source.track;
  if (!track.enabled()) return;
  const auto first = track.replayable(slot.target(), left, now);
  if (!first) {
    track.want_key_frame(slot.target());
    return;
  }
  const size_t encoding = slot.target();
  const PacketCache& cache = *track.encodings()[encoding].cache;
  const int64_t newest = cache.newest();
  const CachedPacket& last = *cache.find(newest);
  slot.start_replay(encoding, cache.find(*first)->position, last.position, last.arrival, now);
  if (const auto report = slot.sender_report(now)) reports_.push(*report);
  for (int64_t s = *first; s <= newest; ++s) {
    if (const auto made = slot.forward(*track.cached(encoding, s), now)) {
      left -= DataSize::bytes(static_cast<int64_t>(made->payload.size()));
      plan(*made);
    }
  }
}

void Router::want_layers(Source& source, Timestamp now) {
  uint8_t wanted = 0;
  for (auto& [subscriber, slot] : source.listeners) {
    // The smallest stays on beside the wanted one: something to show when the sender's network
    // drops the larger.
    wanted |= 1u;
    if (slot->decided) wanted |= static_cast<uint8_t>(1u << slot->decided->encoding);
    if (slot->flowing()) wanted |= static_cast<uint8_t>(1u << slot->encoding());
    if (!slot->limited)
      wanted |= static_cast<uint8_t>(1u << source.track->ideal_encoding(slot->wish.height));
  }
  for (const uint8_t mask : source.linked) wanted |= mask;
  announce_layers(source, wanted, now);
}

void Router::announce_layers(Source& source, uint8_t wanted, Timestamp now) {
  const bool sent = source.track->announced_live();
  // Nobody looked at it yet: what doesn't come need not be refused.
  if (wanted == 0 && !source.layers_told && !sent) return;
  uint8_t next = wanted;
  for (size_t i = 0; i < source.wanted_since.size(); ++i) {
    const auto bit = static_cast<uint8_t>(1u << i);
    auto& unwanted = source.unwanted_since[i];
    if ((wanted & bit) != 0) {
      unwanted.reset();
      if ((source.layers & bit) == 0) source.wanted_since[i] = now;
    } else if ((source.layers & bit) != 0) {
      if (!unwanted) unwanted = now;
      // What isn't sent anyway (in a direct call) costs nothing to give up.
      if (sent && now - *unwanted < kLayerRest) next |= bit;
    }
  }
  if (next == source.layers && source.layers_told) return;
  source.layers = next;
  source.layers_told = true;
  if (source.home) {
    relay(source,
          {.kind = RelayMessage::Kind::kLayers, .mask = source.layers, .to = 1u << *source.home});
  } else {
    events_.push(media::LayersWanted{source.track->owner(), source.track->id(), source.layers});
  }
}

std::optional<ForwardPlan> Router::padding(PeerId peer) {
  Subscriber* subscriber = find_subscriber(peer);
  if (!subscriber) return std::nullopt;
  for (auto& slot : subscriber->video_slots) {
    if (!slot->flowing() || !slot->track()) continue;
    const auto& cache = slot->track()->encodings()[slot->encoding()].cache;
    const auto packet = slot->track()->cached(slot->encoding(), cache->newest());
    if (!packet) continue;
    if (const auto plan = slot->retransmit(*packet)) return plan;
  }
  // Nothing is shown yet, or nothing fits: the more it matters what the path carries.
  for (auto& slot : subscriber->video_slots) {
    if (const auto plan = slot->padding()) return plan;
  }
  return std::nullopt;
}

}  // namespace parley::sfu
