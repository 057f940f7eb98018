// SRTP and SRTCP of one DTLS session, one direction each (RFC 3711, RFC 7714).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/prefetch.h"
#include "srtp/gcm_cipher.h"
#include "srtp/profile.h"
#include "srtp/replay_window.h"
#include "srtp/ssrc_map.h"
#include "srtp/transform.h"

namespace parley::srtp {

enum class SrtpError {
  kTooShort,      // less than header and tag
  kBadHeader,     // not version 2, or the header ends behind the packet
  kBadAuth,       // not from the peer, damaged, or (by a wrong roll-over counter) 2^15 packets away
  kReplayed,      // seen before, or older than the window
  kTooManySsrcs,  // the map is full
  kNotEncrypted,  // SRTCP without the E flag, which WebRTC forbids (RFC 8827 §6.5)
  kNoRoom,        // the buffer can't hold the protected packet
  kKeyExhausted,  // 2^48 RTP or 2^31 RTCP packets under one key
};
inline constexpr size_t kSrtpErrorCount = 8;
std::string_view to_string(SrtpError error);

// Protects what we send. Driven by PeerTransport on its shard's thread. After construction nothing
// allocates or locks.
//
// Keeps, for each SSRC, the roll-over counter and which indices were used: to encrypt two different
// packets under one index would give GCM's key away, so a sequence number is refused (kReplayed)
// when it was used before or lies more than kWindow behind. A retransmission must have an SSRC and
// sequence number of its own (RFC 4588).
class SenderContext {
 public:
  static constexpr size_t kMaxSsrcs = 128;
  // Pacing and retransmission disturb the order of one SSRC by far less.
  static constexpr size_t kWindow = 512;

  // `max_ssrcs` RTP streams over the session's whole life: state is never dropped, for an SSRC that
  // came back would start its counter anew. Beyond that kTooManySsrcs. RTCP isn't limited.
  explicit SenderContext(const MasterKey& key, Backend backend = Backend::kAuto,
                         size_t max_ssrcs = kMaxSsrcs);

  // In place: the plain packet is the first `length` bytes of `buffer`, which has rtp_overhead()
  // bytes of room behind. Returns the protected length.
  std::expected<size_t, SrtpError> protect_rtp(MutableBytes buffer, size_t length);
  // Out of place in one pass: `header` is a whole RTP header with CSRCs and extension, `payload`
  // the rest, shared among subscribers and only read. `header` may be the start of `out`; `payload`
  // must not overlap `out`, unless it lies behind the header already.
  std::expected<size_t, SrtpError> protect_rtp_to(Bytes header, Bytes payload, MutableBytes out);
  // In place; a compound packet (or a reduced-size one, RFC 5506) with rtcp_overhead() bytes of
  // room behind.
  std::expected<size_t, SrtpError> protect_rtcp(MutableBytes buffer, size_t length);

  // What protecting another packet of the stream that was protected last needs, beside this object:
  // for a caller that serves many contexts in turn and has each fetched ahead. Good as long as the
  // context lives.
  struct Reach {
    const void* stream = nullptr;
    Bytes keys;

    // First so that their pages are known.
    void touch() const {
      if (stream) parley::touch(stream);
      if (keys.empty()) return;
      parley::touch(keys.data());
      parley::touch(keys.data() + keys.size() - 1);
    }
    void prefetch() const {
      parley::prefetch(stream, sizeof(ReplayWindow<kWindow>));
      parley::prefetch(keys.data(), keys.size());
    }
  };
  Reach reach() const {
    return {last_stream_ == Streams::kNowhere ? nullptr : &streams_.at(last_stream_), hot_};
  }

  size_t rtp_overhead() const { return tag_length(profile_); }
  size_t rtcp_overhead() const { return tag_length(profile_) + kRtcpIndexLength; }
  Profile profile() const { return profile_; }
  // The library in use, for logs.
  std::string_view backend_name() const { return transform_->name(); }

 private:
  // A picture's and a sound's are near; they are most of what is sent.
  using Streams = SsrcMap<ReplayWindow<kWindow>, 2>;

  // False if the map is full.
  bool turn_to(uint32_t ssrc);

  Profile profile_;
  std::unique_ptr<Transform> transform_;
  // Of the last packet's SSRC; packets come in runs.
  size_t last_stream_ = Streams::kNowhere;
  uint32_t last_ssrc_ = 0;
  Streams streams_;
  // One counter for all SSRCs: RFC 3711 §3.4 asks only that it grows for each.
  uint32_t next_rtcp_index_ = 1;
  Bytes hot_;  // transform_->hot()
};

// Checks and decrypts what we receive. Driven by PeerTransport on its shard's thread. After
// construction nothing allocates or locks. No state changes before a packet has proved authentic.
class ReceiverContext {
 public:
  // Three simulcast layers with repair for camera and for screen, audio, and as much again for what
  // a page replaces.
  static constexpr size_t kMaxSsrcs = 64;
  // At 1,500 packets/s two thirds of a second of reordering.
  static constexpr size_t kRtpWindow = 1024;
  static constexpr size_t kRtcpWindow = 128;

  // At most `max_ssrcs` senders of RTP or RTCP at a time; packets of more are refused with
  // kTooManySsrcs until remove_ssrc() makes room.
  explicit ReceiverContext(const MasterKey& key, Backend backend = Backend::kAuto,
                           size_t max_ssrcs = kMaxSsrcs);

  // In place; returns the length of the plain packet. After an error the packet is spoilt.
  std::expected<size_t, SrtpError> unprotect_rtp(MutableBytes packet);
  std::expected<size_t, SrtpError> unprotect_rtcp(MutableBytes packet);

  // Forgets a stream that has ended. Its old packets could be replayed from then on, so nobody must
  // listen to the SSRC.
  bool remove_ssrc(uint32_t ssrc) { return streams_.erase(ssrc); }
  size_t ssrcs() const { return streams_.size(); }

  Profile profile() const { return profile_; }
  std::string_view backend_name() const { return transform_->name(); }

 private:
  struct Stream {
    ReplayWindow<kRtpWindow> rtp;
    ReplayWindow<kRtcpWindow> rtcp;
  };

  Profile profile_;
  std::unique_ptr<Transform> transform_;
  SsrcMap<Stream> streams_;
};

}  // namespace parley::srtp
