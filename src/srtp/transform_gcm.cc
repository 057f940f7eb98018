#include "srtp/gcm_backends.h"
#include "srtp/transform.h"

namespace parley::srtp {

std::unique_ptr<Transform> make_gcm_transform(const SessionKeys& keys, Backend backend) {
  if (backend != Backend::kOpenSsl) {
    if (auto transform = make_ipsec_mb_transform(keys)) return transform;
  }
  return make_openssl_transform(keys);
}

std::unique_ptr<Transform> make_transform(const SessionKeys& keys, Backend backend) {
  return is_gcm(keys.profile) ? make_gcm_transform(keys, backend) : make_cm_transform(keys);
}

}  // namespace parley::srtp
