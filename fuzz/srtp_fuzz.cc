// Unprotects arbitrary bytes. The first byte chooses profile and backend; then records of a kind
// byte, a 16-bit length and that many bytes: RTP or RTCP to receive as is, or to seal first, damage
// or not, and then receive.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "srtp/context.h"

namespace {

using parley::ByteReader;
using parley::Bytes;
using parley::MutableBytes;
using namespace parley::srtp;

constexpr size_t kMaxPlain = 2000;
constexpr std::array kProfiles = {Profile::kAeadAes128Gcm, Profile::kAeadAes256Gcm,
                                  Profile::kAes128CmSha1_80};

void require(bool condition) {
  if (!condition) std::abort();
}

void receive(ReceiverContext& receiver, MutableBytes packet, bool rtcp) {
  const auto size = rtcp ? receiver.unprotect_rtcp(packet) : receiver.unprotect_rtp(packet);
  require(!size || *size < packet.size());
  require(receiver.ssrcs() <= ReceiverContext::kMaxSsrcs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader(Bytes(data, size));
  const uint8_t choice = reader.u8();
  MasterKey key{.profile = kProfiles[choice % kProfiles.size()]};
  key.key_storage.fill(0x41);
  key.salt_storage.fill(0x42);
  const Backend backend = choice & 0x80 ? Backend::kOpenSsl : Backend::kAuto;
  SenderContext sender(key, backend);
  ReceiverContext receiver(key, backend);

  while (reader.ok() && reader.remaining() > 3) {
    const uint8_t kind = reader.u8();
    const size_t length = std::min<size_t>({reader.u16(), reader.remaining(), kMaxPlain});
    const Bytes input = reader.bytes(length);
    std::array<uint8_t, kMaxPlain + kMaxRtcpOverhead> buffer{};
    std::ranges::copy(input, buffer.begin());
    const bool rtcp = kind & 1;
    const bool seal = kind & 2;
    size_t packet = length;
    if (seal) {
      const auto sealed =
          rtcp ? sender.protect_rtcp(buffer, length) : sender.protect_rtp(buffer, length);
      if (!sealed) continue;
      packet = *sealed;
      if (kind & 4) buffer[kind % packet] ^= 0x10;
    }
    receive(receiver, MutableBytes(buffer).first(packet), rtcp);
  }
  return 0;
}
