#include "rtp/packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/random.h"

namespace parley::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

// Version 2, padding, extension, two CSRCs; a one-byte block with ids 1 and 2; payload aa bb cc;
// two bytes of padding.
constexpr uint8_t kFull[] = {
    0xb2, 0xe0, 0x12, 0x34, 0x00, 0x00, 0x00, 0x64, 0xde, 0xad, 0xbe, 0xef,  //
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02,                          //
    0xbe, 0xde, 0x00, 0x02, 0x10, 0x85, 0x00, 0x22, 0x01, 0x02, 0x03, 0x00,  //
    0xaa, 0xbb, 0xcc, 0x00, 0x02};

std::vector<uint8_t> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::vector<std::pair<int, std::vector<uint8_t>>> elements_of(uint16_t profile, Bytes block) {
  std::vector<std::pair<int, std::vector<uint8_t>>> found;
  ExtensionReader reader(profile, block);
  while (const auto e = reader.next()) found.emplace_back(e->id, copy(e->data));
  return found;
}

TEST(PacketViewTest, ReadsEveryField) {
  const auto view = PacketView::parse(kFull);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->marker);
  EXPECT_EQ(view->payload_type, 0x60);
  EXPECT_EQ(view->sequence_number, 0x1234);
  EXPECT_EQ(view->timestamp, 100u);
  EXPECT_EQ(view->ssrc, 0xdeadbeefu);
  ASSERT_EQ(view->csrc_count(), 2u);
  EXPECT_EQ(view->csrc(0), 1u);
  EXPECT_EQ(view->csrc(1), 2u);
  EXPECT_EQ(view->extension_profile, 0xbede);
  EXPECT_EQ(view->extension.size(), 8u);
  EXPECT_THAT(view->payload, ElementsAre(0xaa, 0xbb, 0xcc));
  EXPECT_EQ(view->padding_size, 2);
  EXPECT_EQ(view->header_size(), 32u);
}

TEST(PacketViewTest, ReadsAPacketOfOnlyTheFixedHeader) {
  const std::array<uint8_t, 12> header{0x80, 0x00, 0x00, 0x07};
  const auto bare = PacketView::parse(header);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->sequence_number, 7);
  EXPECT_TRUE(bare->payload.empty());
  EXPECT_FALSE(bare->has_extension);
}

TEST(PacketViewTest, NamesTheErrorAtEveryTruncatedLength) {
  for (size_t n = 0; n < sizeof kFull; ++n) {
    const std::vector<uint8_t> cut(kFull, kFull + n);
    const auto view = PacketView::parse(cut);
    if (n < 12) {
      ASSERT_EQ(view.error(), PacketError::kTooShort) << n;
    } else if (n < 20) {
      ASSERT_EQ(view.error(), PacketError::kTruncatedCsrcs) << n;
    } else if (n < 32) {
      ASSERT_EQ(view.error(), PacketError::kTruncatedExtension) << n;
    } else if (n < 37) {
      // The last byte is now payload (aa, bb, cc: beyond the end) or zero.
      ASSERT_EQ(view.error(), PacketError::kBadPadding) << n;
    }
  }
}

TEST(PacketViewTest, RefusesAnotherVersion) {
  auto bytes = copy(kFull);
  bytes[0] = 0x40;
  EXPECT_EQ(PacketView::parse(bytes).error(), PacketError::kBadVersion);
}

TEST(PacketViewTest, TakesAPacketOfOnlyPadding) {
  std::vector<uint8_t> bytes{0xa0, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 4};
  const auto view = PacketView::parse(bytes);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->payload.empty());
  EXPECT_EQ(view->padding_size, 4);
  bytes.back() = 5;
  EXPECT_EQ(PacketView::parse(bytes).error(), PacketError::kBadPadding);
  bytes.back() = 0;
  EXPECT_EQ(PacketView::parse(bytes).error(), PacketError::kBadPadding);
}

TEST(ExtensionReaderTest, WalksOneByteElementsAndSkipsPadding) {
  const auto view = PacketView::parse(kFull);
  ASSERT_TRUE(view);
  EXPECT_THAT(elements_of(view->extension_profile, view->extension),
              ElementsAre(std::pair(1, std::vector<uint8_t>{0x85}),
                          std::pair(2, std::vector<uint8_t>{1, 2, 3})));
  EXPECT_THAT(find_extension(*view, 2), ElementsAre(1, 2, 3));
  EXPECT_TRUE(find_extension(*view, 3).empty());
  EXPECT_TRUE(find_extension(*view, 0).empty());
}

