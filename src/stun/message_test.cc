#include "stun/message.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "stun/builder.h"

namespace parley::stun {
namespace {

constexpr TransactionId kId = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

std::vector<uint8_t> header(uint16_t type, uint16_t length) {
  std::vector<uint8_t> m(kHeaderSize);
  store_be16(m.data(), type);
  store_be16(m.data() + 2, length);
  store_be32(m.data() + 4, kMagicCookie);
  return m;
}

void append(std::vector<uint8_t>& m, uint16_t type, const std::vector<uint8_t>& value) {
  std::array<uint8_t, 4> h;
  store_be16(h.data(), type);
  store_be16(h.data() + 2, static_cast<uint16_t>(value.size()));
  m.insert(m.end(), h.begin(), h.end());
  m.insert(m.end(), value.begin(), value.end());
  m.resize((m.size() + 3) & ~size_t{3});
  store_be16(m.data() + 2, static_cast<uint16_t>(m.size() - kHeaderSize));
}

ParseError error_of(const std::vector<uint8_t>& m) {
  const auto view = MessageView::parse(m);
  EXPECT_FALSE(view.has_value());
  return view.has_value() ? ParseError{255} : view.error();
}

// RFC 7983 §7
TEST(IsStunTest, TakesOnlyFirstBytesZeroToThreeWithTheCookie) {
  auto m = header(0x0001, 0);
  EXPECT_TRUE(is_stun(m));
  m[0] = 3;
  EXPECT_TRUE(is_stun(m));
  m[0] = 4;
  EXPECT_FALSE(is_stun(m));
  m[0] = 0x80;  // RTP
  EXPECT_FALSE(is_stun(m));
  m = header(0x0001, 0);
  m[4] = 0;
  EXPECT_FALSE(is_stun(m));
  m = header(0x0001, 0);
  m.pop_back();
  EXPECT_FALSE(is_stun(m));
  EXPECT_FALSE(is_stun({}));
}

// RFC 8489 §5
TEST(MessageTest, InterleavesClassAndMethodBits) {
  EXPECT_EQ(message_type(MessageClass::Request, Method::Binding), 0x0001);
  EXPECT_EQ(message_type(MessageClass::Indication, Method::Binding), 0x0011);
  EXPECT_EQ(message_type(MessageClass::Success, Method::Binding), 0x0101);
  EXPECT_EQ(message_type(MessageClass::Error, Method::Binding), 0x0111);
  EXPECT_EQ(message_type(MessageClass::Error, Method::Allocate), 0x0113);
  EXPECT_EQ(message_type(MessageClass::Indication, Method::Send), 0x0016);
  const auto m = MessageView::parse(header(0x0113, 0));
  ASSERT_TRUE(m.has_value());
  EXPECT_TRUE(m->is(MessageClass::Error, Method::Allocate));
}

TEST(MessageTest, NamesWhatIsWrongWithBrokenInput) {
  EXPECT_EQ(error_of({}), ParseError::TooShort);
  EXPECT_EQ(error_of(std::vector<uint8_t>(19)), ParseError::TooShort);
  EXPECT_EQ(error_of(std::vector<uint8_t>(20)), ParseError::NotStun);
  EXPECT_EQ(error_of(header(0x0001, 4)), ParseError::BadLength);
  auto odd = header(0x0001, 2);
  odd.resize(22);
  EXPECT_EQ(error_of(odd), ParseError::BadLength);
  auto longer = header(0x0001, 0);
  longer.resize(24);
  EXPECT_EQ(error_of(longer), ParseError::BadLength);
  auto past_end = header(0x0001, 4);
  past_end.insert(past_end.end(), {0x80, 0x22, 0x00, 0x01});
  EXPECT_EQ(error_of(past_end), ParseError::BadAttribute);
}

TEST(MessageTest, BoundsTheNumberOfAttributes) {
  auto m = header(0x0001, 0);
  for (size_t i = 0; i < kMaxAttributes; ++i) append(m, 0x8022, {});
  EXPECT_TRUE(MessageView::parse(m).has_value());
  append(m, 0x8022, {});
  EXPECT_EQ(error_of(m), ParseError::TooManyAttributes);
}

// RFC 8489 §14.5: not protected, so not seen.
TEST(MessageTest, HidesAttributesThatFollowTheIntegrity) {
  auto m = header(0x0001, 0);
  append(m, 0x0006, {'a'});
  append(m, 0x0008, std::vector<uint8_t>(20));
  append(m, 0x0025, {});
  append(m, 0x8028, {0, 0, 0, 0});
  append(m, 0x0006, {'b'});
  const auto view = MessageView::parse(m);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->text(Attribute::Username), "a");
  EXPECT_FALSE(view->has(Attribute::UseCandidate));
  EXPECT_TRUE(view->has(Attribute::Fingerprint));
  EXPECT_EQ(check_fingerprint(*view), Integrity::Wrong);  // not the last attribute
}

TEST(MessageTest, ReadsTheFirstOfTwoEqualAttributes) {
  auto m = header(0x0001, 0);
  append(m, 0x0006, {'a'});
  append(m, 0x0006, {'b'});
  EXPECT_EQ(MessageView::parse(m)->text(Attribute::Username), "a");
}

TEST(MessageTest, GivesNothingForValuesOfTheWrongForm) {
  auto m = header(0x0101, 0);
  append(m, 0x0024, {1, 2, 3});
  append(m, 0x802A, {1, 2, 3, 4});
  append(m, 0x0020, {0, 2, 0, 0, 1, 2, 3, 4});  // says IPv6, has 4 bytes
  append(m, 0x0001, {0, 1, 0, 0});
  append(m, 0x0009, {0, 0, 7, 0});
  const auto view = MessageView::parse(m);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->u32(Attribute::Priority), std::nullopt);
  EXPECT_EQ(view->u64(Attribute::IceControlling), std::nullopt);
  EXPECT_EQ(view->xor_address(Attribute::XorMappedAddress), std::nullopt);
  EXPECT_EQ(view->address(Attribute::MappedAddress), std::nullopt);
  EXPECT_FALSE(view->error_code().has_value());
}

