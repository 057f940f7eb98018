// The two implementations behind make_gcm_cipher() and make_gcm_transform().
#pragma once

#include <memory>

#include "srtp/gcm_cipher.h"
#include "srtp/transform.h"

namespace parley::srtp {

std::unique_ptr<GcmCipher> make_openssl_gcm(Bytes key);
// Null if the library isn't built in or the processor lacks what it needs.
std::unique_ptr<GcmCipher> make_ipsec_mb_gcm(Bytes key);
std::unique_ptr<Transform> make_openssl_transform(const SessionKeys& keys);
// Likewise.
std::unique_ptr<Transform> make_ipsec_mb_transform(const SessionKeys& keys);

}  // namespace parley::srtp
