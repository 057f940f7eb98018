// Sequences of operations on a ControlPlane: sockets that come and go, messages (well-formed ones
// with arbitrary values, and arbitrary text), media events, time. Each operation is an opcode byte
// and its arguments; what is missing reads as 0.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "control/control_plane.h"
#include "sdp/offer.h"
#include "signaling/codec.h"

namespace {

using namespace parley;
using control::ConnectionId;
using signaling::MediaSource;
namespace client = signaling::client;

constexpr char kFingerprint[] =
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"
    "FF";
constexpr uint32_t kConnections = 6;

class Driver {
 public:
  explicit Driver(Bytes input) : input_(input), control_(config(input), random_) {}

  void run() {
    while (!input_.empty()) {
      step();
      drain();
      PARLEY_CHECK(control_.rooms() <= control_.participants());
      if (control_.participants() == 0) PARLEY_CHECK(control_.rooms() == 0);
    }
  }

 private:
  static control::ControlConfig config(Bytes input) {
    control::ControlConfig config;
    config.shards = {{.media_port = 3478}, {.media_port = 3479}};
    config.max_participants = 4;
    config.max_rooms = 2;
    config.fingerprint = kFingerprint;
    if (!input.empty()) config.p2p = static_cast<room::P2pPolicy>(input[0] % 3);
    return config;
  }

  uint8_t byte() {
    if (input_.empty()) return 0;
    const uint8_t value = input_[0];
    input_ = input_.subspan(1);
    return value;
  }
  ConnectionId connection() { return ConnectionId{1u + byte() % kConnections}; }
  std::string person() { return "p" + std::to_string(byte() % 8); }
  std::string text() {
    const size_t length = std::min<size_t>(byte(), input_.size());
    const std::string result(as_text(input_.first(length)));
    input_ = input_.subspan(length);
    return result;
  }

  void step() {
    switch (byte() % 8) {
      case 0:
        control_.handle_connected(connection(),
                                  {.remote_ip = IpAddress::v4(198, 51, 100, byte()),
                                   .local_ip = IpAddress::v4(byte(), 0, 0, 1)},
                                  now_);
        break;
      case 1:
        control_.handle_disconnected(connection(), now_);
        break;
      case 2: {
        const ConnectionId id = connection();
        control_.handle_message(id, text(), now_, 0);
        break;
      }
      case 3:
        media_event();
        break;
      case 4:
        now_ = now_ + TimeDelta::millis(int64_t{byte()} * byte());
        control_.handle_timeout(now_);
        break;
      default: {
        const ConnectionId id = connection();
        control_.handle_message(id, signaling::write(message()), now_, 0);
      }
    }
  }

  signaling::ClientMessage message() {
    switch (byte() % 11) {
      case 0:
      case 1:
        return join();
      case 2:
        return client::Offer{.id = byte(), .offer = offer()};
      case 3:
        return client::View{{{person(), MediaSource::kCamera, 640, 360, byte()}}};
      case 4:
        return client::State{state()};
      case 5:
        return client::Rename{.id = 1, .name = "R" + std::to_string(byte())};
      case 6:
        return client::Chat{.id = 1, .key = std::to_string(byte()), .text = "hello"};
      case 7:
        return client::Ready{byte() % 32};
      case 8:
        return client::Failed{byte() % 32, ""};
      case 9:
        return signal();
      default:
        return client::Leave{};
    }
  }

  client::Join join() {
    client::Join join{
        .id = 1, .room = byte() % 4 == 0 ? "b" : "a", .name = "Ana", .state = state()};
    const uint8_t how = byte();
    if ((how & 1) != 0) join.offer = offer();
    if ((how & 2) != 0 && !token_.empty()) join.resume = token_;
    return join;
  }

  client::StateChange state() {
    const uint8_t bits = byte();
    client::StateChange change;
    if ((bits & 1) != 0) change.mic = (bits & 16) != 0;
    if ((bits & 2) != 0) change.camera = (bits & 32) != 0;
    if ((bits & 4) != 0) change.screen = (bits & 64) != 0;
    if ((bits & 8) != 0) change.hand = (bits & 128) != 0;
    return change;
  }

  client::OfferBody offer() {
    const uint8_t how = byte();
    sdp::ClientOffer made{.audio_slots = how % 3u,
                          .video_slots = how / 4 % 3u,
                          .ice_ufrag = how >= 128 ? "abcd" : "efgh",
                          .ice_pwd = "0123456789012345678901",
                          .fingerprint = kFingerprint};
    client::OfferBody body;
    if (how % 2 == 0) {
      made.tracks.push_back({.kind = rtp::MediaKind::kAudio, .rids = {}, .ssrc = {}});
      body.sources.push_back({"0", MediaSource::kMic});
    } else {
      made.tracks.push_back({.kind = rtp::MediaKind::kVideo, .rids = {"l", "h"}, .ssrc = {}});
      body.sources.push_back({"0", static_cast<MediaSource>(how / 16 % 4)});
    }
    body.sdp = sdp::build_offer(made);
    return body;
  }

  client::Signal signal() {
    client::Signal signal{.epoch = byte() % 32, .to = person(), .body = {}};
    switch (byte() % 3) {
      case 0:
        signal.body =
            signaling::SessionDescription{signaling::DescriptionType::kOffer, "v=0" + safe()};
        break;
      case 1:
        signal.body =
            signaling::IceCandidate{.candidate = "candidate:1 1 udp 1 192.168." +
                                                 std::to_string(byte() % 2) + ".4 5 typ host",
                                    .sdp_mid = {},
                                    .sdp_m_line_index = {},
                                    .username_fragment = {}};
        break;
      default:
        signal.body = signaling::EndOfCandidates{};
    }
    return signal;
  }

  // ASCII of the input.
  std::string safe() {
    std::string result = text();
    for (char& c : result) c = static_cast<char>(c & 0x7f);
    return result;
  }

  void media_event() {
    const PeerId peer{byte() % 16u};
    const TrackId track{byte() % 16u};
    switch (byte() % 6) {
      case 0:
        control_.handle_media_event(
            media::PeerStateChanged{.peer = peer,
                                    .state = static_cast<media::PeerState>(byte() % 4)},
            now_);
        break;
      case 1:
        control_.handle_media_event(media::TrackLive{peer, track}, now_);
        break;
      case 2:
        control_.handle_media_event(media::SlotSource{peer, SlotId{byte() % 8u}, track, 1}, now_);
        break;
      case 3:
        control_.handle_media_event(media::LayersWanted{peer, track, byte()}, now_);
        break;
      case 4:
        control_.handle_media_event(media::DominantSpeaker{RouterId{1}, track}, now_);
        break;
      default:
        control_.handle_media_event(
            media::PeerQuality{peer, TimeDelta::millis(byte() * 8), 0, 0.01f * byte()}, now_);
    }
  }

  // Everything that is said must be readable by a client.
  void drain() {
    control::Output out;
    while (control_.poll_output(out)) {
      const auto* text = std::get_if<control::SendText>(&out);
      if (text == nullptr) continue;
      const auto message = signaling::parse_server_message(*text->text);
      PARLEY_CHECK(message.has_value());
      if (const auto* joined = std::get_if<signaling::server::Joined>(&*message)) {
        token_ = joined->resume;
      }
    }
  }

  Bytes input_;
  SeededRandom random_{1};
  Timestamp now_ = Timestamp::seconds(1);
  control::ControlPlane control_;
  std::string token_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Driver(Bytes(data, std::min<size_t>(size, 4'096))).run();
  return 0;
}
