#include "dtls/datagram_bio.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

namespace parley::dtls {
namespace {

DatagramPipe& pipe_of(BIO* bio) {
  return *static_cast<DatagramPipe*>(BIO_get_data(bio));
}

int read_datagram(BIO* bio, char* out, int capacity) {
  BIO_clear_retry_flags(bio);
  DatagramPipe& pipe = pipe_of(bio);
  if (pipe.incoming.empty() || capacity <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  // What doesn't fit is lost, as with recv().
  const size_t size = std::min(pipe.incoming.size(), static_cast<size_t>(capacity));
  std::memcpy(out, pipe.incoming.data(), size);
  pipe.incoming = {};
  return static_cast<int>(size);
}

int write_datagram(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  DatagramPipe& pipe = pipe_of(bio);
  if (pipe.written.size() < DatagramPipe::kMaxWritten) pipe.written.emplace_back(data, data + size);
  return size;
}

long control(BIO*, int command, long, void*) {
  // A flush has nothing to do. The MTU is set on the SSL, the timer is the session's: both are told
  // "not here" by zero.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parley datagrams");
  if (!method) return nullptr;
  BIO_meth_set_read(method, read_datagram);
  BIO_meth_set_write(method, write_datagram);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BIO* make_datagram_bio(DatagramPipe& pipe) {
  static BIO_METHOD* const method = make_method();  // one for the process, never freed
  if (!method) return nullptr;
  BIO* bio = BIO_new(method);
  if (!bio) return nullptr;
  BIO_set_data(bio, &pipe);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace parley::dtls
