// An OpenSSL BIO that keeps datagram boundaries, which its memory BIO doesn't.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

struct bio_st;

namespace parley::dtls {

// Where one session's OpenSSL reads and writes: at most one datagram in, a list of datagrams out.
struct DatagramPipe {
  // More than any flight of ours; what is written beyond is dropped, as a network may.
  static constexpr size_t kMaxWritten = 16;

  Bytes incoming;  // empty: nothing to read; must stay valid while OpenSSL runs
  std::vector<std::vector<uint8_t>> written;  // in the order of writing
};

// A BIO over `pipe`, which must outlive it; owned by the caller. Null if memory is short.
bio_st* make_datagram_bio(DatagramPipe& pipe);

}  // namespace parley::dtls
