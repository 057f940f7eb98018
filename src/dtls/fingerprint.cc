#include "dtls/fingerprint.h"

namespace parley::dtls {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string fingerprint_text(const Fingerprint& fingerprint) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(fingerprint.size() * 3);
  for (const uint8_t byte : fingerprint) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint result{};
  if (text.size() != result.size() * 3 - 1) return std::nullopt;
  for (size_t i = 0; i < result.size(); ++i) {
    const int high = hex_digit(text[3 * i]);
    const int low = hex_digit(text[3 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    if (i + 1 < result.size() && text[3 * i + 2] != ':') return std::nullopt;
    result[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return result;
}

}  // namespace parley::dtls
