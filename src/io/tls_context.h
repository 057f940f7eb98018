// Inside of HttpServer: a TLS server context from PEM texts.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <expected>
#include <memory>
#include <string>

#include "io/http_server.h"

namespace parley::io::internal {

// TLS 1.2 and later, ALPN http/1.1. The error says which part OpenSSL refused and why.
std::expected<std::shared_ptr<boost::asio::ssl::context>, std::string> make_tls_context(
    const TlsConfig& config);

}  // namespace parley::io::internal
