#include "io/tls_context.h"

#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <string_view>

namespace parley::io::internal {
namespace ssl = boost::asio::ssl;
namespace {

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* in, unsigned int in_length, void*) {
  static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  const int result =
      SSL_select_next_proto(&selected, out_length, kHttp11, sizeof kHttp11, in, in_length);
  *out = selected;
  // Without overlap go on without ALPN (RFC 7301 §3.2 lets the server choose): old tools offer odd
  // lists.
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

std::expected<std::shared_ptr<ssl::context>, std::string> make_tls_context(
    const TlsConfig& config) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Forward secrecy and AEAD for TLS 1.2 too.
  SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
  // A connection that waits gives its 34 KiB of buffers back.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, select_protocol, nullptr);

  boost::system::error_code error;
  context->use_certificate_chain(boost::asio::buffer(config.certificate_pem), error);
  if (error) return std::unexpected("the certificate can't be used: " + error.message());
  context->use_private_key(boost::asio::buffer(config.key_pem), ssl::context::pem, error);
  if (error) return std::unexpected("the private key can't be used: " + error.message());
  if (SSL_CTX_check_private_key(native) != 1) {
    return std::unexpected(std::string("the private key is not the certificate's"));
  }
  return context;
}

}  // namespace parley::io::internal
