#include "dtls/flight.h"

#include <algorithm>
#include <utility>

namespace parley::dtls {

void Flight::replace(std::vector<std::vector<uint8_t>> datagrams, Timestamp now) {
  datagrams_ = std::move(datagrams);
  interval_ = kInitialInterval;
  next_ = now + interval_;
}

void Flight::sent_again(Timestamp now) {
  interval_ = std::min(interval_ * 2, kMaxInterval);
  next_ = now + interval_;
}

void Flight::number_records(MutableBytes datagram) {
  while (datagram.size() >= kRecordHeaderLength) {
    const uint16_t epoch = load_be16(&datagram[3]);
    const size_t length = kRecordHeaderLength + load_be16(&datagram[11]);
    if (length > datagram.size()) return;
    if (epoch == 0) {
      store_be16(&datagram[5], static_cast<uint16_t>(next_record_ >> 32));
      store_be32(&datagram[7], static_cast<uint32_t>(next_record_));
      ++next_record_;
    }
    datagram = datagram.subspan(length);
  }
}

}  // namespace parley::dtls
