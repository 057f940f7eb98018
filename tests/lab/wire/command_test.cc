#include "command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr Timestamp kNow = Timestamp::seconds(100);

class CommandTest : public testing::Test {
 protected:
  std::string say(std::string_view line) { return handle_command(line, {down_, up_}, kNow); }

  Link down_{1};
  Link up_{2};
};

TEST_F(CommandTest, SetsWhatIsNamedAndKeepsTheRest) {
  EXPECT_EQ(say("set down rate=1.5mbit queue=80ms delay=30ms jitter=500us order=free loss=5% "
                "burst=8 bad=60%"),
            R"({"ok":true})");
  EXPECT_EQ(say("set down delay=1s"), R"({"ok":true})");
  const LinkSettings& s = down_.settings();
  EXPECT_EQ(s.rate, DataRate::kbps(1500));
  EXPECT_EQ(s.queue_time, TimeDelta::millis(80));
  EXPECT_EQ(s.delay, TimeDelta::seconds(1));
  EXPECT_EQ(s.jitter, TimeDelta::micros(500));
  EXPECT_FALSE(s.keep_order);
  EXPECT_DOUBLE_EQ(s.loss, 0.05);
  EXPECT_DOUBLE_EQ(s.burst, 8);
  EXPECT_DOUBLE_EQ(s.bad_loss, 0.6);
  EXPECT_EQ(up_.settings().delay, TimeDelta::zero());
}

TEST_F(CommandTest, SetsBothDirections) {
  say("set both rate=300kbit queue=64kb");
  for (const Link* link : {&down_, &up_}) {
    EXPECT_EQ(link->settings().rate, DataRate::kbps(300));
    EXPECT_EQ(link->settings().queue_time, TimeDelta::zero());
    EXPECT_EQ(link->settings().queue_size, DataSize::bytes(64'000));
  }
  say("set up rate=none burst=none order=keep");
  EXPECT_EQ(up_.settings().rate, DataRate::zero());
  EXPECT_EQ(down_.settings().rate, DataRate::kbps(300));
}

TEST_F(CommandTest, RefusesWhatItDoesNotKnowAndChangesNothing) {
  for (const std::string_view line :
       {"", "sit down", "set", "set left delay=1ms", "set down delay", "set down delay=",
        "set down delay=30", "set down delay=-1ms", "set down delay=1e300s", "set down rate=0kbit",
        "set down rate=nankbit", "set down queue=0ms", "set down loss=101%", "set down loss=0.05",
        "set down order=some", "set down burst=0.5", "set down loss=50% burst=4 bad=40%",
        "set down loss=90% burst=2", "set both delay=1ms speed=2"}) {
    EXPECT_THAT(say(line), StartsWith(R"({"error":")")) << line;
    EXPECT_EQ(down_.settings().delay, TimeDelta::zero()) << line;
    EXPECT_EQ(down_.settings().loss, 0) << line;
  }
}

TEST_F(CommandTest, AnswersStayJsonWhateverIsSaid) {
  EXPECT_EQ(say("set down \"\\\x01{"), R"({"error":"not a setting: {"})");
}

TEST_F(CommandTest, ShowsAndResetsCounters) {
  std::vector<uint8_t> packet(100);
  down_.handle_packet(packet, kNow);
  ASSERT_TRUE(down_.poll_packet(packet, kNow));
  EXPECT_THAT(say("show"), HasSubstr(R"("packets_in":1,"bytes_in":100,"packets_out":1)"));
  EXPECT_EQ(say("reset"), R"({"ok":true})");
  EXPECT_THAT(say("show"), HasSubstr(R"("packets_in":0,"bytes_in":0,"packets_out":0)"));
}

}  // namespace
}  // namespace parley::lab
