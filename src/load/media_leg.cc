#include "load/media_leg.h"

#include <utility>

#include "dtls/fingerprint.h"
#include "rtp/rtcp.h"

namespace parley::load {
namespace {

// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
constexpr uint8_t kTransportWideFormat = 15;

}  // namespace

MediaLeg::MediaLeg(const dtls::Certificate& certificate, RandomSource& random,
                   const transport::ClientRoles& roles)
    : certificate_(certificate),
      credentials_(ice::Credentials::draw(random)),
      transport_(certificate, credentials_, random, roles) {}

std::string MediaLeg::fingerprint() const {
  return dtls::fingerprint_text(certificate_.fingerprint_sha256());
}

void MediaLeg::connect(const SocketAddress& local, ice::Credentials remote,
                       std::span<const SocketAddress> candidates,
                       const dtls::Fingerprint& fingerprint, Timestamp now) {
  transport_.connect(local, std::move(remote), candidates, fingerprint, now);
}

void MediaLeg::handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp arrived,
                               Timestamp now) {
  const bool media = transport::classify(datagram) == transport::PacketClass::kRtp;
  if (media && !rtp::is_rtcp(datagram)) {
    // Most packets are only counted: the transport isn't asked to decrypt them.
    const auto header = OpenHeader::parse(datagram);
    if (!receiver_ || !transport_.connected() || !header) return;
    if (receiver_->handle_header(*header, datagram.size(), arrived) ==
        MediaReceiver::Wants::kNothing)
      return;
    if (const auto plain = transport_.channel().unprotect_rtp(datagram))
      receiver_->handle_payload(*plain, arrived);
    return;
  }
  const auto received = transport_.handle_datagram(path, datagram, now);
  if (received.kind == transport::Received::Kind::kRtcp) handle_rtcp(received.packet, arrived);
}

void MediaLeg::handle_rtcp(Bytes packet, Timestamp arrived) {
  rtp::RtcpReader reader(packet);
  while (const auto block = reader.next()) {
    if (block->is(rtp::RtcpType::kTransportFeedback, kTransportWideFormat)) {
      ++transport_feedbacks_;
      continue;
    }
    if (publisher_) publisher_->handle_rtcp(*block);
    if (receiver_) receiver_->handle_rtcp(*block, arrived);
  }
}

void MediaLeg::handle_timeout(Timestamp now) {
  transport_.handle_timeout(now);
  if (publisher_ && transport_.connected()) publisher_->handle_timeout(now);
}

bool MediaLeg::poll_datagram(transport::PeerTransport::Output& out, Timestamp now) {
  if (transport_.poll_output(out)) return true;
  const auto path = transport_.media_path();
  if (!path) return false;
  const auto sealed = poll_sealed(now);
  if (sealed) out = {*path, *sealed};
  return sealed.has_value();
}

std::optional<Bytes> MediaLeg::poll_sealed(Timestamp now) {
  transport::SecureChannel& channel = transport_.channel();
  // Room for the tag and the index behind.
  const MutableBytes plain = MutableBytes(buffer_).first(MediaSender::kMaxPacket);
  if (receiver_) {
    if (const size_t size = receiver_->poll_rtcp(plain, now))
      return channel.protect_rtcp(buffer_, size);
  }
  if (!publisher_) return std::nullopt;
  if (const size_t size = publisher_->poll_report(plain, now))
    return channel.protect_rtcp(buffer_, size);
  while (const size_t size = publisher_->poll_packet(buffer_, now)) {
    if (const auto sealed = channel.protect_rtp(buffer_, size)) return sealed;
  }
  return std::nullopt;
}

Deadline MediaLeg::poll_timeout() const {
  Deadline next = transport_.poll_timeout();
  if (!transport_.media_path()) return next;
  if (publisher_) next = Deadline::earliest(next, publisher_->poll_timeout());
  if (receiver_) next = Deadline::earliest(next, receiver_->poll_timeout());
  return next;
}

}  // namespace parley::load