TEST(MessageTest, ReadsBackWhatTheBuilderWrote) {
  std::array<uint8_t, 512> out;
  MessageBuilder b(out, MessageClass::Error, Method::Allocate, kId);
  b.add_error(438, "Stale Nonce");
  b.add_text(Attribute::Realm, "parley");
  b.add_text(Attribute::Nonce, "n0");
  b.add_u32(Attribute::Priority, 0x01020304);
  b.add_u64(Attribute::IceControlling, 0x0102030405060708);
  b.add_flag(Attribute::UseCandidate);
  b.add_address(Attribute::MappedAddress, *SocketAddress::parse("10.0.0.1:7"));
  b.add_xor_address(Attribute::XorMappedAddress, *SocketAddress::parse("[2001:db8::1]:65535"));
  const std::array<uint16_t, 3> unknown = {0x7001, 0x7002, 0x7003};
  b.add_unknown_attributes(unknown);
  const IntegrityKey key(as_bytes("secret"));
  b.add_integrity(key);
  b.add_integrity_sha256(key);
  b.add_fingerprint();
  const auto size = b.finish();
  ASSERT_TRUE(size.has_value());

  const auto m = MessageView::parse(Bytes(out).first(*size));
  ASSERT_TRUE(m.has_value());
  EXPECT_EQ(m->transaction_id(), kId);
  EXPECT_EQ(m->error_code()->code, 438);
  EXPECT_EQ(m->error_code()->reason, "Stale Nonce");
  EXPECT_EQ(m->text(Attribute::Realm), "parley");
  EXPECT_EQ(m->text(Attribute::Nonce), "n0");
  EXPECT_EQ(m->u32(Attribute::Priority), 0x01020304u);
  EXPECT_EQ(m->u64(Attribute::IceControlling), 0x0102030405060708u);
  EXPECT_TRUE(m->has(Attribute::UseCandidate));
  EXPECT_EQ(m->address(Attribute::MappedAddress), SocketAddress::parse("10.0.0.1:7"));
  EXPECT_EQ(m->xor_address(Attribute::XorMappedAddress),
            SocketAddress::parse("[2001:db8::1]:65535"));
  ASSERT_EQ(m->unknown_attributes().size(), 3u);
  EXPECT_EQ(m->unknown_attributes()[2], 0x7003);
  EXPECT_EQ(check_integrity(*m, key), Integrity::Valid);
  EXPECT_EQ(check_integrity_sha256(*m, key), Integrity::Valid);
  EXPECT_EQ(check_fingerprint(*m), Integrity::Valid);
  EXPECT_EQ(check_integrity_sha256(*m, IntegrityKey(as_bytes("other"))), Integrity::Wrong);
}

