#include "rtp/header_extensions.h"

#include <algorithm>

namespace parley::rtp {
namespace {

// RFC 8866 §9: token-char = %x21 / %x23-27 / %x2A-2B / %x2D-2E / %x30-39 / %x41-5A / %x5E-7E.
constexpr bool is_token_char(uint8_t c) {
  return c == 0x21 || (c >= 0x23 && c <= 0x27) || c == 0x2a || c == 0x2b || c == 0x2d ||
         c == 0x2e || (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) ||
         (c >= 0x5e && c <= 0x7e);
}

template <typename T>
void keep(std::optional<T>& field, const std::optional<T>& value) {
  if (value) field = value;
}
void keep(std::string_view& field, const std::optional<std::string_view>& value) {
  if (value) field = *value;
}

}  // namespace

// RFC 6464 §3
//    0 1 2 3 4 5 6 7
//   |V|   level     |
std::optional<AudioLevel> read_audio_level(Bytes data) {
  if (data.size() != 1 && data.size() != 2) return std::nullopt;
  return AudioLevel{.level = static_cast<uint8_t>(data[0] & 0x7f), .voice = (data[0] & 0x80) != 0};
}

std::array<uint8_t, 1> write_audio_level(AudioLevel level) {
  const uint8_t value = std::min<uint8_t>(level.level, 127);
  return {static_cast<uint8_t>(value | (level.voice ? 0x80 : 0))};
}

std::optional<uint16_t> read_transport_sequence(Bytes data) {
  if (data.size() != 2 && data.size() != 4) return std::nullopt;
  return load_be16(data.data());
}

AbsSendTime AbsSendTime::from(TimeDelta since_any_epoch) {
  constexpr int64_t period_us = 64'000'000;
  const int64_t us = ((since_any_epoch.us() % period_us) + period_us) % period_us;
  return {.value = static_cast<uint32_t>((us << 18) / 1'000'000) & 0xff'ffff};
}

TimeDelta AbsSendTime::to_delta() const {
  return TimeDelta::micros((int64_t{value & 0xff'ffff} * 1'000'000) >> 18);
}

TimeDelta AbsSendTime::since(AbsSendTime other) const {
  // Sign-extends the 24-bit difference.
  const auto difference = static_cast<int32_t>((value - other.value) << 8) >> 8;
  return TimeDelta::micros((int64_t{difference} * 1'000'000) >> 18);
}

std::optional<AbsSendTime> read_abs_send_time(Bytes data) {
  if (data.size() != 3) return std::nullopt;
  return AbsSendTime{.value = load_be24(data.data())};
}

std::optional<std::string_view> read_sdes_text(Bytes data) {
  if (data.empty() || data.size() > kMaxSdesText) return std::nullopt;
  if (!std::ranges::all_of(data, is_token_char)) return std::nullopt;
  return as_text(data);
}

//    0 1 2 3 4 5 6 7
//   |0 0 0 0 C F R R|   C = back camera, F = flip, R = quarters
std::optional<VideoOrientation> read_video_orientation(Bytes data) {
  if (data.size() != 1) return std::nullopt;
  return VideoOrientation{.back_camera = (data[0] & 0x08) != 0,
                          .flip = (data[0] & 0x04) != 0,
                          .rotation = static_cast<uint16_t>((data[0] & 0x03) * 90)};
}

std::array<uint8_t, 1> write_video_orientation(VideoOrientation orientation) {
  return {static_cast<uint8_t>((orientation.back_camera ? 0x08 : 0) |
                               (orientation.flip ? 0x04 : 0) | ((orientation.rotation / 90) % 4))};
}

//   |   min (12)    |   max (12)    |
std::optional<PlayoutDelay> read_playout_delay(Bytes data) {
  if (data.size() != 3) return std::nullopt;
  const uint32_t value = load_be24(data.data());
  return PlayoutDelay{.min = TimeDelta::millis(int64_t{value >> 12} * 10),
                      .max = TimeDelta::millis(int64_t{value & 0xfff} * 10)};
}

std::array<uint8_t, 3> write_playout_delay(PlayoutDelay delay) {
  const auto steps = [](TimeDelta d) {
    return static_cast<uint32_t>(std::clamp<int64_t>(d.ms() / 10, 0, 0xfff));
  };
  std::array<uint8_t, 3> out;
  store_be24(out.data(), (steps(delay.min) << 12) | steps(delay.max));
  return out;
}

std::optional<AbsCaptureTime> read_abs_capture_time(Bytes data) {
  if (data.size() != 8 && data.size() != 16) return std::nullopt;
  AbsCaptureTime time{.captured = NtpTime(load_be64(data.data())), .clock_offset_q32 = {}};
  if (data.size() == 16) time.clock_offset_q32 = static_cast<int64_t>(load_be64(data.data() + 8));
  return time;
}

AbsCaptureTimeBytes write_abs_capture_time(const AbsCaptureTime& time) {
  AbsCaptureTimeBytes out{.bytes = {}, .size = 8};
  store_be64(out.bytes.data(), time.captured.value());
  if (time.clock_offset_q32) {
    store_be64(out.bytes.data() + 8, static_cast<uint64_t>(*time.clock_offset_q32));
    out.size = 16;
  }
  return out;
}

HeaderExtensions parse_header_extensions(const PacketView& packet, const HeaderExtensionIds& ids) {
  HeaderExtensions out;
  // An id of 0 (not negotiated) equals none on the wire. Ordered by how often they occur.
  for_each_extension(packet, [&](uint8_t id, Bytes data) {
    if (id == ids.transport_sequence) {
      keep(out.transport_sequence, read_transport_sequence(data));
    } else if (id == ids.abs_send_time) {
      keep(out.abs_send_time, read_abs_send_time(data));
    } else if (id == ids.audio_level) {
      keep(out.audio_level, read_audio_level(data));
    } else if (id == ids.mid) {
      keep(out.mid, read_sdes_text(data));
    } else if (id == ids.rid) {
      keep(out.rid, read_sdes_text(data));
    } else if (id == ids.repaired_rid) {
      keep(out.repaired_rid, read_sdes_text(data));
    } else if (id == ids.dependency_descriptor) {
      out.dependency_descriptor = data;
    } else if (id == ids.video_orientation) {
      keep(out.video_orientation, read_video_orientation(data));
    } else if (id == ids.abs_capture_time) {
      keep(out.abs_capture_time, read_abs_capture_time(data));
    } else if (id == ids.playout_delay) {
      keep(out.playout_delay, read_playout_delay(data));
    } else if (id == ids.video_layers_allocation) {
      out.video_layers_allocation = data;
    }
  });
  return out;
}

}  // namespace parley::rtp
