// One client's connection for media: transport, what it publishes, what it receives. Whoever speaks
// the signalling owns it and tells it what was negotiated. Does no IO.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/deadline.h"
#include "base/random.h"
#include "dtls/certificate.h"
#include "load/media_receiver.h"
#include "load/publisher.h"
#include "transport/client_transport.h"

namespace parley::load {

class MediaLeg {
 public:
  // All but `roles` must outlive it.
  MediaLeg(const dtls::Certificate& certificate, RandomSource& random,
           const transport::ClientRoles& roles = {});

  // Before connect(); at most one of each.
  void publish(std::unique_ptr<Publisher> publisher) { publisher_ = std::move(publisher); }
  void receive(std::unique_ptr<MediaReceiver> receiver) { receiver_ = std::move(receiver); }
  Publisher* publisher() { return publisher_.get(); }
  const Publisher* publisher() const { return publisher_.get(); }
  MediaReceiver* receiver() { return receiver_.get(); }
  const MediaReceiver* receiver() const { return receiver_.get(); }

  void connect(const SocketAddress& local, ice::Credentials remote,
               std::span<const SocketAddress> candidates, const dtls::Fingerprint& fingerprint,
               Timestamp now);

  // `arrived`: when the datagram reached the machine, at most `now`.
  void handle_datagram(const FlowPath& path, MutableBytes datagram, Timestamp arrived,
                       Timestamp now);
  void handle_timeout(Timestamp now);
  // `bytes` are valid until the next call. `now` goes into stamps: read the clock for each run of
  // calls.
  bool poll_datagram(transport::PeerTransport::Output& out, Timestamp now);
  Deadline poll_timeout() const;

  bool connected() const { return transport_.connected(); }
  bool failed() const { return transport_.agent().state() == ice::AgentState::Failed; }
  const ice::Credentials& credentials() const { return credentials_; }
  // As SDP writes it.
  std::string fingerprint() const;
  uint64_t transport_feedbacks() const { return transport_feedbacks_; }

 private:
  void handle_rtcp(Bytes packet, Timestamp arrived);
  std::optional<Bytes> poll_sealed(Timestamp now);

  const dtls::Certificate& certificate_;
  ice::Credentials credentials_;
  transport::ClientTransport transport_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<MediaReceiver> receiver_;
  uint64_t transport_feedbacks_ = 0;
  std::array<uint8_t, 1500> buffer_;
};

}  // namespace parley::load
