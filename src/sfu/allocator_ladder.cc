#include "sfu/allocator_ladder.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace parley::sfu {
namespace {

bool is_visible(const AllocationSource& source) {
  return source.width > 0 && source.height > 0 && !source.layers.empty();
}

// Lines of the tile that the picture fills when it is fitted into it.
double shown_lines(const AllocationSource& source, const LayerOption& option) {
  const double lines = source.height;
  if (option.width == 0 || option.height == 0) return lines;
  return std::min(lines, double{1} * source.width * option.height / option.width);
}

// The most lines an option may have (rule 2): of the smallest that suffices, else of the largest.
uint16_t highest_useful(const AllocationSource& source) {
  uint16_t enough = 0;
  uint16_t largest = 0;
  for (const LayerOption& option : source.layers) {
    largest = std::max(largest, option.height);
    const bool suffices = option.height * 100.0 >= shown_lines(source, option) * kEnoughPercent;
    if (suffices && (enough == 0 || option.height < enough)) enough = option.height;
  }
  return enough != 0 ? enough : largest;
}

double importance(const AllocationSource& source) {
  double factor = 4.0 / (4.0 + source.priority);
  // Above kLoyalty each, so that who comes on stage can take from who left it.
  if (source.on_stage) factor *= 8;
  if (source.screen) factor *= 4;
  if (source.pinned) factor *= 4;
  return factor;
}

bool cheaper(const Choice& a, const Choice& b) {
  if (a.rate != b.rate) return a.rate < b.rate;
  return a.value != b.value ? a.value > b.value : a.option < b.option;
}

const LayerOption* current_option(const AllocationSource& source) {
  if (source.fresh || !source.current) return nullptr;
  const auto found = std::ranges::find(source.layers, *source.current, &LayerOption::layer);
  return found == source.layers.end() ? nullptr : found;
}

// Two layers that cost about the same must not take turns with the noise of their rates: one that
// outdoes the current layer by little is put above it, where rising to it needs headroom. Not the
// base, which decides between dark and not.
void defend_current(const AllocationSource& source, Ladder& ladder) {
  const LayerOption* current = current_option(source);
  if (!current) return;
  const double value = picture_value(source, *current);
  const int64_t rate = bounded_rate(current->rate);
  for (size_t i = 1; i < ladder.choices.size(); ++i) {
    Choice& choice = ladder.choices[i];
    if (source.layers[choice.option].layer == current->layer || choice.rate > rate) continue;
    if (choice.value >= value && choice.rate * kHeadroomPercent > rate * 100)
      choice.rate = rate + 1;
  }
  std::sort(ladder.choices.begin(), ladder.choices.end(), cheaper);
}

uint16_t highest_given(const AllocationSource& source) {
  const uint16_t highest = std::min(highest_useful(source), source.most_lines);
  const auto shortest = std::ranges::min_element(source.layers, {}, &LayerOption::height);
  return std::max(highest, shortest->height);
}

void collect_choices(const AllocationSource& source, Ladder& out) {
  const uint16_t highest = highest_given(source);
  auto& choices = out.choices;
  for (size_t i = 0; i < source.layers.size(); ++i) {
    const LayerOption& option = source.layers[i];
    if (option.height > highest) continue;
    choices.push_back({.rate = bounded_rate(option.rate),
                       .value = picture_value(source, option),
                       .option = static_cast<uint8_t>(i)});
  }
  std::sort(choices.begin(), choices.end(), cheaper);
  defend_current(source, out);
  size_t kept = 1;
  for (size_t i = 1; i < choices.size(); ++i) {
    if (choices[i].value > choices[kept - 1].value) choices[kept++] = choices[i];
  }
  while (choices.size() > kept) choices.pop_back();
}

// The choice that stands for what the source has now: the best that costs no more. Of a layer that
// isn't sent any more the cost is unknown; then it is the best layer below.
size_t held_choice(const AllocationSource& source, const Ladder& ladder) {
  const LayerOption* current = current_option(source);
  size_t held = 0;
  for (size_t i = 0; i < ladder.choices.size(); ++i) {
    const Choice& choice = ladder.choices[i];
    if (current ? choice.rate <= bounded_rate(current->rate)
                : source.layers[choice.option].layer <= *source.current)
      held = i;
  }
  return held;
}

double slope(const Step& from, const Choice& to) {
  return (to.value - from.value) / static_cast<double>(std::max<int64_t>(1, to.rate - from.rate));
}

// Appends the upper hull from the last step to choice `last`: always to the choice in steepest
// ascent, of equals the farthest.
void climb(Ladder& ladder, size_t last, bool held) {
  const double loyalty = held && !ladder.fresh ? kLoyalty : 1;
  while (ladder.steps.back().choice < last) {
    const Step& at = ladder.steps.back();
    size_t best = at.choice + size_t{1};
    for (size_t i = best + 1; i <= last; ++i) {
      if (slope(at, ladder.choices[i]) >= slope(at, ladder.choices[best])) best = i;
    }
    const Choice& choice = ladder.choices[best];
    ladder.steps.push_back({.rate = choice.rate,
                            .value = choice.value,
                            .key = std::min(slope(at, choice) * loyalty, at.key),
                            .choice = static_cast<uint8_t>(best),
                            .option = choice.option,
                            .held = held});
  }
}

}  // namespace

