#include "transport/secure_channel.h"

#include "base/check.h"

namespace parley::transport {
namespace {

srtp::MasterKey master_key(dtls::SrtpProfile profile, const dtls::SrtpWriteKey& key) {
  // Both enums hold the IANA numbers.
  const auto made =
      srtp::MasterKey::make(static_cast<srtp::Profile>(profile), key.key(), key.salt());
  PARLEY_CHECK(made.has_value());
  return *made;
}

}  // namespace

SecureChannel::SecureChannel(const dtls::Certificate& certificate,
                             const dtls::SessionConfig& config)
    : dtls_(certificate, config) {}

void SecureChannel::handle_dtls(Bytes datagram, Timestamp now) {
  dtls_.handle_datagram(datagram, now);
  take_keys();
}

void SecureChannel::handle_timeout(Timestamp now) {
  dtls_.handle_timeout(now);
}

void SecureChannel::take_keys() {
  const auto& keys = dtls_.srtp_keys();
  if (sender_ || !keys) return;
  sender_.emplace(master_key(keys->profile, keys->local));
  receiver_.emplace(master_key(keys->profile, keys->remote));
}

std::optional<MutableBytes> SecureChannel::unprotect_rtp(MutableBytes packet) {
  if (!receiver_) return std::nullopt;
  const auto size = receiver_->unprotect_rtp(packet);
  return size ? std::optional(packet.first(*size)) : std::nullopt;
}

std::optional<MutableBytes> SecureChannel::unprotect_rtcp(MutableBytes packet) {
  if (!receiver_) return std::nullopt;
  const auto size = receiver_->unprotect_rtcp(packet);
  return size ? std::optional(packet.first(*size)) : std::nullopt;
}

std::optional<Bytes> SecureChannel::protect_rtp(MutableBytes buffer, size_t packet_size) {
  if (!sender_) return std::nullopt;
  const auto size = sender_->protect_rtp(buffer, packet_size);
  return size ? std::optional(Bytes(buffer.first(*size))) : std::nullopt;
}

std::optional<Bytes> SecureChannel::protect_rtcp(MutableBytes buffer, size_t packet_size) {
  if (!sender_) return std::nullopt;
  const auto size = sender_->protect_rtcp(buffer, packet_size);
  return size ? std::optional(Bytes(buffer.first(*size))) : std::nullopt;
}

}  // namespace parley::transport
