// What a slow, careless or hostile client can't make grow, and what large rooms share.
#include "control/control_plane_fixture.h"

namespace parley::control {
namespace {

namespace client = signaling::client;
namespace server = signaling::server;
using signaling::ErrorCode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ControlPlaneTest, ChatFloodIsRefusedInWordsAndReachesNobody) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  for (int i = 0; i < 100; ++i) say(kAna, client::Chat{10 + i, "k" + std::to_string(i), "hello"});
  EXPECT_THAT(got<server::Chat>(kBo), SizeIs(Meeting::kChatBurst));
  EXPECT_EQ(last<server::Error>(kAna).code, ErrorCode::kTooMany);
  EXPECT_EQ(last<server::Error>(kAna).id, 109);
  EXPECT_EQ(control_->stats().bad_input.at("chat_rate"), 80u);
  now_ = now_ + TimeDelta::seconds(1);
  forget();
  for (int i = 0; i < 10; ++i) say(kAna, client::Chat{200 + i, "l" + std::to_string(i), "hello"});
  EXPECT_THAT(got<server::Chat>(kBo), SizeIs(Meeting::kChatPerSecond));
  say(kBo, client::Chat{4, "k", "I may"});
  EXPECT_EQ(last<server::Ok>(kBo).id, 4) << "each has an allowance of their own";
}

TEST_F(ControlPlaneTest, StateFloodIsToldOnceInATurn) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  take_turn();
  forget();
  for (int i = 0; i < 100; ++i) say(kAna, client::State{{.mic = i % 2 == 0, .hand = i % 2 == 0}});
  EXPECT_THAT(got<server::Roster>(kBo), SizeIs(1)) << "the first goes at once";
  take_turn();
  EXPECT_THAT(got<server::Roster>(kBo), SizeIs(2));
  EXPECT_EQ(last<server::Roster>(kBo).changed[0].mic, false);
}

TEST_F(ControlPlaneTest, WhoCameAndWentInATurnIsNotToldButTheirMediaEndAtOnce) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  join(kCy, "Cy");
  say(kCy, client::Leave{});
  EXPECT_THAT(commands<media::RemovePeer>(), SizeIs(1));
  take_turn();
  EXPECT_THAT(got<server::Roster>(kAna), IsEmpty());
  EXPECT_THAT(got<server::Roster>(kBo), IsEmpty());
}

TEST_F(ControlPlaneTest, SlotNeverNamesWhoTheViewerHasNotHeardOf) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  forget();
  join(kCy, "Cy");
  EXPECT_THAT(got<server::Roster>(kBo), IsEmpty());
  event(media::SlotSource{PeerId{2}, SlotId{2}, TrackId{5}, 1});
  ASSERT_THAT(told_[kBo], SizeIs(testing::Ge(2u)));
  EXPECT_EQ(last<server::Roster>(kBo).joined[0].id, "p3");
  EXPECT_EQ(last<server::Slots>(kBo).slots[0].participant, "p3");
  EXPECT_TRUE(std::holds_alternative<server::Slots>(told_[kBo].back()));
}

TEST_F(ControlPlaneTest, QualityAndSpeakerAreToldOnceInATurnAndNotIfNothingIsNew) {
  join(kAna, "Ana");
  join(kBo, "Bo");
  event(media::PeerQuality{PeerId{1}, TimeDelta::zero(), 0.0f, 0.0f});
  event(media::DominantSpeaker{RouterId{1}, TrackId{1}});
  forget();
  for (const float loss : {0.5f, 0.05f, 0.0f}) {
    event(media::PeerQuality{PeerId{1}, TimeDelta::zero(), loss, 0.0f});
  }
  for (const uint32_t track : {3u, 1u}) event(media::DominantSpeaker{RouterId{1}, TrackId{track}});
  take_turn();
  EXPECT_THAT(got<server::Quality>(kBo), IsEmpty()) << "3, 1, 2 and 3 again";
  EXPECT_THAT(got<server::Speaker>(kBo), IsEmpty());
  for (const float loss : {0.5f, 0.05f}) {
    event(media::PeerQuality{PeerId{1}, TimeDelta::zero(), loss, 0.0f});
    event(media::PeerQuality{PeerId{2}, TimeDelta::zero(), loss, 0.0f});
  }
  take_turn();
  ASSERT_THAT(got<server::Quality>(kBo), SizeIs(2));
  EXPECT_THAT(
      last<server::Quality>(kBo).participants,
      ElementsAre(server::ParticipantQuality{"p1", 2}, server::ParticipantQuality{"p2", 2}));
}

TEST_F(ControlPlaneTest, WhatGoesToAllIsEncodedOnce) {
  for (const ConnectionId id : {kAna, kBo, kCy}) join(id, "Somebody");
  take_turn();
  take_turn();
  for (const signaling::ClientMessage& message :
       {signaling::ClientMessage(client::Chat{4, "k", "hello"}),
        signaling::ClientMessage(client::State{{.mic = false}})}) {
    control_->handle_message(kAna, signaling::write(message), now_, kWallMs);
    std::map<SharedText, size_t> recipients;
    Output out;
    while (control_->poll_output(out)) {
      if (const auto* text = std::get_if<SendText>(&out)) ++recipients[text->text];
    }
    EXPECT_THAT(recipients, testing::Contains(testing::Pair(testing::_, 3u)));
    take_turn();
  }
}

// A viewer's wishes for people who don't exist are forgotten with the next view and with the
// viewer.
TEST_F(ControlPlaneTest, WishesForNobodyComeTrueWhenSomebodyComes) {
  join(kAna, "Ana");
  say(kAna, client::View{{{"p2", signaling::MediaSource::kCamera, 640, 360, 0},
                          {"nobody", signaling::MediaSource::kCamera, 640, 360, 0}}});
  forget();
  join(kBo, "Bo");
  ASSERT_THAT(commands<media::SetView>(), SizeIs(1));
  EXPECT_THAT(commands<media::SetView>()[0].wishes, SizeIs(1));
  say(kAna, client::View{});
  forget();
  say(kBo, client::Offer{.id = 2, .offer = offer()});
  EXPECT_THAT(commands<media::SetView>(), IsEmpty());
}

}  // namespace
}  // namespace parley::control
