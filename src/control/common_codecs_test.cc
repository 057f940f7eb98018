#include "control/common_codecs.h"

#include "control/control_plane_fixture.h"

namespace parley::control {
namespace {

namespace client = signaling::client;
namespace server = signaling::server;
using rtp::Codec;
using testing::ElementsAre;
using testing::IsEmpty;

media::SlotDescription slot(std::vector<Codec> codecs, uint8_t dependency_descriptor) {
  media::SlotDescription out{.id = SlotId{1}, .kind = rtp::MediaKind::kVideo};
  for (const Codec codec : codecs) out.codecs.push_back({.codec = codec});
  out.extensions.dependency_descriptor = dependency_descriptor;
  return out;
}

TEST(CommonCodecsTest, AreThoseOfEverySlotOfEverybodyInTheServersOrder) {
  media::PeerDescription chromium;
  chromium.slots = {slot({Codec::kH264, Codec::kVp8, Codec::kVp9, Codec::kAv1}, 12)};
  media::PeerDescription other;
  other.slots = {slot({Codec::kVp8, Codec::kVp9, Codec::kAv1}, 12),
                 slot({Codec::kVp8, Codec::kAv1}, 12)};
  const Codec offered[] = {Codec::kVp8, Codec::kVp9, Codec::kAv1, Codec::kH264};
  const CodecSet one[] = {codecs_taken(chromium)};
  EXPECT_THAT(common_codecs(offered, one),
              ElementsAre(Codec::kVp8, Codec::kVp9, Codec::kAv1, Codec::kH264));
  const CodecSet both[] = {codecs_taken(chromium), codecs_taken(other)};
  EXPECT_THAT(common_codecs(offered, both), ElementsAre(Codec::kVp8, Codec::kAv1));
  EXPECT_THAT(common_codecs(offered, {}), testing::SizeIs(4)) << "nobody is in the way";
}

TEST(CommonCodecsTest, Av1NeedsTheDependencyDescriptor) {
  media::PeerDescription firefox;
  firefox.slots = {slot({Codec::kVp8, Codec::kVp9, Codec::kAv1}, 0)};
  EXPECT_EQ(codecs_taken(firefox), bit_of(Codec::kVp8) | bit_of(Codec::kVp9));
}

TEST(CommonCodecsTest, WhoHasNoVideoSlotTakesAll) {
  media::PeerDescription listener;
  listener.slots = {{.id = SlotId{1}, .kind = rtp::MediaKind::kAudio}};
  EXPECT_EQ(codecs_taken(listener), kAllCodecs);
}

client::Join without(const char* codec, const char* name) {
  client::Join join = join_message(name);
  std::string& sdp = join.offer->sdp;
  for (size_t at = sdp.find(codec); at != std::string::npos; at = sdp.find(codec))
    sdp.replace(at, 3, "XYZ");
  return join;
}

TEST_F(ControlPlaneTest, EverybodyIsToldWhichCodecsAllTake) {
  join(kAna, "Ana");
  EXPECT_THAT(last<server::Codecs>(kAna).video, ElementsAre("vp8", "vp9", "av1", "h264"));
  forget();
  join(kBo, "Bo");
  EXPECT_THAT(got<server::Codecs>(kAna), IsEmpty()) << "nothing changed for her";
  EXPECT_EQ(got<server::Codecs>(kBo).size(), 1u);
  forget();
  connect(kCy);
  say(kCy, without("AV1", "Cy"));
  for (const ConnectionId id : {kAna, kBo, kCy})
    EXPECT_THAT(last<server::Codecs>(id).video, ElementsAre("vp8", "vp9", "h264"));
  EXPECT_EQ(got<server::Codecs>(kCy).size(), 1u);
  forget();
  say(kCy, client::Leave{});
  EXPECT_THAT(last<server::Codecs>(kAna).video, ElementsAre("vp8", "vp9", "av1", "h264"));
}

TEST_F(ControlPlaneTest, ANewOfferMayTakeOtherCodecs) {
  join(kAna, "Ana");
  forget();
  say(kAna, client::Offer{.id = 2, .offer = *without("VP9", "Ana").offer});
  EXPECT_THAT(last<server::Codecs>(kAna).video, ElementsAre("vp8", "av1", "h264"));
}

}  // namespace
}  // namespace parley::control
