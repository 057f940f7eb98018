#include "srtp/gcm_backends.h"
#include "srtp/transform_gcm.h"

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)
#define PARLEY_HAVE_IPSEC_MB 1
#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>
#endif

namespace parley::srtp {

#ifdef PARLEY_HAVE_IPSEC_MB
namespace {

struct Manager {
  IMB_MGR* mb = nullptr;  // null: not usable here
  std::string_view name;
};

// The direct GCM calls use the manager only as a table of functions for this processor, all state
// being in their arguments; so one for the process, made once, serves every thread. (Its job queues
// would need one for each thread.)
Manager make_manager() {
  IMB_MGR* mb = alloc_mb_mgr(0);
  if (!mb) return {};
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(mb, &arch);
  if (imb_get_errno(mb) == 0) {
    switch (arch) {
      case IMB_ARCH_SSE:
        return {mb, "ipsec-mb sse"};
      case IMB_ARCH_AVX:
        return {mb, "ipsec-mb avx"};
      case IMB_ARCH_AVX2:
        return {mb, "ipsec-mb avx2"};
      case IMB_ARCH_AVX512:
        return {mb, "ipsec-mb avx512"};
      default:
        break;  // without AES instructions it's slower than OpenSSL
    }
  }
  free_mb_mgr(mb);
  return {};
}

const Manager& manager() {
  static const Manager instance = make_manager();  // lives as long as the process
  return instance;
}

class IpsecMbGcm final : public GcmCipher {
 public:
  explicit IpsecMbGcm(Bytes key) : IpsecMbGcm(manager(), key) {}
  IpsecMbGcm(const Manager& manager, Bytes key)
      : enc_(key.size() == 16 ? manager.mb->gcm128_enc : manager.mb->gcm256_enc),
        dec_(key.size() == 16 ? manager.mb->gcm128_dec : manager.mb->gcm256_dec),
        name_(manager.name) {
    if (key.size() == 16) {
      IMB_AES128_GCM_PRE(manager.mb, key.data(), &key_);
    } else {
      IMB_AES256_GCM_PRE(manager.mb, key.data(), &key_);
    }
  }
  ~IpsecMbGcm() override { OPENSSL_cleanse(&key_, sizeof key_); }

  void seal(const uint8_t* iv, Bytes aad, const uint8_t* in, uint8_t* out, size_t length,
            uint8_t* tag) override {
    gcm_context_data context;
    enc_(&key_, &context, out, in, length, iv, aad.data(), aad.size(), tag, kTagLength);
  }

  bool open(const uint8_t* iv, Bytes aad, const uint8_t* in, uint8_t* out, size_t length,
            const uint8_t* tag) override {
    gcm_context_data context;
    uint8_t computed[kTagLength];
    dec_(&key_, &context, out, in, length, iv, aad.data(), aad.size(), computed, kTagLength);
    return CRYPTO_memcmp(computed, tag, kTagLength) == 0;
  }

  std::string_view name() const override { return name_; }

 private:
  aes_gcm_enc_dec_t enc_;
  aes_gcm_enc_dec_t dec_;
  std::string_view name_;
  alignas(64)
      gcm_key_data key_;  // the library uses aligned loads, but the type asks for it only sometimes
};

}  // namespace

bool ipsec_mb_available() {
  return manager().mb != nullptr;
}

std::unique_ptr<GcmCipher> make_ipsec_mb_gcm(Bytes key) {
  if (!ipsec_mb_available()) return nullptr;
  return std::make_unique<IpsecMbGcm>(key);
}
std::unique_ptr<Transform> make_ipsec_mb_transform(const SessionKeys& keys) {
  if (!ipsec_mb_available()) return nullptr;
  return std::make_unique<GcmTransform<IpsecMbGcm>>(keys);
}

#else

bool ipsec_mb_available() {
  return false;
}
std::unique_ptr<GcmCipher> make_ipsec_mb_gcm(Bytes) {
  return nullptr;
}
std::unique_ptr<Transform> make_ipsec_mb_transform(const SessionKeys&) {
  return nullptr;
}

#endif

}  // namespace parley::srtp
