#include "io/send_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::io {
namespace {

FlowPath path_to(uint16_t port) {
  return {{}, {IpAddress::v4(192, 0, 2, 1), port}};
}

std::string order_of(SendBatch& batch) {
  std::string text;
  for (const OutgoingDatagram& d : batch.grouped()) {
    text += std::to_string(d.path.remote.port) + std::string(as_text(d.bytes)) + " ";
  }
  return text;
}

TEST(SendBatchTest, PutsDatagramsOfOnePathTogetherInTheirOrder) {
  SendBatch batch;
  for (const char* name : {"a", "b", "c"}) {
    for (const uint16_t port : {uint16_t{3}, uint16_t{1}, uint16_t{2}})
      batch.add(path_to(port), as_bytes(name));
  }
  EXPECT_EQ(order_of(batch), "3a 3b 3c 1a 1b 1c 2a 2b 2c ");
  batch.clear();
  EXPECT_EQ(order_of(batch), "");
  batch.add(path_to(2), as_bytes("x"));
  batch.add(path_to(3), as_bytes("y"));
  EXPECT_EQ(order_of(batch), "2x 3y ");
}

TEST(SendBatchTest, RefusesWhenFullAndServesManyPaths) {
  SendBatch batch;
  for (uint16_t i = 0; i < SendBatch::kCapacity; ++i) {
    ASSERT_TRUE(batch.add(path_to(static_cast<uint16_t>(1 + i % 85)), as_bytes("x")));
  }
  EXPECT_FALSE(batch.add(path_to(1), as_bytes("x")));
  const auto grouped = batch.grouped();
  ASSERT_EQ(grouped.size(), 255u);
  for (size_t i = 0; i < grouped.size(); ++i) EXPECT_EQ(grouped[i].path.remote.port, 1 + i / 3);
}

}  // namespace
}  // namespace parley::io
