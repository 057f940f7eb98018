#include "stun/server.h"

#include <gtest/gtest.h>

#include <array>

#include "stun/builder.h"

namespace parley::stun {
namespace {

constexpr TransactionId kId = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2};
const SocketAddress kSource = *SocketAddress::parse("203.0.113.7:40000");

class StunServerTest : public testing::Test {
 protected:
  // The answer to the request the builder holds; nullopt if there is none.
  std::optional<MessageView> answer(MessageBuilder& request) {
    const auto size = request.finish();
    const auto n = answer_binding(Bytes(in_).first(*size), kSource, out_);
    if (!n) return std::nullopt;
    return *MessageView::parse(Bytes(out_).first(*n));
  }

  std::array<uint8_t, 512> in_;
  std::array<uint8_t, kMaxBindingAnswer> out_;
};

TEST_F(StunServerTest, TellsTheSourceAddress) {
  MessageBuilder b(in_, MessageClass::Request, Method::Binding, kId);
  const auto m = answer(b);
  ASSERT_TRUE(m.has_value());
  EXPECT_TRUE(m->is(MessageClass::Success, Method::Binding));
  EXPECT_EQ(m->transaction_id(), kId);
  EXPECT_EQ(m->xor_address(Attribute::XorMappedAddress), kSource);
  EXPECT_FALSE(m->has(Attribute::Fingerprint));
}

TEST_F(StunServerTest, AddsAFingerprintIfTheRequestHadOne) {
  MessageBuilder b(in_, MessageClass::Request, Method::Binding, kId);
  b.add_fingerprint();
  const auto m = answer(b);
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(check_fingerprint(*m), Integrity::Valid);
}

// RFC 8489 §6.3.1
TEST_F(StunServerTest, ListsUnknownRequiredAttributesIn420) {
  MessageBuilder b(in_, MessageClass::Request, Method::Binding, kId);
  b.add_u32(Attribute{0x0003}, 6);  // CHANGE-REQUEST
  b.add_u32(Attribute{0x8123}, 6);
  const auto m = answer(b);
  ASSERT_TRUE(m.has_value());
  EXPECT_TRUE(m->is(MessageClass::Error, Method::Binding));
  EXPECT_EQ(m->error_code()->code, 420);
  ASSERT_EQ(m->unknown_attributes().size(), 1u);
  EXPECT_EQ(m->unknown_attributes()[0], 0x0003);
}

TEST_F(StunServerTest, AnswerToManyUnknownAttributesFitsTheDeclaredSize) {
  MessageBuilder b(in_, MessageClass::Request, Method::Binding, kId);
  for (uint16_t i = 0; i < kMaxAttributes - 1; ++i) {
    b.add_flag(Attribute{static_cast<uint16_t>(0x7000 + i)});
  }
  b.add_fingerprint();
  const auto m = answer(b);
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(m->unknown_attributes().size(), 16u);
}

TEST_F(StunServerTest, IsSilentToAnythingButAGoodBindingRequest) {
  {
    MessageBuilder b(in_, MessageClass::Indication, Method::Binding, kId);
    EXPECT_FALSE(answer(b).has_value());
  }
  {
    MessageBuilder b(in_, MessageClass::Success, Method::Binding, kId);
    EXPECT_FALSE(answer(b).has_value());
  }
  {
    MessageBuilder b(in_, MessageClass::Request, Method::Allocate, kId);
    EXPECT_FALSE(answer(b).has_value());
  }
  {
    MessageBuilder b(in_, MessageClass::Request, Method::Binding, kId);
    b.add_u32(Attribute::Fingerprint, 1);
    EXPECT_FALSE(answer(b).has_value());
  }
  EXPECT_EQ(answer_binding(as_bytes("GET / HTTP/1.1\r\n\r\n......"), kSource, out_), std::nullopt);
}

}  // namespace
}  // namespace parley::stun
