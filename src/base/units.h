// Time, rate and size as types. Raw integers stop at the wire: a number that travels through the
// code carries its unit in its type, and only operators that make sense exist (Timestamp +
// TimeDelta, DataSize / TimeDelta, ...). The idea of these types is libwebrtc's api/units.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace parley {

// A span of time, microsecond resolution, signed.
class TimeDelta {
 public:
  constexpr TimeDelta() = default;
  static constexpr TimeDelta micros(int64_t us) { return TimeDelta(us); }
  static constexpr TimeDelta millis(int64_t ms) { return TimeDelta(ms * 1000); }
  static constexpr TimeDelta seconds(int64_t s) { return TimeDelta(s * 1'000'000); }
  static constexpr TimeDelta zero() { return TimeDelta(0); }
  static constexpr TimeDelta infinite() { return TimeDelta(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t us() const { return us_; }
  constexpr int64_t ms() const { return us_ / 1000; }
  constexpr double seconds_f() const { return static_cast<double>(us_) / 1e6; }
  constexpr bool is_infinite() const { return us_ == std::numeric_limits<int64_t>::max(); }

  constexpr TimeDelta operator+(TimeDelta o) const { return TimeDelta(us_ + o.us_); }
  constexpr TimeDelta operator-(TimeDelta o) const { return TimeDelta(us_ - o.us_); }
  constexpr TimeDelta operator-() const { return TimeDelta(-us_); }
  constexpr TimeDelta operator*(int64_t k) const { return TimeDelta(us_ * k); }
  constexpr TimeDelta operator/(int64_t k) const { return TimeDelta(us_ / k); }
  constexpr TimeDelta& operator+=(TimeDelta o) {
    us_ += o.us_;
    return *this;
  }
  constexpr auto operator<=>(const TimeDelta&) const = default;

 private:
  explicit constexpr TimeDelta(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

// A point on the monotonic clock of this process (or of the simulation). Not wall time, not media
// time.
class Timestamp {
 public:
  constexpr Timestamp() = default;
  static constexpr Timestamp micros(int64_t us) { return Timestamp(us); }
  static constexpr Timestamp millis(int64_t ms) { return Timestamp(ms * 1000); }
  static constexpr Timestamp seconds(int64_t s) { return Timestamp(s * 1'000'000); }
  // Later than every real point: "never" as a deadline.
  static constexpr Timestamp never() { return Timestamp(std::numeric_limits<int64_t>::max()); }

  constexpr int64_t us() const { return us_; }
  constexpr int64_t ms() const { return us_ / 1000; }
  constexpr bool is_never() const { return us_ == std::numeric_limits<int64_t>::max(); }

  constexpr Timestamp operator+(TimeDelta d) const { return Timestamp(us_ + d.us()); }
  constexpr Timestamp operator-(TimeDelta d) const { return Timestamp(us_ - d.us()); }
  constexpr TimeDelta operator-(Timestamp o) const { return TimeDelta::micros(us_ - o.us_); }
  constexpr auto operator<=>(const Timestamp&) const = default;

 private:
  explicit constexpr Timestamp(int64_t us) : us_(us) {}
  int64_t us_ = 0;
};

// An amount of data in bytes.
class DataSize {
 public:
  constexpr DataSize() = default;
  static constexpr DataSize bytes(int64_t n) { return DataSize(n); }
  constexpr int64_t bytes() const { return bytes_; }
  constexpr int64_t bits() const { return bytes_ * 8; }
  constexpr DataSize operator+(DataSize o) const { return DataSize(bytes_ + o.bytes_); }
  constexpr DataSize operator-(DataSize o) const { return DataSize(bytes_ - o.bytes_); }
  constexpr DataSize& operator+=(DataSize o) {
    bytes_ += o.bytes_;
    return *this;
  }
  constexpr DataSize& operator-=(DataSize o) {
    bytes_ -= o.bytes_;
    return *this;
  }
  constexpr auto operator<=>(const DataSize&) const = default;

 private:
  explicit constexpr DataSize(int64_t n) : bytes_(n) {}
  int64_t bytes_ = 0;
};

// A rate in bits per second.
class DataRate {
 public:
  constexpr DataRate() = default;
  static constexpr DataRate bps(int64_t v) { return DataRate(v); }
  static constexpr DataRate kbps(int64_t v) { return DataRate(v * 1000); }
  static constexpr DataRate zero() { return DataRate(0); }
  constexpr int64_t bps() const { return bps_; }
  constexpr int64_t kbps() const { return bps_ / 1000; }
  constexpr DataRate operator+(DataRate o) const { return DataRate(bps_ + o.bps_); }
  constexpr DataRate operator-(DataRate o) const { return DataRate(bps_ - o.bps_); }
  constexpr auto operator<=>(const DataRate&) const = default;

 private:
  explicit constexpr DataRate(int64_t v) : bps_(v) {}
  int64_t bps_ = 0;
};

constexpr DataRate operator/(DataSize size, TimeDelta over) {
  return over.us() > 0 ? DataRate::bps(size.bits() * 1'000'000 / over.us()) : DataRate::zero();
}
constexpr DataSize operator*(DataRate rate, TimeDelta over) {
  return DataSize::bytes(rate.bps() * over.us() / 8'000'000);
}
// Time to send `size` at `rate`; infinite at a rate of zero.
constexpr TimeDelta operator/(DataSize size, DataRate rate) {
  return rate.bps() > 0 ? TimeDelta::micros(size.bits() * 1'000'000 / rate.bps())
                        : TimeDelta::infinite();
}

}  // namespace parley
