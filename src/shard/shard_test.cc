#include "shard/shard.h"

#include <gtest/gtest.h>

#include "shard/testing_call.h"
#include "support/allocations.h"

namespace parley::shard {
namespace {

TEST(ShardTest, ForwardingAllocatesNothing) {
  TestingCall call(10);
  auto packets = call.make_video_packets(600);
  size_t out = 0;
  for (auto& packet : packets) {
    const NoAllocationScope scope;
    out += call.forward(packet);
  }
  EXPECT_EQ(out, 6'000u);
}

// The home of a publisher and another shard of its room, which has viewers too.
TEST(ShardTest, RelayingToAnotherShardAllocatesNothing) {
  TestingCall home(1);
  TestingCall other(10);
  constexpr RouterId kRouter{1};
  constexpr PeerId kFar{99};
  constexpr TrackId kFarTrack{70};
  auto description = TestingCall::track();
  home.command(media::SetLinks{.router = kRouter, .self = 0, .others = 2, .leads = true});
  other.command(media::SetLinks{.router = kRouter, .self = 1, .others = 1, .leads = false});
  description.id = kFarTrack;
  description.group = 99;
  other.command(
      media::SetRemoteTracks{.router = kRouter, .peer = kFar, .home = 0, .tracks = {description}});
  for (size_t i = 1; i <= 10; ++i)
    other.command(media::SetView{TestingCall::peer(i), {{kFarTrack, 1280, 720, 0}}});
  // What the other shard asks for arrives at the home, where the track has another number.
  home.shard().handle_relay({.kind = sfu::RelayMessage::Kind::kLayers,
                             .mask = 1,
                             .from = 1,
                             .to = 1,
                             .router = kRouter,
                             .track = TestingCall::kTrack},
                            home.now());
  size_t out = 0;
  const auto relay = [&](std::vector<uint8_t>& packet) {
    const NoAllocationScope scope;
    home.shard().handle_datagram({TestingCall::kServer, TestingCall::address(0)}, packet,
                                 home.now());
    sfu::RelayMessage message;
    while (home.shard().poll_relay(message)) {
      EXPECT_EQ(message.to, 2u);
      message.track = kFarTrack;
      other.shard().handle_relay(message, other.now());
      out += other.poll().datagrams;
    }
    home.poll();
  };
  for (auto& packet : home.make_video_packets(1, true)) relay(packet);
  out = 0;
  for (auto& packet : home.make_video_packets(600)) relay(packet);
  EXPECT_EQ(out, 6'000u);
}

TEST(ShardTest, ForwardingABatchAllocatesNothing) {
  TestingCall call(10);
  auto packets = call.make_video_packets(640);
  size_t out = 0;
  for (size_t i = 0; i < packets.size(); i += 64) {
    const NoAllocationScope scope;
    out += call.forward(std::span(packets).subspan(i, 64)).datagrams;
  }
  EXPECT_EQ(out, 6'400u);
}

// All viewers' packets are sealed from one payload, for the moment with the viewer's counters in
// it.
TEST(ShardTest, EveryViewerGetsItsOwnPictureIdsInTheSharedPayload) {
  TestingCall call(3);
  for (auto& packet : call.make_video_packets(17)) call.forward(packet);
  call.command(media::SetView{TestingCall::peer(2), {}});
  for (auto& packet : call.make_video_packets(18)) call.forward(packet);
  call.command(media::SetView{TestingCall::peer(2), {{TestingCall::kTrack, 1280, 720, 0}}});
  call.tick();
  for (auto& packet : call.make_video_packets(1, true)) call.forward(packet);

  auto packets = call.make_video_packets(2);
  for (auto& packet : packets)
    call.shard().handle_datagram({TestingCall::kServer, TestingCall::address(0)}, packet,
                                 call.now());
  std::vector<std::vector<uint16_t>> ids(4);
  std::vector<std::vector<std::vector<uint8_t>>> pictures(4);
  for (auto runs = call.shard().poll_runs(); !runs.empty(); runs = call.shard().poll_runs()) {
    for (const DatagramRun& run : runs) {
      const size_t viewer = run.path.remote.port - 10'000u;
      for (size_t i = 0; i < run.count(); ++i) {
        std::vector<uint8_t> bytes(run.datagram(i).begin(), run.datagram(i).end());
        const auto plain = call.client(viewer).channel().unprotect_rtp(bytes);
        ASSERT_TRUE(plain);
        const auto view = rtp::PacketView::parse(*plain);
        ASSERT_TRUE(view);
        const auto descriptor = rtp::parse_vp8_descriptor(view->payload);
        ASSERT_TRUE(descriptor && descriptor->picture_id);
        ids[viewer].push_back(*descriptor->picture_id);
        const Bytes picture = view->payload.subspan(descriptor->size);
        pictures[viewer].emplace_back(picture.begin(), picture.end());
      }
    }
  }
  EXPECT_EQ(ids[1].size(), 2u);
  EXPECT_EQ(ids[3], ids[1]);
  EXPECT_EQ(ids[2].size(), 2u);
  EXPECT_NE(ids[2], ids[1]) << "it has missed pictures";
  EXPECT_EQ(pictures[2], pictures[1]);
  EXPECT_EQ(pictures[3], pictures[1]);
}

TEST(ShardTest, PacketsThatDifferByAByteLeaveInOneRunAndLoseNothing) {
  TestingCall call(7);
  auto packets = call.make_video_packets(2, false, 1'199);
  for (auto& packet : call.make_video_packets(2)) packets.push_back(packet);
  for (auto& packet : packets)
    call.shard().handle_datagram({TestingCall::kServer, TestingCall::address(0)}, packet,
                                 call.now());
  const auto runs = call.shard().poll_runs();
  ASSERT_EQ(runs.size(), 7u);
  for (const DatagramRun& run : runs) {
    ASSERT_EQ(run.count(), 4u);
    std::vector<size_t> payloads;
    for (size_t i = 0; i < run.count(); ++i) {
      std::vector<uint8_t> bytes(run.datagram(i).begin(), run.datagram(i).end());
      const auto plain = call.client(run.path.remote.port - 10'000u).channel().unprotect_rtp(bytes);
      ASSERT_TRUE(plain);
      payloads.push_back(rtp::PacketView::parse(*plain).value().payload.size());
    }
    EXPECT_EQ(payloads[0], payloads[1]);
    EXPECT_EQ(payloads[2], payloads[3]);
    EXPECT_EQ(payloads[0] + 1, payloads[2]) << "what is added isn't part of the picture";
  }
}

TEST(ShardTest, WhatCameAtOnceLeavesInOneRunForEachViewer) {
  TestingCall call(7);
  auto packets = call.make_video_packets(9);
  const auto out = call.forward(packets);
  EXPECT_EQ(out.datagrams, 63u);
  EXPECT_EQ(out.runs, 7u);
}

// 60 packets for 100 viewers are more than one chunk of the egress, and 64 datagrams the longest
// run.
TEST(ShardTest, RunsAreCutWhereTheyMustBe) {
  TestingCall call(100);
  auto packets = call.make_video_packets(60);
  const auto out = call.forward(packets);
  EXPECT_EQ(out.datagrams, 6'000u);
  EXPECT_GE(out.runs, 200u);  // 60 x 1,200 bytes don't fit one message
  EXPECT_LE(out.runs, 400u);
}

TEST(ShardTest, TheAllocationTestCanFail) {
  EXPECT_DEATH(
      {
        const NoAllocationScope scope;
        auto* leak = new std::vector<int>(100);
        leak->clear();
      },
      "");
}

TEST(ShardTest, CountsWhatItForwards) {
  TestingCall call(3);
  const uint64_t before = call.shard().counters().sent.packets[1].value();
  auto packets = call.make_video_packets(9);
  for (auto& packet : packets) call.forward(packet);
  EXPECT_EQ(call.shard().counters().sent.packets[1].value() - before, 27u);
  EXPECT_EQ(call.shard().counters().received.packets[0].value(), 0u);
}

TEST(ShardTest, CountsWhatItKeepsUntilTheLastOneLeaves) {
  TestingCall call(3);
  auto packets = call.make_video_packets(9);
  for (auto& packet : packets) call.forward(packet);
  call.tick();
  EXPECT_EQ(call.shard().counters().kept_packets.value(), 10u) << "and what the call began with";
  for (size_t i = 0; i <= 3; ++i) call.command(media::RemovePeer{TestingCall::peer(i)});
  EXPECT_EQ(call.shard().peer_count(), 0u);
  EXPECT_EQ(call.shard().counters().kept_packets.value(), 0u);
  EXPECT_EQ(call.shard().counters().waiting_packets.value(), 0u);
}

TEST(ShardTest, WhatWasTooMuchIsForgottenWithTheLastOne) {
  TestingCall call(3);
  for (int i = 0; i < 50; ++i) {
    auto packets = call.make_video_packets(1);
    call.shard().note_wait(TimeDelta::millis(100));
    call.forward(packets[0]);
    call.tick();
  }
  EXPECT_LT(call.shard().counters().share_percent.value(), 100u);
  for (size_t i = 0; i <= 3; ++i) call.command(media::RemovePeer{TestingCall::peer(i)});
  EXPECT_EQ(call.shard().counters().share_percent.value(), 100u) << "for those who come next";
}

// To hundreds of viewers it takes many milliseconds, which the last ones' paths have no part in.
TEST(ShardTest, PacketsBearTheTimeAtWhichTheyAreSealedNotThatOfTheirArrival) {
  TestingCall call(300, {.abs_send_time = 2});
  auto packets = call.make_video_packets(9);
  for (auto& packet : packets)
    call.shard().handle_datagram({TestingCall::kServer, TestingCall::address(0)}, packet,
                                 call.now());
  Timestamp now = call.now();
  size_t polls = 0;
  for (;; ++polls) {
    now = now + TimeDelta::millis(1);
    const auto runs = call.shard().poll_runs(now);
    if (runs.empty()) break;
    for (const DatagramRun& run : runs) {
      const auto view = rtp::PacketView::parse(run.datagram(0));
      ASSERT_TRUE(view);
      const auto sent = rtp::read_abs_send_time(rtp::find_extension(*view, 2));
      ASSERT_TRUE(sent);
      EXPECT_EQ(sent->value, rtp::AbsSendTime::from(now - Timestamp()).value);
    }
  }
  EXPECT_GE(polls, 10u);
}

TEST(ShardTest, ATickMayWaitForTheNextPictureButNoPacketMay) {
  TestingCall call(1, {.transport_sequence = 3});
  const Deadline tick = call.shard().poll_timeout();
  EXPECT_STREQ(tick.reason, "tick");
  EXPECT_EQ(tick.leeway, TimeDelta::millis(20));
  for (auto& packet : call.make_video_packets(60)) call.forward(packet);
  const Deadline paced = call.shard().poll_timeout();
  EXPECT_LT(paced.when + paced.leeway, tick.when);
}

TEST(ShardTest, WhoLeftIsUnknownAndTheOthersAreNot) {
  TestingCall call(2);
  call.command(media::RemovePeer{TestingCall::peer(1)});
  const auto unknown = [&] {
    return call.shard().counters().drops[static_cast<size_t>(DropReason::kUnknownPeer)].value();
  };
  const uint64_t before = unknown();
  std::vector<uint8_t> media = {0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  call.shard().handle_datagram({TestingCall::kServer, TestingCall::address(1)}, media, call.now());
  EXPECT_EQ(unknown() - before, 1u);
  auto packets = call.make_video_packets(1);
  EXPECT_EQ(call.forward(packets[0]), 1u);
}

TEST(ShardTest, AnswersPlainStunFromAnyone) {
  TestingCall call(1);
  std::vector<uint8_t> request = {0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 1,  2,
                                  3,    4,    5,    6,    7,    8,    9,    10,   11, 12};
  const FlowPath path{TestingCall::kServer, *SocketAddress::parse("198.51.100.7:4321")};
  call.shard().handle_datagram(path, request, call.now());
  const auto runs = call.shard().poll_runs();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].path, path);
  EXPECT_EQ(runs[0].count(), 1u);
  EXPECT_EQ(runs[0].bytes[0], 0x01);
  EXPECT_EQ(runs[0].bytes[1], 0x01);
  EXPECT_TRUE(call.shard().poll_runs().empty());
}

TEST(ShardTest, MalformedDatagramsAreCountedAndTheCallGoesOn) {
  TestingCall call(2);
  SeededRandom random(99);
  uint64_t counted_before = 0;
  for (const auto& drop : call.shard().counters().drops) counted_before += drop.value();
  const auto good = call.make_video_packets(1);
  constexpr uint64_t kDatagrams = 10'000;
  uint64_t ignored_dtls = 0;
  for (uint64_t i = 0; i < kDatagrams; ++i) {
    std::vector<uint8_t> bytes;
    if (i % 3 == 0) {
      bytes = good[0];
      bytes.resize(random.below(bytes.size() + 1));
      if (!bytes.empty())
        bytes[random.below(bytes.size())] ^= static_cast<uint8_t>(1 + random.below(255));
    } else {
      bytes.resize(random.below(200));
      random.fill(bytes);
    }
    // From the publisher's own address every third time, so that it gets past the door.
    const auto remote =
        i % 3 == 1 ? *SocketAddress::parse("198.51.100.7:4321") : TestingCall::address(0);
    if (remote == TestingCall::address(0) &&
        transport::classify(bytes) == transport::PacketClass::kDtls)
      ++ignored_dtls;
    call.shard().handle_datagram({TestingCall::kServer, remote}, bytes, call.now());
    while (!call.shard().poll_runs().empty()) {
    }
  }
  uint64_t counted = 0;
  for (const auto& drop : call.shard().counters().drops) counted += drop.value();
  EXPECT_EQ(counted - counted_before + ignored_dtls, kDatagrams);
  auto packets = call.make_video_packets(9);
  size_t forwarded = 0;
  for (auto& packet : packets) forwarded += call.forward(packet);
  EXPECT_EQ(forwarded, 18u);
}

}  // namespace
}  // namespace parley::shard
