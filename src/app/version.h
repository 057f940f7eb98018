#pragma once

namespace parley::app {

inline constexpr const char* kVersion = PARLEY_VERSION;

}  // namespace parley::app
