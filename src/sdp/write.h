// SessionDescription to text.
#pragma once

#include <string>

#include "sdp/description.h"

namespace parley::sdp {

// The description as text with CRLF line ends. parse() of it gives an equal value, as long as the
// value itself came from parse() or keeps its rules and bounds.
std::string write(const SessionDescription& description);

}  // namespace parley::sdp