TEST(ExtensionReaderTest, WalksTwoByteElementsWithAnyAppbits) {
  const std::vector<uint8_t> block{0x01, 0x00, 0x00, 0x20, 0x02, 0x0a, 0x0b, 0x00};
  for (const uint16_t profile : {uint16_t{0x1000}, uint16_t{0x100f}}) {
    EXPECT_THAT(elements_of(profile, block),
                ElementsAre(std::pair(1, std::vector<uint8_t>{}),
                            std::pair(32, std::vector<uint8_t>{0x0a, 0x0b})));
  }
  EXPECT_TRUE(elements_of(0x1010, block).empty());
}

// RFC 8285 §4.2: these end the block, but what came before them counts.
TEST(ExtensionReaderTest, StopsAtReservedIdsAndTruncatedElements) {
  const auto first = std::pair(1, std::vector<uint8_t>{7});
  EXPECT_THAT(elements_of(0xbede, std::vector<uint8_t>{0x10, 7, 0xf0, 1, 0x20, 9}),
              ElementsAre(first));
  EXPECT_THAT(elements_of(0xbede, std::vector<uint8_t>{0x10, 7, 0x01, 1, 0x20, 9}),
              ElementsAre(first));
  EXPECT_THAT(elements_of(0xbede, std::vector<uint8_t>{0x10, 7, 0x23, 1, 2, 3}),
              ElementsAre(first));
  EXPECT_THAT(elements_of(0x1000, std::vector<uint8_t>{1, 1, 7, 2}), ElementsAre(first));
  EXPECT_THAT(elements_of(0x1000, std::vector<uint8_t>{1, 1, 7, 2, 3, 0, 0}), ElementsAre(first));
}

