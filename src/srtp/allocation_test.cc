// After construction SRTP must not allocate, in our code or in OpenSSL's.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "srtp/context.h"
#include "srtp/test_bytes.h"
#include "support/allocations.h"

namespace {

thread_local uint64_t t_of_openssl = 0;

// OpenSSL takes other allocation functions only before its first use.
const bool g_counting = CRYPTO_set_mem_functions(
                            [](size_t size, const char*, int) {
                              t_of_openssl += 1;
                              return std::malloc(size);
                            },
                            [](void* p, size_t size, const char*, int) {
                              t_of_openssl += 1;
                              return std::realloc(p, size);
                            },
                            [](void* p, const char*, int) { std::free(p); }) == 1;

}  // namespace

namespace parley::srtp {
namespace {

uint64_t all_allocations() {
  return t_of_openssl + allocations_so_far();
}

TEST(AllocationTest, NoneOnTheHotPath) {
  ASSERT_TRUE(g_counting);
  for (const Profile profile : kProfiles) {
    for (const Backend backend : {Backend::kOpenSsl, Backend::kAuto}) {
      const uint64_t at_start = all_allocations();
      SenderContext sender(test_key(profile), backend);
      ReceiverContext receiver(test_key(profile), backend);
      ASSERT_GT(all_allocations(), at_start);
      std::array<uint8_t, 1500> buffer{};
      const Packet plain = rtp_packet(1, 0, 1200);
      const Packet report = rtcp_packet(1, 40);
      bool good = true;
      const uint64_t before = all_allocations();
      for (uint16_t i = 0; i < 1000; ++i) {
        std::ranges::copy(plain, buffer.begin());
        store_be16(&buffer[2], i);
        store_be32(&buffer[8], i % 40);
        const auto size =
            sender.protect_rtp_to(Bytes(buffer).first(12), Bytes(plain).subspan(12), buffer);
        good = good && size && receiver.unprotect_rtp(MutableBytes(buffer).first(*size));
        std::ranges::copy(report, buffer.begin());
        const auto length = sender.protect_rtcp(buffer, report.size());
        good = good && length && receiver.unprotect_rtcp(MutableBytes(buffer).first(*length));
        // And where packets are refused.
        good = good && !receiver.unprotect_rtcp(MutableBytes(buffer).first(*length));
        good = good && !receiver.unprotect_rtp(MutableBytes(buffer).first(100));
      }
      EXPECT_EQ(all_allocations(), before) << sender.backend_name();
      EXPECT_TRUE(good);
    }
  }
}

}  // namespace
}  // namespace parley::srtp
