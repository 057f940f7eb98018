// A run of `parley bench` over time, drawn. Pure.
#pragma once

#include <string>

#include "app/bench_figures.h"

namespace parley::app {

// A page of SVG: latency, processor use and packets of each second, with the phases behind them.
std::string to_svg(const LoadFigures& figures);

}  // namespace parley::app
