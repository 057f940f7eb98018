// Any bytes as a frame, in both directions. What is accepted must survive being written and read
// again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "signaling/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const std::string_view frame = as_text(Bytes(data, size));
  if (const auto message = signaling::parse_client_message(frame)) {
    const auto again = signaling::parse_client_message(signaling::write(*message));
    PARLEY_CHECK(again.has_value() && *again == *message);
  }
  if (const auto message = signaling::parse_server_message(frame)) {
    const auto again = signaling::parse_server_message(signaling::write(*message));
    PARLEY_CHECK(again.has_value() && *again == *message);
  }
  return 0;
}
