// Offers, tracks, views and what the media side reports.
#include "control/control_plane_fixture.h"

namespace parley::control {
namespace {

namespace client = signaling::client;
namespace server = signaling::server;
using signaling::ErrorCode;
using signaling::MediaSource;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ControlPlaneTest, ADeviceThatCantKeepUpGetsSmallerPicturesForAWhile) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  say(kBo, client::View{{{"p1", MediaSource::kCamera, 640, 360, 0}}});
  forget();
  const client::Health slow{.slots = {{"3", 0, 0, 45}}, .cpu_limited = false};
  say(kBo, slow);
  EXPECT_THAT(commands<media::SetView>(), IsEmpty()) << "once may be chance";
  say(kBo, slow);
  ASSERT_EQ(commands<media::SetView>().size(), 1u);
  EXPECT_EQ(commands<media::SetView>()[0].wishes[0].width, 320);
  EXPECT_EQ(commands<media::SetView>()[0].wishes[0].height, 180);
  forget();
  advance(DeviceGuard::kGoodTime + TimeDelta::millis(100));
  ASSERT_EQ(commands<media::SetView>().size(), 1u);
  EXPECT_EQ(commands<media::SetView>()[0].wishes[0].width, 640);
}

TEST_F(ControlPlaneTest, ViewNamesTracksAndIsRenewedWhenTheyChange) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  say(kBo, client::View{{{"p1", MediaSource::kCamera, 640, 360, 0},
                         {"p1", MediaSource::kScreen, 1920, 1080, 1},
                         {"p9", MediaSource::kCamera, 640, 360, 2}}});
  auto views = commands<media::SetView>();
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].peer, PeerId{2});
  ASSERT_EQ(views[0].wishes.size(), 1u);
  EXPECT_EQ(views[0].wishes[0].track, TrackId{2});
  EXPECT_EQ(views[0].wishes[0].width, 640);
  forget();
  client::OfferBody with_screen = offer();
  with_screen.sources[1].source = MediaSource::kScreen;
  say(kAna, client::Offer{.id = 2, .offer = with_screen});
  views = commands<media::SetView>();
  ASSERT_EQ(views.size(), 1u);
  ASSERT_EQ(views[0].wishes.size(), 1u);
  EXPECT_EQ(views[0].wishes[0].track, TrackId{5}) << "a new source is a new track";
}

TEST_F(ControlPlaneTest, RenegotiationKeepsNumbersAndSsrcs) {
  join(kAna, "Ana");
  const auto first = commands<media::CreatePeer>()[0].description;
  forget();
  say(kAna, client::Offer{.id = 2, .offer = offer()});
  EXPECT_EQ(last<server::Answer>(kAna).id, 2);
  const auto updates = commands<media::UpdatePeer>();
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(updates[0].description.tracks, first.tracks);
  EXPECT_EQ(updates[0].description.slots, first.slots);
  EXPECT_EQ(updates[0].description.local, first.local);
  forget();
  say(kAna, client::Offer{.id = 3, .offer = offer("efgh")});
  EXPECT_NE(commands<media::UpdatePeer>()[0].description.local, first.local) << "an ICE restart";
}

TEST_F(ControlPlaneTest, UnusableOfferIsRefusedInWordsAndChangesNothing) {
  connect(kAna);
  client::Join bad = join_message("Ana");
  bad.offer->sdp = "v=0\r\nnonsense";
  say(kAna, bad);
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kBadOffer);
  EXPECT_EQ(control_->rooms(), 0u);
  bad = join_message("Ana");
  bad.offer->sources.pop_back();
  say(kAna, bad);
  EXPECT_EQ(last<server::Error>(kAna).message, "M-line 1 sends, but `sources` doesn't name what.");
  bad = join_message("Ana");
  std::swap(bad.offer->sources[0].source, bad.offer->sources[1].source);
  say(kAna, bad);
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kBadOffer);
  EXPECT_THAT(media_, IsEmpty());
  EXPECT_EQ(control_->stats().bad_input.at("offer"), 3u);
}

TEST_F(ControlPlaneTest, MutedMicrophoneIsDisabledAndTold) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  say(kAna, client::State{{.mic = false}});
  const auto disabled = commands<media::SetTrackEnabled>();
  ASSERT_EQ(disabled.size(), 1u);
  EXPECT_EQ(disabled[0].track, TrackId{1});
  EXPECT_FALSE(disabled[0].enabled);
  take_turn();
  ASSERT_EQ(last<server::Roster>(kBo).changed.size(), 1u);
  EXPECT_EQ(last<server::Roster>(kBo).changed[0],
            (server::ParticipantChange{"p1", {}, false, {}, {}, {}}));
}

TEST_F(ControlPlaneTest, WhoJoinsMutedPublishesADisabledTrack) {
  connect(kAna);
  client::Join join = join_message("Ana");
  join.state.mic = false;
  say(kAna, join);
  const auto disabled = commands<media::SetTrackEnabled>();
  ASSERT_EQ(disabled.size(), 1u);
  EXPECT_EQ(disabled[0].track, TrackId{1});
}

