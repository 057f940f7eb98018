#include "app/bench_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/bench_plot.h"

namespace parley::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LoadWindow window() {
  LoadWindow out;
  out.people = 11;
  out.length = TimeDelta::seconds(2);
  out.lasting.video.arrived = 1500;
  out.lasting.video.packets.received = 1500;
  out.lasting.audio.arrived = 500;
  out.lasting.audio.packets.received = 500;
  out.latencies.video.add(TimeDelta::millis(3));
  out.video_slots = out.live_video_slots = 10;
  out.server_before = ProcessUsage{.user = TimeDelta::millis(100), .system = TimeDelta::millis(50)};
  out.server_after = ProcessUsage{.user = TimeDelta::millis(102), .system = TimeDelta::millis(52)};
  out.runs = {.messages = 500, .datagrams = 2000};
  return out;
}

LoadFigures figures() {
  LoadFigures out;
  out.server = "http://127.0.0.1:1";
  out.windows.push_back(window());
  for (const double at : {1.0, 2.0}) {
    out.samples.push_back({.at_seconds = at,
                           .phase = "measuring",
                           .people = 11,
                           .forwarded = 1000,
                           .lost = 0,
                           .p50 = TimeDelta::millis(1),
                           .p99 = TimeDelta::millis(3),
                           .server_share = 0.25,
                           .server_resident = DataSize::bytes(1 << 20),
                           .own_share = 0.1});
  }
  return out;
}

TEST(LoadWindowTest, CountsUserAndSystemTimeForEachPacketThatArrived) {
  const LoadWindow one = window();
  EXPECT_EQ(one.forwarded(), 2000u);
  EXPECT_EQ(one.server_processor(), TimeDelta::millis(4));
  EXPECT_DOUBLE_EQ(one.ns_per_packet().value(), 2000);
  EXPECT_DOUBLE_EQ(one.run_length(), 4);
}

TEST(LoadWindowTest, HasNoCostWithoutAServersProcessOrPackets) {
  LoadWindow one = window();
  one.server_before.reset();
  EXPECT_FALSE(one.ns_per_packet().has_value());
  EXPECT_FALSE((LoadWindow{.server_before = ProcessUsage{}, .server_after = ProcessUsage{}})
                   .ns_per_packet()
                   .has_value());
}

TEST(LoadWindowTest, CostsCountThePacketsOfThoseWhoDoNotAnswer) {
  LoadWindow one = window();
  one.seen = 0.1;
  EXPECT_DOUBLE_EQ(one.ns_per_packet().value(), 200);
}

TEST(LoadWindowTest, LossIsOfThoseWhoStay) {
  LoadWindow one = window();
  one.lasting.video.packets.lost = 20;
  one.lasting.video.packets.received = 1480;
  one.passing.video.packets.lost = 1000;
  EXPECT_DOUBLE_EQ(one.loss(), 0.01);
  EXPECT_DOUBLE_EQ(LoadWindow{}.loss(), 0);
}

TEST(HoldsLoadTest, AsksForFewLossesLowLatencyAndEverySlot) {
  EXPECT_TRUE(holds_load(window()));
  LoadWindow lossy = window();
  lossy.lasting.video.packets.lost = 3;
  EXPECT_FALSE(holds_load(lossy)) << "3 of 2003 is more than 0.1 %";
  LoadWindow slow = window();
  for (int i = 0; i < 10; ++i) slow.latencies.video.add(TimeDelta::millis(25));
  EXPECT_FALSE(holds_load(slow));
  LoadWindow dark = window();
  dark.live_video_slots = 9;
  EXPECT_FALSE(holds_load(dark));
  LoadWindow silent = window();
  silent.latencies.video.clear();
  EXPECT_FALSE(holds_load(silent)) << "nothing was seen at all";
}

TEST(LoadFiguresTest, JsonHasWhatTheTableHas) {
  const auto json = nlohmann::json::parse(to_json(figures()));
  EXPECT_EQ(json["scenario"], "broadcast");
  EXPECT_EQ(json["target"], "parley");
  EXPECT_EQ(json["windows"][0]["ns_per_packet"], 2000);
  EXPECT_EQ(json["windows"][0]["run_length"], 4);
  EXPECT_EQ(json["samples"].size(), 2u);
  EXPECT_TRUE(json["holds_people"].is_null());
  EXPECT_THAT(to_table(figures()), HasSubstr("2000 ns of processor"));
}

TEST(LoadFiguresTest, ARampSaysHowManyHold) {
  LoadFigures ramp = figures();
  ramp.options.scenario = BenchScenario::kRamp;
  EXPECT_THAT(to_table(ramp), HasSubstr("not even the first step holds"));
  ramp.holds = 0;
  EXPECT_THAT(to_table(ramp), HasSubstr("11 people hold"));
  EXPECT_EQ(nlohmann::json::parse(to_json(ramp))["holds_people"], 11);
}

TEST(LoadFiguresTest, SaysWhenTheGeneratorWasTooSlow) {
  LoadFigures slow = figures();
  EXPECT_THAT(to_table(slow), Not(HasSubstr("too fast for it")));
  slow.windows[0].dropped_here = 7;
  EXPECT_THAT(to_table(slow), HasSubstr("7 datagrams came too fast for it"));
}

TEST(LoadPlotTest, IsAWholePageOfSvgEvenWithoutSamples) {
  for (const LoadFigures& one : {figures(), LoadFigures{}}) {
    const std::string svg = to_svg(one);
    EXPECT_THAT(svg, HasSubstr("<svg"));
    EXPECT_THAT(svg, HasSubstr("</svg>"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

}  // namespace
}  // namespace parley::app
