// The values inside RTP header extension elements: one read and one write function each, and
// HeaderExtensions, all of them by one pass over a packet. Readers take the bytes of one element
// and give nullopt for a length they don't know.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/units.h"
#include "rtp/ntp.h"
#include "rtp/packet.h"
#include "rtp/parameters.h"

namespace parley::rtp {

// RFC 6464. The loudness of the audio in this packet.
struct AudioLevel {
  uint8_t level = 127;  // -dBov: 0 is the loudest, 127 is silence
  // The sender's voice detector says so; meaningless unless negotiated with vad=on.
  bool voice = false;
  bool operator==(const AudioLevel&) const = default;
};
// One byte; two where padded by the two-byte form of old senders (RFC 6464 §3).
std::optional<AudioLevel> read_audio_level(Bytes data);
std::array<uint8_t, 1> write_audio_level(AudioLevel level);

// draft-holmer-rmcat-transport-wide-cc-extensions-01 §2: a counter over all packets of the
// transport. Two bytes; four in version 2 of the extension, whose feedback request is ignored here.
std::optional<uint16_t> read_transport_sequence(Bytes data);
inline std::array<uint8_t, 2> write_transport_sequence(uint16_t sequence) {
  std::array<uint8_t, 2> out;
  store_be16(out.data(), sequence);
  return out;
}

// webrtc abs-send-time: 6.18 fixed-point seconds, wraps every 64 s. Any clock of the sender; only
// differences count.
struct AbsSendTime {
  uint32_t value = 0;  // 24 bits

  // From the time passed since any fixed point.
  static AbsSendTime from(TimeDelta since_any_epoch);
  // In [0, 64 s), rounded down to the microsecond.
  TimeDelta to_delta() const;
  // This minus `other`, in [-32 s, 32 s).
  TimeDelta since(AbsSendTime other) const;
  bool operator==(const AbsSendTime&) const = default;
};
std::optional<AbsSendTime> read_abs_send_time(Bytes data);
inline std::array<uint8_t, 3> write_abs_send_time(AbsSendTime time) {
  std::array<uint8_t, 3> out;
  store_be24(out.data(), time.value);
  return out;
}

// mid (RFC 9143 §15.1), rid and repaired rid (RFC 8852). The text lies in `data`; nullopt if it is
// empty, longer than kMaxSdesText or has a byte outside the SDP token characters (RFC 8866 §9),
// which keeps it safe in logs and SDP.
// Browsers send mids and rids of a few bytes, at most the 16 of the one-byte form.
inline constexpr size_t kMaxSdesText = 32;
std::optional<std::string_view> read_sdes_text(Bytes data);

// 3GPP TS 26.114 §7.4.5, coordination of video orientation.
struct VideoOrientation {
  bool back_camera = false;
  bool flip = false;      // horizontally, before rotating
  uint16_t rotation = 0;  // degrees clockwise to turn the picture for display: 0, 90, 180 or 270
  bool operator==(const VideoOrientation&) const = default;
};
std::optional<VideoOrientation> read_video_orientation(Bytes data);
// `rotation` is taken in whole quarters, modulo 360.
std::array<uint8_t, 1> write_video_orientation(VideoOrientation orientation);

// webrtc playout-delay: bounds of the receiver's jitter buffer in steps of 10 ms, 12 bits each.
struct PlayoutDelay {
  TimeDelta min;
  TimeDelta max;
  bool operator==(const PlayoutDelay&) const = default;
};
std::optional<PlayoutDelay> read_playout_delay(Bytes data);
// Clamped to 0..40.95 s.
std::array<uint8_t, 3> write_playout_delay(PlayoutDelay delay);

// webrtc abs-capture-time: when the frame was captured by the clock of its first sender.
struct AbsCaptureTime {
  NtpTime captured;
  // What to add to `captured` to get it in the clock of this packet's sender, signed 32.32 seconds
  // (see q32_to_delta).
  std::optional<int64_t> clock_offset_q32;
  bool operator==(const AbsCaptureTime&) const = default;
};
std::optional<AbsCaptureTime> read_abs_capture_time(Bytes data);

struct AbsCaptureTimeBytes {
  std::array<uint8_t, 16> bytes{};
  size_t size = 0;  // 8, or 16 with an offset
  Bytes view() const { return Bytes(bytes).first(size); }
};
AbsCaptureTimeBytes write_abs_capture_time(const AbsCaptureTime& time);

// Everything a packet says in its header extensions. Texts and spans lie within the packet. Absent,
// malformed and not negotiated look the same; of an element that occurs twice the last well-formed
// one counts.
struct HeaderExtensions {
  std::string_view mid;
  std::string_view rid;
  std::string_view repaired_rid;
  std::optional<AudioLevel> audio_level;
  std::optional<uint16_t> transport_sequence;
  std::optional<AbsSendTime> abs_send_time;
  std::optional<VideoOrientation> video_orientation;
  std::optional<PlayoutDelay> playout_delay;
  std::optional<AbsCaptureTime> abs_capture_time;
  Bytes dependency_descriptor;
  Bytes video_layers_allocation;
};

HeaderExtensions parse_header_extensions(const PacketView& packet, const HeaderExtensionIds& ids);

}  // namespace parley::rtp