int64_t bounded_rate(DataRate rate) {
  return std::clamp<int64_t>(rate.bps(), 0, kUnaffordable);
}

double picture_value(const AllocationSource& source, const LayerOption& option) {
  const double lines = std::max<double>(1, option.height);
  const double shown = std::max<double>(1, shown_lines(source, option));
  const double sharpness = std::min(1.0, lines / shown);
  // Half of the motion is seen at this many frames a second: a screen is read, a face moves.
  const double half_fps = source.screen ? 1 : 12;
  const double fps = std::max(1.0f, option.fps);
  const double motion = fps / (fps + half_fps);
  const double size = std::sqrt(double{1} * source.width * source.height);
  return importance(source) * size * (source.screen ? sharpness : std::sqrt(sharpness)) * motion;
}

int ideal_option(const AllocationSource& source) {
  if (!is_visible(source)) return -1;
  const uint16_t highest = highest_useful(source);
  int best = -1;
  double best_value = 0;
  for (size_t i = 0; i < source.layers.size(); ++i) {
    const LayerOption& option = source.layers[i];
    if (option.height > highest) continue;
    const double value = picture_value(source, option);
    if (best >= 0 && value == best_value &&
        option.rate >= source.layers[static_cast<size_t>(best)].rate)
      continue;
    if (value < best_value) continue;
    best = static_cast<int>(i);
    best_value = value;
  }
  return best;
}

void build_ladder(const AllocationSource& source, Ladder& out) {
  out.choices.clear();
  out.steps.clear();
  out.fresh = source.fresh;
  if (!is_visible(source)) return;
  collect_choices(source, out);
  const size_t last = out.choices.size() - 1;
  // A fresh source has nothing to rise above and nothing to keep: no headroom, no loyalty.
  const bool has = source.fresh || source.current;
  const size_t held = source.fresh ? last : has ? held_choice(source, out) : 0;
  const Choice& base = out.choices[0];
  out.steps.push_back({.rate = base.rate,
                       .value = base.value,
                       .key = std::numeric_limits<double>::infinity(),
                       .option = base.option,
                       .held = has});
  if (has) climb(out, held, true);
  climb(out, last, false);
}

bool shorten_step(Ladder& ladder, size_t index) {
  const Step refused = ladder.steps[index];
  while (ladder.steps.size() > index) ladder.steps.pop_back();
  climb(ladder, refused.choice - size_t{1}, refused.held);
  return ladder.steps.size() > index;
}

}  // namespace parley::sfu