TEST(WriteHeaderTest, WritesABareHeader) {
  std::array<uint8_t, 12> out{};
  ASSERT_EQ(write_header(out, {.payload_type = 111,
                               .sequence_number = 0x0102,
                               .timestamp = 0x03040506,
                               .ssrc = 0x0708090a}),
            12u);
  EXPECT_THAT(out, ElementsAre(0x80, 111, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
}

TEST(WriteHeaderTest, ChoosesTheOneByteFormWhereItFits) {
  const std::array<uint8_t, 1> level{0x85};
  const std::array<uint8_t, 2> sequence{0x12, 0x34};
  const ExtensionElement elements[] = {{1, level}, {14, sequence}};
  std::array<uint8_t, 64> out{};
  const size_t size = write_header(
      out, {.payload_type = 96, .marker = true, .csrc = 0xaabbccdd, .extensions = elements});
  ASSERT_EQ(size, 28u);
  EXPECT_THAT(Bytes(out).first(size),
              ElementsAreArray({0x91, 0xe0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                0x00, 0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0xbe, 0xde, 0x00, 0x02,
                                0x10, 0x85, 0xe1, 0x12, 0x34, 0x00, 0x00, 0x00}));
}

TEST(WriteHeaderTest, TakesTheTwoByteFormForLargeIdsLongAndEmptyElements) {
  const std::array<uint8_t, 17> long_data{};
  const std::array<uint8_t, 1> byte{9};
  std::array<uint8_t, 64> out{};
  for (const ExtensionElement& e :
       {ExtensionElement{15, byte}, ExtensionElement{1, long_data}, ExtensionElement{1, {}}}) {
    ASSERT_GT(write_header(out, {.extensions = {&e, 1}}), 16u);
    EXPECT_EQ(load_be16(out.data() + 12), 0x1000);
    EXPECT_EQ(out[16], e.id);
    EXPECT_EQ(out[17], e.data.size());
  }
}

TEST(WriteHeaderTest, RefusesWhatCannotBeCarriedAndWritesNothing) {
  const std::vector<uint8_t> too_long(256);
  const std::array<uint8_t, 1> byte{9};
  std::array<uint8_t, 600> out{};
  for (const ExtensionElement& e : {ExtensionElement{0, byte}, ExtensionElement{1, too_long}}) {
    EXPECT_EQ(write_header(out, {.extensions = {&e, 1}}), 0u);
    EXPECT_EQ(header_size({.extensions = {&e, 1}}), 0u);
  }
  const ExtensionElement fits{3, byte};
  for (size_t n = 0; n < 20; ++n) {
    EXPECT_EQ(write_header(MutableBytes(out).first(n), {.extensions = {&fits, 1}}), 0u);
  }
  EXPECT_EQ(out, (std::array<uint8_t, 600>{}));
  EXPECT_EQ(write_header(MutableBytes(out).first(20), {.extensions = {&fits, 1}}), 20u);
}

TEST(ExtensionWriterTest, FailsForWhatDoesNotFitItsFormOrPlace) {
  using Form = ExtensionWriter::Form;
  const std::array<uint8_t, 17> data{};
  const auto block = [&](Form form, size_t room, uint8_t id, size_t size) {
    std::array<uint8_t, 64> out{};
    ExtensionWriter writer(MutableBytes(out).first(room), form);
    writer.add(2, Bytes(data).first(1));
    writer.add(id, Bytes(data).first(size));
    const size_t written = writer.finish();
    EXPECT_EQ(writer.ok(), written != 0);
    return written;
  };
  EXPECT_EQ(block(Form::kOneByte, 24, 14, 16), 24u);
  EXPECT_EQ(block(Form::kOneByte, 64, 15, 16), 0u);
  EXPECT_EQ(block(Form::kOneByte, 64, 0, 16), 0u);
  EXPECT_EQ(block(Form::kOneByte, 64, 14, 17), 0u);
  EXPECT_EQ(block(Form::kOneByte, 64, 14, 0), 0u);
  EXPECT_EQ(block(Form::kOneByte, 22, 14, 16), 0u) << "no room for an element";
  EXPECT_EQ(block(Form::kOneByte, 23, 14, 16), 0u) << "no room for what is behind them";
  EXPECT_EQ(block(Form::kTwoByte, 28, 15, 17), 28u);
  EXPECT_EQ(block(Form::kTwoByte, 64, 15, 0), 12u);
  EXPECT_EQ(block(Form::kTwoByte, 64, 0, 1), 0u);
}

TEST(ExtensionWriterTest, WritesNoBlockWithoutElements) {
  std::array<uint8_t, 8> out{};
  ExtensionWriter writer(out, ExtensionWriter::Form::kOneByte);
  EXPECT_EQ(writer.finish(), 0u);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(out, (std::array<uint8_t, 8>{}));
}

TEST(WriteHeaderTest, IsReadBackAsWritten) {
  SeededRandom random(3);
  for (int round = 0; round < 2000; ++round) {
    std::array<std::array<uint8_t, 40>, 4> storage{};
    std::vector<ExtensionElement> elements;
    const bool small = random.below(2) == 0;
    for (uint64_t i = random.below(5); i > 0; --i) {
      random.fill(storage[i - 1]);
      const size_t length = small ? 1 + random.below(16) : random.below(41);
      elements.push_back({.id = static_cast<uint8_t>(1 + random.below(small ? 14 : 255)),
                          .data = Bytes(storage[i - 1]).first(length)});
    }
    HeaderFields fields{.payload_type = static_cast<uint8_t>(random.below(128)),
                        .marker = random.below(2) == 1,
                        .sequence_number = static_cast<uint16_t>(random.u32()),
                        .timestamp = random.u32(),
                        .ssrc = random.u32(),
                        .extensions = elements};
    if (random.below(2) == 0) fields.csrc = random.u32();

    std::array<uint8_t, 256> out{};
    const size_t size = write_header(out, fields);
    ASSERT_EQ(size, header_size(fields));
    const auto view = PacketView::parse(Bytes(out).first(size));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->payload_type, fields.payload_type);
    EXPECT_EQ(view->marker, fields.marker);
    EXPECT_EQ(view->sequence_number, fields.sequence_number);
    EXPECT_EQ(view->timestamp, fields.timestamp);
    EXPECT_EQ(view->ssrc, fields.ssrc);
    ASSERT_EQ(view->csrc_count(), fields.csrc ? 1u : 0u);
    if (fields.csrc) {
      EXPECT_EQ(view->csrc(0), *fields.csrc);
    }
    size_t i = 0;
    for_each_extension(*view, [&](uint8_t id, Bytes data) {
      ASSERT_LT(i, elements.size());
      EXPECT_EQ(id, elements[i].id);
      EXPECT_EQ(copy(data), copy(elements[i].data));
      ++i;
    });
    EXPECT_EQ(i, elements.size());
    EXPECT_TRUE(view->payload.empty());
  }
}

TEST(PatchHeaderTest, ChangesOnlyItsField) {
  auto bytes = copy(kFull);
  set_marker(bytes, false);
  set_payload_type(bytes, 0x7f);
  set_sequence_number(bytes, 0xfffe);
  set_timestamp(bytes, 0x01020304);
  set_ssrc(bytes, 0x05060708);
  const auto view = PacketView::parse(bytes);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->marker);
  EXPECT_EQ(view->payload_type, 0x7f);
  EXPECT_EQ(view->sequence_number, 0xfffe);
  EXPECT_EQ(view->timestamp, 0x01020304u);
  EXPECT_EQ(view->ssrc, 0x05060708u);
  EXPECT_EQ(bytes[0], 0xb2);
  EXPECT_THAT(view->payload, ElementsAre(0xaa, 0xbb, 0xcc));
}

}  // namespace
}  // namespace parley::rtp
