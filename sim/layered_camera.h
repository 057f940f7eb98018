// The camera of a simulated client that sends one stream of layers (layered_publisher.h), as RTP
// packets with the header extensions that a browser's have: the dependency descriptor where the
// codec has one, and what each layer is declared to cost.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/random.h"
#include "base/units.h"
#include "rtp/parameters.h"
#include "rtp/rtcp.h"
#include "sim/layered_publisher.h"

namespace parley::sim {

// What a layered camera says of its spatial layers, whatever its packets weigh: 320x180 and twice
// and four times as much.
inline constexpr std::array<DataRate, 3> kDeclaredRates = {DataRate::kbps(200), DataRate::kbps(600),
                                                           DataRate::kbps(1'800)};

class LayeredCamera {
 public:
  LayeredCamera(const LayeredConfig& config, const rtp::CodecParameters& codec,
                const rtp::SsrcPair& ssrc, std::string mid, const rtp::HeaderExtensionIds& ids,
                RandomSource& random);

  // Plans the packets of the next picture.
  void send_picture();
  // NACK, PLI and FIR about this stream; anything else is ignored.
  void handle_rtcp(const rtp::RtcpBlock& block);
  // Writes the next planned packet to the start of `buffer` (at least 1,400 bytes). Gives its size;
  // 0 when nothing is planned.
  size_t poll_packet(MutableBytes buffer);

  const rtp::SsrcPair& ssrc() const { return ssrc_; }
  uint64_t key_frame_requests = 0;
  uint64_t repaired = 0;

 private:
  // Key frames say it, and every picture of so many: one may be lost.
  static constexpr uint64_t kDeclaredEach = 30;

  struct Plan {
    LayeredPacket packet;
    std::vector<uint8_t> allocation;  // empty: none
    bool repair = false;
  };
  std::vector<uint8_t> allocation() const;

  LayeredConfig config_;
  rtp::CodecParameters codec_;
  rtp::SsrcPair ssrc_;
  std::string mid_;
  rtp::HeaderExtensionIds ids_;
  LayeredPublisher publisher_;
  std::deque<Plan> plans_;
  uint64_t pictures_ = 0;
  uint16_t transport_sequence_ = 0;
  uint16_t rtx_sequence_ = 0;
};

}  // namespace parley::sim
