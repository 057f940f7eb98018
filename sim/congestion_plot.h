// A congestion scenario as a picture: rates above, queueing below, over time.
#pragma once

#include <string>

#include "sim/congestion_world.h"

namespace parley::sim {

// A stand-alone SVG document, well under 60 KB.
std::string plot_svg(const CongestionTrace& trace);

}  // namespace parley::sim
