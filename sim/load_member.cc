#include "sim/load_member.h"

#include <utility>

#include "rtp/rtcp.h"
#include "transport/peer_transport.h"

namespace parley::sim {

LoadMember::LoadMember(Network& network, IpAddress address, load::ParticipantConfig config,
                       const load::Material& material, const dtls::Certificate& certificate,
                       RandomSource& random, load::Latencies& latencies)
    : network_(network),
      address_{address, 40'000},
      client_(std::move(config), material, certificate, random, network.now(), &latencies) {}

void LoadMember::handle_open(const IpAddress& server) {
  client_.handle_open(address_, server, network_.now());
}

void LoadMember::handle_frame(const std::string& text) {
  client_.handle_message(text, network_.now());
  flush();
}

std::vector<std::string> LoadMember::take_frames() {
  std::vector<std::string> frames;
  for (std::string text; client_.poll_message(text);) frames.push_back(std::move(text));
  return frames;
}

void LoadMember::on_datagram(const FlowPath& path, MutableBytes datagram, Timestamp now) {
  const bool rtp =
      transport::classify(datagram) == transport::PacketClass::kRtp && !rtp::is_rtcp(datagram);
  if (rtp && loses && loses(datagram)) return;
  client_.handle_datagram(path, datagram, now, now);
  flush();
}

void LoadMember::on_timeout(Timestamp now) {
  client_.handle_timeout(now);
  flush();
}

void LoadMember::flush() {
  transport::PeerTransport::Output output;
  while (client_.poll_datagram(output, network_.now())) network_.send(output.path, output.bytes);
}

}  // namespace parley::sim
