#include "shard/peer.h"

#include <gtest/gtest.h>

#include "dtls/certificate.h"

namespace parley::shard {
namespace {

media::PeerDescription sending(std::vector<media::TrackDescription> tracks) {
  media::PeerDescription out;
  out.local = {"server", "password of the server side"};
  out.remote = {"client", "password of the client side"};
  out.tracks = std::move(tracks);
  return out;
}

// The dependency descriptor was not: AV1's layers were then forwarded all, to everybody, in a
// stream that no browser decodes.
TEST(PeerTest, EveryExtensionThatATrackHasIsReadFromItsPackets) {
  media::TrackDescription audio{.id = TrackId{1}, .kind = rtp::MediaKind::kAudio};
  audio.extensions.audio_level = 20;
  media::TrackDescription video{.id = TrackId{2}, .kind = rtp::MediaKind::kVideo};
  uint8_t next = 1;
  for (const auto id : rtp::kHeaderExtensionIds) video.extensions.*id = next++;
  video.extensions.audio_level = 0;

  const auto certificate = dtls::Certificate::generate().value();
  sfu::PacketPool pool(8);
  PlanStore store(pool, 4);
  const Peer peer(PeerId{1}, RouterId{1}, 0, certificate, store, sending({audio, video}),
                  Timestamp::seconds(1));
  rtp::HeaderExtensionIds all = video.extensions;
  all.audio_level = 20;
  EXPECT_EQ(peer.extensions, all);
}

}  // namespace
}  // namespace parley::shard
