#include "io/usual_source.h"

namespace parley::io {

void UsualSource::know(std::span<const InterfaceAddress> addresses) {
  only_.reset();
  for (const InterfaceAddress& address : addresses) {
    if (address.loopback || !address.ip.is_v4()) continue;
    if (only_) return only_.reset();
    only_ = address.ip;
  }
}

bool UsualSource::is_local_of(const FlowPath& path) const {
  const IpAddress& local = path.local.ip;
  const IpAddress& remote = path.remote.ip;
  if (!remote.is_v4()) return false;
  if (remote.is_loopback()) return local == IpAddress::v4(127, 0, 0, 1);
  return only_ && local == *only_;
}

}  // namespace parley::io
