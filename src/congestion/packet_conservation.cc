#include "congestion/packet_conservation.h"

namespace parley::congestion {

void PacketConservation::expect(Timestamp oldest) {
  oldest_ = oldest;
  if (age_ && arrives_) due_ = std::max(oldest + patience(), scarce_from_);
}

void PacketConservation::learn_age(TimeDelta age) {
  if (!age_) {
    age_ = age;
    return;
  }
  const TimeDelta off = age > *age_ ? age - *age_ : *age_ - age;
  deviation_ = deviation_ + (std::min(off, kMargin) - deviation_) / 16;
  age_ = *age_ + (age - *age_) / 8;
}

void PacketConservation::on_report(std::optional<Timestamp> next, DataSize arrived, Timestamp now) {
  const bool was_closed = closed(now);
  const TimeDelta age = oldest_.is_never() ? TimeDelta::zero() : now - oldest_;
  bool stays_closed = false;
  if (reported_ && now > *reported_) {
    const DataRate rate = arrived / (now - *reported_);
    const DataRate usual = std::max(arrives_.value_or(rate), DataRate::bps(1));
    scarce_from_ = *reported_ + DataSize::bytes(arrived.bytes() * kScarce) / usual;
    stays_closed = was_closed && now >= scarce_from_ && age > patience();
    arrives_ = usual + DataRate::bps((rate.bps() - usual.bps()) / 8);
  }
  learn_age(age);
  reported_ = now;
  oldest_ = due_ = Timestamp::never();
  if (next) expect(*next);
  if (stays_closed) due_ = std::min(due_, now);
  const DataSize before = was_closed ? credit_ : DataSize();
  credit_ = closed(now) ? before + DataSize::bytes(arrived.bytes() / 2) : DataSize();
}

}  // namespace parley::congestion
