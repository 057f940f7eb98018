#include "shard/counters.h"

namespace parley::shard {

std::string_view to_string(DropReason reason) {
  switch (reason) {
    case DropReason::kUnknownPeer:
      return "unknown_peer";
    case DropReason::kStunRefused:
      return "stun_refused";
    case DropReason::kDtlsUnknownPath:
      return "dtls_unknown_path";
    case DropReason::kMalformed:
      return "malformed";
    case DropReason::kNoKeys:
      return "no_keys";
    case DropReason::kSrtpRefused:
      return "srtp_refused";
    case DropReason::kUnknownProtocol:
      return "unknown_protocol";
    case DropReason::kRtpUnparsed:
      return "rtp_unparsed";
    case DropReason::kRtcpUnparsed:
      return "rtcp_unparsed";
    case DropReason::kUnknownStream:
      return "unknown_stream";
    case DropReason::kQueueFull:
      return "queue_full";
    case DropReason::kNotSealed:
      return "not_sealed";
    case DropReason::kCount:
      break;
  }
  return "unknown";
}

}  // namespace parley::shard
