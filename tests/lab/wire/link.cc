#include "link.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace parley::lab {

namespace {

DataSize size_of(size_t bytes) {
  return DataSize::bytes(static_cast<int64_t>(bytes));
}

}  // namespace

const char* LinkSettings::problem() const {
  const auto chance = [](double value) { return value >= 0 && value <= 1; };
  if (!chance(loss) || !chance(bad_loss)) return "a loss lies between 0 and 100 %";
  if (burst != 0 && burst < 1) return "a burst is one packet or more, or 0 for independent losses";
  if (burst != 0 && loss > 0 && bad_loss < loss) return "bad may not be below loss";
  // The chain would have to leave the good state with a chance above 1.
  if (burst != 0 && loss > 0 && loss < bad_loss && loss / (bad_loss - loss) > burst)
    return "so much loss needs longer bursts";
  return nullptr;
}

void Link::set(const LinkSettings& settings, Timestamp now) {
  PARLEY_CHECK(settings.problem() == nullptr);
  advance(now);
  const DataRate before = settings_.rate;
  settings_ = settings;
  if (!transmitting() || before == settings.rate) return;
  if (settings.rate > DataRate::zero()) {
    const double rest = static_cast<double>((sent_at_ - now).us()) *
                        static_cast<double>(before.bps()) /
                        static_cast<double>(settings.rate.bps());
    sent_at_ = now + TimeDelta::micros(static_cast<int64_t>(rest));
    return;
  }
  sent_at_ = now;
  advance(now);
}

bool Link::fits(size_t bytes, Timestamp now) const {
  if (settings_.queue_time > TimeDelta::zero()) {
    const TimeDelta wait = (sent_at_ - now) + waiting_size_ / settings_.rate;
    return wait <= settings_.queue_time;
  }
  return waiting_size_ + size_of(bytes) <= settings_.queue_size;
}

void Link::handle_packet(std::vector<uint8_t> packet, Timestamp now) {
  advance(now);
  ++counters_.packets_in;
  counters_.bytes_in += packet.size();
  if (waiting_.size() + flying_.size() >= kMostPackets) {
    ++counters_.overflow;
    return;
  }
  if (!transmitting()) {
    begin(std::move(packet), now);
    advance(now);
    return;
  }
  if (!fits(packet.size(), now)) {
    ++counters_.queue_full;
    return;
  }
  waiting_size_ += size_of(packet.size());
  waiting_.push_back({std::move(packet), now});
}

void Link::begin(std::vector<uint8_t> bytes, Timestamp at) {
  const bool limited = settings_.rate > DataRate::zero();
  sent_at_ = limited ? at + size_of(bytes.size()) / settings_.rate : at;
  current_ = std::move(bytes);
}

// In the link's own time: a driver that comes late doesn't make the link slower.
void Link::advance(Timestamp now) {
  while (transmitting() && sent_at_ <= now) {
    const Timestamp left = std::exchange(sent_at_, Timestamp::never());
    fly(std::exchange(current_, {}), left);
    if (waiting_.empty()) return;
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_size_ -= size_of(next.bytes.size());
    counters_.longest_wait = std::max(counters_.longest_wait, left - next.came);
    begin(std::move(next.bytes), left);
  }
}

void Link::fly(std::vector<uint8_t> bytes, Timestamp left) {
  ++order_;
  if (draw_loss()) {
    ++counters_.lost;
    return;
  }
  TimeDelta delay = settings_.delay;
  if (settings_.jitter > TimeDelta::zero()) {
    const int64_t reach = settings_.jitter.us();
    const auto drawn = random_.below(static_cast<uint64_t>(2 * reach + 1));
    delay += TimeDelta::micros(static_cast<int64_t>(drawn) - reach);
    delay = std::max(delay, TimeDelta::zero());
  }
  Timestamp at = left + delay;
  if (settings_.keep_order) at = std::max(at, last_arrival_);
  last_arrival_ = std::max(at, last_arrival_);
  flying_.push({at, order_, std::move(bytes)});
}

bool Link::draw(double chance) {
  constexpr uint64_t kSteps = 1ULL << 53;
  return static_cast<double>(random_.below(kSteps)) < chance * static_cast<double>(kSteps);
}

bool Link::draw_loss() {
  const double loss = settings_.loss;
  if (loss <= 0) return false;
  if (settings_.burst == 0 || loss >= settings_.bad_loss) return draw(loss);
  // Share of the bad state: loss / bad_loss. A mean stay of `burst` packets leaves it with
  // 1 / burst, and the balance of the two states gives the other chance.
  const double leave = 1 / settings_.burst;
  const double enter = leave * loss / (settings_.bad_loss - loss);
  bad_ = bad_ ? !draw(leave) : draw(enter);
  return bad_ && draw(settings_.bad_loss);
}

bool Link::poll_packet(std::vector<uint8_t>& out, Timestamp now) {
  advance(now);
  if (flying_.empty() || flying_.top().at > now) return false;
  const Flying& due = flying_.top();
  out = std::move(due.bytes);
  ++counters_.packets_out;
  counters_.bytes_out += out.size();
  counters_.latest = std::max(counters_.latest, now - due.at);
  if (due.order < newest_delivered_) ++counters_.reordered;
  newest_delivered_ = std::max(newest_delivered_, due.order);
  flying_.pop();
  return true;
}

Timestamp Link::poll_timeout() const {
  return flying_.empty() ? sent_at_ : std::min(sent_at_, flying_.top().at);
}

}  // namespace parley::lab
