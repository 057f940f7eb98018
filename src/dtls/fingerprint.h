// The SHA-256 fingerprint of a certificate as SDP carries it (RFC 8122 §5: "a=fingerprint:sha-256
// AA:BB:...").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::dtls {

using Fingerprint = std::array<uint8_t, 32>;

// "AA:BB:..." in upper case, 95 characters, without the name of the hash.
std::string fingerprint_text(const Fingerprint& fingerprint);

// Either case; nullopt for anything that isn't exactly 32 pairs joined by colons.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

}  // namespace parley::dtls
