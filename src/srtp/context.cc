#include "srtp/context.h"

#include <cstring>

#include "srtp/key_derivation.h"
#include "srtp/packet_index.h"
#include "srtp/packet_layout.h"

namespace parley::srtp {

std::string_view to_string(SrtpError error) {
  switch (error) {
    case SrtpError::kTooShort:
      return "too short";
    case SrtpError::kBadHeader:
      return "bad header";
    case SrtpError::kBadAuth:
      return "bad authentication";
    case SrtpError::kReplayed:
      return "replayed";
    case SrtpError::kTooManySsrcs:
      return "too many SSRCs";
    case SrtpError::kNotEncrypted:
      return "not encrypted";
    case SrtpError::kNoRoom:
      return "no room";
    case SrtpError::kKeyExhausted:
      return "key exhausted";
  }
  return "unknown";
}

SenderContext::SenderContext(const MasterKey& key, Backend backend, size_t max_ssrcs)
    : profile_(key.profile),
      transform_(make_transform(derive_session_keys(key), backend)),
      streams_(max_ssrcs),
      hot_(transform_->hot()) {}

bool SenderContext::turn_to(uint32_t ssrc) {
  last_ssrc_ = ssrc;
  last_stream_ = streams_.index_of(ssrc);
  if (last_stream_ == Streams::kNowhere && streams_.insert(ssrc))
    last_stream_ = streams_.size() - 1;
  return last_stream_ != Streams::kNowhere;
}

std::expected<size_t, SrtpError> SenderContext::protect_rtp(MutableBytes buffer, size_t length) {
  if (length > buffer.size()) return std::unexpected(SrtpError::kNoRoom);
  const Bytes packet = buffer.first(length);
  const size_t header = rtp_header_length(packet);
  return protect_rtp_to(packet.first(header), packet.subspan(header), buffer);
}

std::expected<size_t, SrtpError> SenderContext::protect_rtp_to(Bytes header, Bytes payload,
                                                               MutableBytes out) {
  const size_t size = header.size() + payload.size() + rtp_overhead();
  if (out.size() < size) return std::unexpected(SrtpError::kNoRoom);
  // The receiver authenticates what it takes for the header, so it must be just that.
  if (header.empty() || rtp_header_length(header) != header.size()) {
    return std::unexpected(SrtpError::kBadHeader);
  }
  const uint32_t ssrc = rtp_ssrc(header);
  if ((last_stream_ == Streams::kNowhere || last_ssrc_ != ssrc) && !turn_to(ssrc))
    return std::unexpected(SrtpError::kTooManySsrcs);
  auto& stream = streams_.at(last_stream_);
  const int64_t index = estimate_index(stream.highest(), rtp_sequence(header));
  if (index > kMaxRtpIndex) return std::unexpected(SrtpError::kKeyExhausted);
  if (!stream.take(index)) return std::unexpected(SrtpError::kReplayed);
  if (out.data() != header.data()) std::memcpy(out.data(), header.data(), header.size());
  transform_->seal_rtp(ssrc, static_cast<uint64_t>(index), out.first(header.size()), payload,
                       out.data() + header.size());
  return size;
}

std::expected<size_t, SrtpError> SenderContext::protect_rtcp(MutableBytes buffer, size_t length) {
  if (length > buffer.size() || buffer.size() - length < rtcp_overhead()) {
    return std::unexpected(SrtpError::kNoRoom);
  }
  if (!is_rtcp(buffer.first(length))) return std::unexpected(SrtpError::kBadHeader);
  if (next_rtcp_index_ > kMaxRtcpIndex) return std::unexpected(SrtpError::kKeyExhausted);
  transform_->seal_rtcp(rtcp_ssrc(buffer), next_rtcp_index_++, buffer.data(), length);
  return length + rtcp_overhead();
}

ReceiverContext::ReceiverContext(const MasterKey& key, Backend backend, size_t max_ssrcs)
    : profile_(key.profile),
      transform_(make_transform(derive_session_keys(key), backend)),
      streams_(max_ssrcs) {}

std::expected<size_t, SrtpError> ReceiverContext::unprotect_rtp(MutableBytes packet) {
  const size_t tag = tag_length(profile_);
  if (packet.size() < kMinRtpHeaderLength + tag) return std::unexpected(SrtpError::kTooShort);
  const size_t length = packet.size() - tag;
  const size_t header = rtp_header_length(packet.first(length));
  if (header == 0) return std::unexpected(SrtpError::kBadHeader);

  const uint32_t ssrc = rtp_ssrc(packet);
  Stream* stream = streams_.find(ssrc);
  if (!stream && streams_.full()) return std::unexpected(SrtpError::kTooManySsrcs);
  const int64_t highest = stream ? stream->rtp.highest() : -1;
  const int64_t index = estimate_index(highest, rtp_sequence(packet));
  if (index > kMaxRtpIndex) return std::unexpected(SrtpError::kKeyExhausted);
  if (index < 0 || (stream && !stream->rtp.is_fresh(index))) {
    return std::unexpected(SrtpError::kReplayed);
  }
  if (!transform_->open_rtp(ssrc, static_cast<uint64_t>(index), packet.first(header),
                            packet.subspan(header))) {
    return std::unexpected(SrtpError::kBadAuth);
  }
  if (!stream) stream = streams_.insert(ssrc);
  stream->rtp.mark(index);
  return length;
}

std::expected<size_t, SrtpError> ReceiverContext::unprotect_rtcp(MutableBytes packet) {
  const size_t overhead = tag_length(profile_) + kRtcpIndexLength;
  if (packet.size() < kRtcpHeaderLength + overhead) return std::unexpected(SrtpError::kTooShort);
  if (!is_rtcp(packet)) return std::unexpected(SrtpError::kBadHeader);
  // AES-CM puts the tag behind the index word (RFC 3711 §3.4), GCM before it (RFC 7714 §9.2).
  const size_t word = packet.size() - (is_gcm(profile_) ? kRtcpIndexLength : overhead);
  const uint32_t index_word = load_be32(&packet[word]);
  if (!(index_word & Transform::kEncryptedFlag)) return std::unexpected(SrtpError::kNotEncrypted);

  const uint32_t ssrc = rtcp_ssrc(packet);
  Stream* stream = streams_.find(ssrc);
  if (!stream && streams_.full()) return std::unexpected(SrtpError::kTooManySsrcs);
  const int64_t index = index_word & ~Transform::kEncryptedFlag;
  if (stream && !stream->rtcp.is_fresh(index)) return std::unexpected(SrtpError::kReplayed);
  if (!transform_->open_rtcp(ssrc, index_word, packet)) return std::unexpected(SrtpError::kBadAuth);
  if (!stream) stream = streams_.insert(ssrc);
  stream->rtcp.mark(index);
  return packet.size() - overhead;
}

}  // namespace parley::srtp
