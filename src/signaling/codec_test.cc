#include "signaling/codec.h"

#include <gtest/gtest.h>

#include "signaling/limits.h"

namespace parley::signaling {
namespace {

TEST(CodecTest, JoinGivesItsFields) {
  const auto parsed = parse_client_message(
      R"({"type":"join","id":1,"protocol":1,"room":"blue-fox","name":"Ana",)"
      R"("state":{"mic":true},"offer":{"sdp":"v=0","sources":[{"mid":"1","source":"camera"}]}})");
  ASSERT_TRUE(parsed);
  const auto& join = std::get<client::Join>(*parsed);
  EXPECT_EQ(join.room, "blue-fox");
  EXPECT_EQ(join.name, "Ana");
  EXPECT_EQ(join.state.mic, true);
  EXPECT_EQ(join.state.camera, std::nullopt);
  ASSERT_TRUE(join.offer);
  EXPECT_EQ(join.offer->sources[0].source, MediaSource::kCamera);
}

TEST(CodecTest, ErrorCarriesTheRequestsIdAndNamesTheMember) {
  const auto parsed = parse_client_message(R"({"type":"chat","id":42,"key":"k","text":7})");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().id, 42);
  EXPECT_EQ(parsed.error().message, "`message.text` must be a text of 1 to 4000 characters.");
}

TEST(CodecTest, DeeplyNestedFrameIsRefused) {
  std::string frame = R"({"type":"leave","x":)";
  frame += std::string(100'000, '[') + std::string(100'000, ']') + "}";
  ASSERT_FALSE(parse_client_message(frame));
  const std::string shallow = R"({"type":"leave","x":[[[[[[[[[["["]]]]]]]]]]})";
  EXPECT_TRUE(parse_client_message(shallow));
}

TEST(CodecTest, TooLargeFrameIsRefused) {
  const std::string pad(kMaxFrameBytes, ' ');
  EXPECT_TRUE(parse_client_message(R"({"type":"leave"})" + pad.substr(16)));
  EXPECT_FALSE(parse_client_message(R"({"type":"leave"})" + pad));
}

TEST(CodecTest, BrokenUtf8IsRefused) {
  EXPECT_FALSE(
      parse_client_message("{\"type\":\"chat\",\"id\":1,\"key\":\"k\",\"text\":\"\xc3\x28\"}"));
  EXPECT_FALSE(
      parse_client_message("{\"type\":\"chat\",\"id\":1,\"key\":\"k\",\"text\":\"\xed\xa0\x80\"}"));
  EXPECT_FALSE(parse_client_message(R"({"type":"chat","id":1,"key":"k","text":"\ud800"})"));
}

TEST(CodecTest, WhatIsNoObjectIsRefused) {
  for (const char* frame : {"", "null", "[]", "\"join\"", "{", "{}", "{\"type\":1}", "{} {}"}) {
    const auto parsed = parse_client_message(frame);
    ASSERT_FALSE(parsed) << frame;
    EXPECT_EQ(parsed.error().code, ErrorCode::kBadRequest);
    EXPECT_EQ(parsed.error().id, std::nullopt);
  }
}

TEST(CodecTest, WholeNumberMayBeWrittenWithAPoint) {
  EXPECT_TRUE(parse_client_message(R"({"type":"ready","epoch":5.0})"));
  EXPECT_FALSE(parse_client_message(R"({"type":"ready","epoch":1e300})"));
  EXPECT_FALSE(parse_client_message(R"({"type":"ready","epoch":-1})"));
}

TEST(CodecTest, MessagesWithOneMemberAreObjects) {
  EXPECT_EQ(write(ClientMessage(client::Leave{})), R"({"type":"leave"})");
  EXPECT_EQ(write(ServerMessage(server::Pong{.t = 3})), R"({"type":"pong","t":3})");
  EXPECT_EQ(write(ServerMessage(server::Quality{})), R"({"type":"quality","participants":[]})");
}

TEST(CodecTest, WritingBrokenUtf8DoesNotThrow) {
  EXPECT_EQ(write(ServerMessage(server::Notice{.code = "x", .message = "\xff"})),
            "{\"type\":\"notice\",\"code\":\"x\",\"message\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace parley::signaling
