// NTP timestamps as RTCP and abs-capture-time carry them, and their conversions. Wall time only:
// what a sender's clock claims. Nothing here is comparable with the monotonic Timestamp.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "base/units.h"

namespace parley::rtp {

// RFC 3550 §4: seconds since 1900-01-01 as a 32.32 fixed-point number.
//
//   |        seconds (32)          |        fraction (32)         |
//                  |      compact: the middle 32 bits     |
class NtpTime {
 public:
  // From 1900 to the Unix epoch: 70 years with 17 leap days.
  static constexpr int64_t kUnixOffsetSeconds = 2'208'988'800;

  constexpr NtpTime() = default;
  constexpr explicit NtpTime(uint64_t value) : value_(value) {}
  // `since_unix_epoch` must not lie before 1900; it wraps in 2036 as the wire format does.
  static constexpr NtpTime from_unix(TimeDelta since_unix_epoch) {
    const int64_t us = since_unix_epoch.us() + kUnixOffsetSeconds * 1'000'000;
    const auto seconds = static_cast<uint64_t>(us / 1'000'000);
    const auto micros = static_cast<uint64_t>(us % 1'000'000);
    return NtpTime((seconds << 32) | ((micros << 32) / 1'000'000));
  }

  constexpr uint64_t value() const { return value_; }
  constexpr uint32_t seconds() const { return static_cast<uint32_t>(value_ >> 32); }
  constexpr uint32_t fraction() const { return static_cast<uint32_t>(value_); }
  // The middle 32 bits (16.16), the form of LSR and LRR (RFC 3550 §6.4.1, RFC 3611 §4.5).
  constexpr uint32_t compact() const { return static_cast<uint32_t>(value_ >> 16); }
  // Zero is "not known" in every field that carries an NTP time.
  constexpr bool is_known() const { return value_ != 0; }

  // Rounded to the microsecond; NTP seconds are taken as of era 0 (1900 to 2036).
  constexpr TimeDelta since_unix_epoch() const {
    const uint64_t micros = (uint64_t{fraction()} * 1'000'000 + (uint64_t{1} << 31)) >> 32;
    return TimeDelta::micros((int64_t{seconds()} - kUnixOffsetSeconds) * 1'000'000 +
                             static_cast<int64_t>(micros));
  }
  // Correct over the wrap of 2036 for distances under 68 years.
  constexpr TimeDelta operator-(NtpTime other) const;

  constexpr bool operator==(const NtpTime&) const = default;

 private:
  uint64_t value_ = 0;
};

// A signed 32.32 fixed-point number of seconds as a TimeDelta, rounded to the microsecond.
constexpr TimeDelta q32_to_delta(int64_t q32) {
  const int64_t whole = q32 >> 32;  // floor
  const auto part = static_cast<uint64_t>(q32) & 0xffff'ffff;
  return TimeDelta::micros(whole * 1'000'000 +
                           static_cast<int64_t>((part * 1'000'000 + (uint64_t{1} << 31)) >> 32));
}
// The reverse; `delta` must be under 68 years in size, what is larger is clamped there.
constexpr int64_t delta_to_q32(TimeDelta delta) {
  constexpr int64_t limit = int64_t{0x7fff'ffff} * 1'000'000;
  int64_t us = delta.us();
  us = us > limit ? limit : us < -limit ? -limit : us;
  int64_t whole = us / 1'000'000;
  int64_t part = us % 1'000'000;
  if (part < 0) {
    part += 1'000'000;
    --whole;
  }
  return whole * (int64_t{1} << 32) + (part << 32) / 1'000'000;
}

constexpr TimeDelta NtpTime::operator-(NtpTime other) const {
  return q32_to_delta(static_cast<int64_t>(value_ - other.value_));
}

// A 16.16 interval (DLSR, DLRR) as a TimeDelta, rounded to the microsecond.
constexpr TimeDelta compact_ntp_to_delta(uint32_t interval) {
  return TimeDelta::micros(
      static_cast<int64_t>((uint64_t{interval} * 1'000'000 + (1u << 15)) >> 16));
}
// The reverse, rounded; below zero gives 0, beyond 65535.99998 s the largest value.
constexpr uint32_t delta_to_compact_ntp(TimeDelta delta) {
  if (delta.us() <= 0) return 0;
  if (delta >= TimeDelta::seconds(65'536)) return 0xffff'ffff;
  const auto scaled = ((static_cast<uint64_t>(delta.us()) << 16) + 500'000) / 1'000'000;
  return scaled > 0xffff'ffff ? 0xffff'ffff : static_cast<uint32_t>(scaled);
}

// RFC 3550 §6.4.1: the round trip A - LSR - DLSR, all compact NTP. nullopt if the other side has no
// report of ours yet (LSR 0). A difference below zero, which rounding and clock steps cause, gives
// zero.
constexpr std::optional<TimeDelta> round_trip_time(uint32_t now, uint32_t last_report,
                                                   uint32_t delay_since) {
  if (last_report == 0) return std::nullopt;
  const uint32_t rtt = now - last_report - delay_since;
  return rtt >= 0x8000'0000 ? TimeDelta::zero() : compact_ntp_to_delta(rtt);
}

}  // namespace parley::rtp