TEST(BuilderTest, FailsWithoutWritingPastABufferThatIsTooSmall) {
  for (size_t room = 0; room < 56; ++room) {
    std::array<uint8_t, 64> out;
    out.fill(0xEE);
    MessageBuilder b(MutableBytes(out).first(room), MessageClass::Request, Method::Binding, kId);
    b.add_xor_address(Attribute::XorMappedAddress, *SocketAddress::parse("10.0.0.1:7"));
    b.add_integrity(IntegrityKey(as_bytes("k")));
    b.add_fingerprint();
    EXPECT_EQ(b.finish(), std::nullopt) << room;
    for (size_t i = room; i < out.size(); ++i) EXPECT_EQ(out[i], 0xEE);
  }
}

// RFC 2104 §2, and the values of RFC 2202 §3 cases 1 and 6, RFC 4231 cases 1 and 6.
TEST(IntegrityKeyTest, ComputesHmacForShortAndLongKeys) {
  const std::vector<uint8_t> short_key(20, 0x0b);
  const std::array<uint8_t, 20> sha1 = {0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72, 0x64, 0xe2, 0x8b,
                                        0xc0, 0xb6, 0xfb, 0x37, 0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00};
  EXPECT_EQ(IntegrityKey(short_key).hmac_sha1(as_bytes("Hi "), as_bytes("There")), sha1);
  const auto sha256 = IntegrityKey(short_key).hmac_sha256(as_bytes("Hi There"), {});
  EXPECT_EQ(load_be32(sha256.data()), 0xb0344c61u);
  EXPECT_EQ(load_be32(sha256.data() + 28), 0x2e32cff7u);

  const std::vector<uint8_t> key80(80, 0xaa);
  const auto long_sha1 = IntegrityKey(key80).hmac_sha1(
      as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"), {});
  EXPECT_EQ(load_be32(long_sha1.data()), 0xaa4ae5e1u);
  const std::vector<uint8_t> key131(131, 0xaa);
  const auto long_sha256 = IntegrityKey(key131).hmac_sha256(
      as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"), {});
  EXPECT_EQ(load_be32(long_sha256.data()), 0x60e43159u);
}

TEST(MessageTest, ListsRequiredAttributesThatAreNotUnderstoodOnce) {
  auto m = header(0x0001, 0);
  append(m, 0x0006, {});
  append(m, 0x0003, {0, 0, 0, 0});
  append(m, 0x0003, {0, 0, 0, 0});
  append(m, 0x7FFF, {});
  append(m, 0xC057, {0, 0, 0, 0});  // comprehension-optional
  const std::array understood = {Attribute::Username};
  const auto list = MessageView::parse(m)->not_understood(understood);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0], 0x0003);
  EXPECT_EQ(list[1], 0x7FFF);
}

}  // namespace
}  // namespace parley::stun
