// What is kept of a camera for repair when all buffers together are fewer than what comes.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "sfu/one_camera_test_router.h"

namespace parley::sfu {
namespace {

class KeptPacketsTest : public OneCameraRouterTest {
 protected:
  KeptPacketsTest() : OneCameraRouterTest({"q", "h", "f"}) {}
};

// Each encoding's ring holds 512, the pool 1,024.
TEST_F(KeptPacketsTest, OfEachEncodingTheLastMomentsAreKeptHoweverMuchComes) {
  const std::vector<uint8_t> payload = {0x10, 0x51, 0x42, 0};
  for (uint16_t sequence = 1; sequence <= 2'000; ++sequence) {
    for (size_t encoding = 0; encoding < 3; ++encoding) {
      take(encoding, {.sequence = sequence,
                      .rtp_time = sequence * 450u,
                      .payload_type = kVp8,
                      .payload = payload});
      ASSERT_TRUE(track().cached(encoding, track().encodings()[encoding].cache->newest()))
          << sequence << " of " << encoding;
      ASSERT_EQ(track().encodings()[encoding].cache->newest() & 0xffff, sequence);
    }
    tick(TimeDelta::millis(5));
  }
  for (size_t encoding = 0; encoding < 3; ++encoding)
    EXPECT_TRUE(track().cached(encoding, track().encodings()[encoding].cache->newest() - 60));
}

}  // namespace
}  // namespace parley::sfu
