// SRTP keys out of a finished DTLS handshake (RFC 5764 §4.2).
#pragma once

#include <optional>
#include <string>

#include "dtls/session.h"

struct ssl_st;

namespace parley::dtls {

// OpenSSL's names of the profiles, joined by colons.
std::string profile_list(const BoundedVector<SrtpProfile, 3>& profiles);

// Nullopt if no profile was agreed on.
std::optional<SrtpKeys> export_srtp_keys(ssl_st* ssl, Role role);

}  // namespace parley::dtls
