// The two implementations behind make_gcm_cipher().
#pragma once

#include <memory>

#include "srtp/gcm_cipher.h"

namespace parley::srtp {

std::unique_ptr<GcmCipher> make_openssl_gcm(Bytes key);
// Null if the library isn't built in or the processor lacks what it needs.
std::unique_ptr<GcmCipher> make_ipsec_mb_gcm(Bytes key);

}  // namespace parley::srtp
