// OpenSSL 3's EVP_MAC copies its hash state to the heap for every packet; the older calls keep it
// on the stack.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "srtp/hmac_sha1.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/check.h"

namespace parley::srtp {
namespace {

SHA_CTX hash_key_block(Bytes key, uint8_t pad) {
  std::array<uint8_t, SHA_CBLOCK> block;
  block.fill(pad);
  for (size_t i = 0; i < key.size(); ++i) block[i] ^= key[i];
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
  return context;
}

}  // namespace

struct HmacSha1::State {
  SHA_CTX inner;
  SHA_CTX outer;
  ~State() { OPENSSL_cleanse(this, sizeof *this); }
};

HmacSha1::HmacSha1(Bytes key) : state_(std::make_unique<State>()) {
  PARLEY_CHECK(key.size() <= SHA_CBLOCK);
  state_->inner = hash_key_block(key, 0x36);
  state_->outer = hash_key_block(key, 0x5c);
}

HmacSha1::~HmacSha1() = default;

std::array<uint8_t, HmacSha1::kDigestLength> HmacSha1::digest(Bytes a, Bytes b, Bytes c) const {
  std::array<uint8_t, kDigestLength> digest;
  SHA_CTX context = state_->inner;
  SHA1_Update(&context, a.data(), a.size());
  SHA1_Update(&context, b.data(), b.size());
  SHA1_Update(&context, c.data(), c.size());
  SHA1_Final(digest.data(), &context);
  context = state_->outer;
  SHA1_Update(&context, digest.data(), digest.size());
  SHA1_Final(digest.data(), &context);
  return digest;
}

}  // namespace parley::srtp