TEST_F(ControlPlaneTest, SlotsNameParticipantAndSourceByMid) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  const SlotId slot = commands<media::CreatePeer>()[1].description.slots[1].id;
  event(media::SlotSource{PeerId{2}, slot, TrackId{2}, 123'456});
  EXPECT_THAT(last<server::Slots>(kBo).slots,
              ElementsAre(server::Slot{"3", "p1", MediaSource::kCamera, 123'456}));
  event(media::SlotSource{PeerId{2}, slot, TrackId{}, 0});
  EXPECT_THAT(last<server::Slots>(kBo).slots, ElementsAre(server::Slot{"3", {}, {}, 0}));
}

TEST_F(ControlPlaneTest, MediaEventsOfOneTurnAreToldTogether) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  const auto slots = commands<media::CreatePeer>()[1].description.slots;
  forget();
  control_->handle_media_event(media::SlotSource{PeerId{2}, slots[0].id, TrackId{1}, 1}, now_);
  control_->handle_media_event(media::SlotSource{PeerId{2}, slots[1].id, TrackId{2}, 2}, now_);
  drain();
  ASSERT_EQ(got<server::Slots>(kBo).size(), 1u);
  EXPECT_EQ(last<server::Slots>(kBo).slots.size(), 2u);
}

TEST_F(ControlPlaneTest, WantedLayersAreNamedByRid) {
  join(kAna, "Ana");
  event(media::LayersWanted{PeerId{1}, TrackId{2}, 0b011});
  EXPECT_EQ(last<server::Layers>(kAna), (server::Layers{MediaSource::kCamera, {"l", "m"}}));
  event(media::LayersWanted{PeerId{1}, TrackId{2}, 0});
  EXPECT_EQ(last<server::Layers>(kAna), (server::Layers{MediaSource::kCamera, {}}));
  forget();
  event(media::LayersWanted{PeerId{1}, TrackId{2}, 0});
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ControlPlaneTest, SpeakerAndQualityAreToldToAllWhenTheyChange) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  event(media::DominantSpeaker{RouterId{1}, TrackId{1}});
  EXPECT_EQ(last<server::Speaker>(kBo).participant, "p1");
  event(media::PeerQuality{PeerId{1}, TimeDelta::millis(400), 0.0f, 0.0f});
  EXPECT_THAT(last<server::Quality>(kBo).participants,
              ElementsAre(server::ParticipantQuality{"p1", 2}));
  take_turn();
  event(media::PeerStateChanged{.peer = PeerId{1}, .state = media::PeerState::kDisconnected});
  EXPECT_THAT(last<server::Quality>(kBo).participants,
              ElementsAre(server::ParticipantQuality{"p1", 0}));
  forget();
  event(media::DominantSpeaker{RouterId{1}, TrackId{1}});
  EXPECT_THAT(told_, IsEmpty());
  take_turn();
  say(kAna, client::Leave{});
  EXPECT_EQ(last<server::Speaker>(kBo).participant, std::nullopt);
}

TEST_F(ControlPlaneTest, ResumingWithAnOfferMakesANewPeer) {
  join(kAna, "Ana");
  const std::string token = last<server::Joined>(kAna).resume;
  control_->handle_disconnected(kAna, now_);
  forget();
  connect(kBo);
  client::Join again = join_message("Ana");
  again.resume = token;
  again.state.mic = false;
  say(kBo, again);
  EXPECT_TRUE(last<server::Joined>(kBo).resumed);
  EXPECT_TRUE(last<server::Joined>(kBo).answer_sdp);
  EXPECT_EQ(commands<media::RemovePeer>()[0].peer, PeerId{1});
  const auto created = commands<media::CreatePeer>();
  ASSERT_EQ(created.size(), 1u);
  EXPECT_EQ(created[0].peer, PeerId{2});
  EXPECT_EQ(created[0].description.tracks[0].group, 1u);
  ASSERT_EQ(commands<media::SetTrackEnabled>().size(), 1u);
  EXPECT_EQ(commands<media::SetTrackEnabled>().back().track, created[0].description.tracks[0].id);
}

TEST_F(ControlPlaneTest, RoomsGoToTheLeastLoadedShard) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  connect(kCy);
  say(kCy, join_message("Cy", "other"));
  connect(kDi);
  say(kDi, join_message("Di", "third"));
  std::vector<size_t> shards;
  for (const MediaOutput& output : media_) {
    if (std::holds_alternative<media::CreatePeer>(output.command)) shards.push_back(output.shard);
  }
  EXPECT_THAT(shards, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(last<server::Joined>(kCy).ice_servers[0].urls, ElementsAre("stun:10.0.0.5:3479"));
}

}  // namespace
}  // namespace parley::control
