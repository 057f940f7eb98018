#include "shard/egress.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "shard/testing_call.h"
#include "shard/viewer_order.h"

namespace parley::shard {
namespace {

FlowPath path_to(uint16_t port) {
  return {{}, {IpAddress::v4(192, 0, 2, 1), port}};
}

TEST(EgressTest, OneViewersDatagramsOfOneSizeMakeARunThatAShorterOneEnds) {
  Egress egress;
  uint16_t turn = 0;
  for (const auto& [port, size] : std::vector<std::pair<uint16_t, size_t>>{
           {1, 100}, {1, 100}, {1, 90}, {1, 90}, {2, 90}, {1, 90}, {1, 91}, {1, 0}}) {
    if (std::exchange(turn, port) != port) egress.turn_to(path_to(port));
    egress.room()[0] = static_cast<uint8_t>(size);
    egress.add(size);
  }
  std::vector<size_t> counts;
  for (const DatagramRun& run : egress.take()) {
    counts.push_back(run.count());
    for (size_t i = 0; i < run.count(); ++i) EXPECT_EQ(run.datagram(i)[0], run.datagram(i).size());
  }
  EXPECT_EQ(counts, (std::vector<size_t>{3, 1, 1, 1, 1}));
  EXPECT_TRUE(egress.take().empty()) << "given once";
}

TEST(EgressTest, RunsAreNoLongerThanAKernelTakes) {
  Egress egress;
  egress.turn_to(path_to(1));
  for (int i = 0; i < 100; ++i) {
    egress.room();
    egress.add(10);
  }
  egress.turn_to(path_to(2));
  for (int i = 0; i < 60; ++i) {
    egress.room();
    egress.add(1'200);
  }
  std::vector<size_t> counts;
  for (const DatagramRun& run : egress.take()) counts.push_back(run.count());
  EXPECT_EQ(counts, (std::vector<size_t>{64, 36, 54, 6}));
}

TEST(EgressTest, ARunEndsWithItsViewersTurnAndWhenItIsTaken) {
  Egress egress;
  const auto add = [&] {
    egress.room();
    egress.add(100);
  };
  egress.turn_to(path_to(1));
  add();
  egress.turn_to(path_to(2));
  add();
  add();
  std::vector<std::pair<uint16_t, size_t>> got;
  for (const DatagramRun& run : egress.take()) got.emplace_back(run.path.remote.port, run.count());
  add();
  for (const DatagramRun& run : egress.take()) got.emplace_back(run.path.remote.port, run.count());
  EXPECT_EQ(got, (std::vector<std::pair<uint16_t, size_t>>{{1, 1}, {2, 2}, {2, 1}}));
}

// AV1's key frames bring a structure, which is longer than sixteen bytes.
TEST(EgressTest, AnExtensionTooLongForTheShortFormIsWrittenInTheOther) {
  TestingCall call(1);
  Egress egress;
  const rtp::HeaderExtensionIds ids{.transport_sequence = 3, .dependency_descriptor = 12};
  std::vector<uint8_t> payload(100, 1);
  uint16_t sequence = 0;
  for (const size_t length : {16, 17}) {
    const std::vector<uint8_t> dependencies(length, 7);
    const sfu::ForwardPlan plan{.ssrc = 9,
                                .sequence = ++sequence,
                                .payload_type = 96,
                                .video = true,
                                .extensions = &ids,
                                .dependencies = dependencies,
                                .payload = payload};
    const MutableBytes room = egress.room();
    const size_t size =
        Egress::seal(plan, call.client(0).channel(), {.transport_sequence = 5}, room);
    const auto view = rtp::PacketView::parse(room.first(size));
    ASSERT_TRUE(view) << length;
    EXPECT_EQ(rtp::find_extension(*view, 12).size(), length);
    EXPECT_EQ(rtp::find_extension(*view, 3).size(), 2u) << length;
  }
}

TEST(EgressTest, SaysWhenItIsFullAndHasRoomForOneMoreRun) {
  Egress egress;
  egress.turn_to(path_to(1));
  size_t until_full = 0;
  for (; !egress.full(); ++until_full) {
    egress.room();
    egress.add(1'200);
  }
  size_t beyond = 0;
  for (; !egress.exhausted(); ++beyond) {
    egress.room();
    egress.add(1'200);
  }
  EXPECT_GE(until_full, 200u);
  EXPECT_GE(beyond * 1'200, Egress::kRunBytes);
  egress.take();
  EXPECT_FALSE(egress.full()) << "what was taken makes room";
}

TEST(ViewerOrderTest, TurnsPacketsTimesViewersIntoViewersTimesPackets) {
  ViewerOrder order;
  order.reserve(3, 7);
  for (uint32_t plan = 0; plan < 6; ++plan) order.add(plan, 2 - plan % 3);
  order.add(6, 1);
  std::vector<std::pair<uint32_t, uint32_t>> got;
  while (!order.empty()) {
    got.emplace_back(order.viewer(), order.plan());
    order.take(order.plan());
  }
  EXPECT_EQ(got, (std::vector<std::pair<uint32_t, uint32_t>>{
                     {2, 0}, {2, 3}, {1, 1}, {1, 4}, {1, 6}, {0, 2}, {0, 5}}));
}

TEST(ViewerOrderTest, BeginsAnewAfterItWasCleared) {
  ViewerOrder order;
  order.reserve(2, 4);
  order.add(0, 0);
  order.add(1, 1);
  order.take(0);
  order.clear();
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(order.viewer(), ViewerOrder::kNone);
  order.add(3, 1);
  EXPECT_EQ(order.viewer(), 1u);
  EXPECT_EQ(order.plan(), 3u);
  EXPECT_EQ(order.after(3), ViewerOrder::kNone);
}

}  // namespace
}  // namespace parley::shard
