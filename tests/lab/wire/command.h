// The wire's control language: a line in, a JSON line out.
//
//   set down|up|both KEY=VALUE...   changes these settings, keeps the others
//   show                            settings and counters of both directions
//   reset                           counters to zero
//
// | key    | value                        | |
// |--------|------------------------------|----------------------------------------------------------|
// | rate   | 300kbit, 1.5mbit, none       | of IP packets | | queue  | 200ms, 64kb, 32000b |
// longest wait, or size of what waits                      | | delay  | 30ms | one way | | jitter |
// 5ms                          | uniform, either way                                      | | order
// | keep, free                   | whether jitter may reorder                               | |
// loss   | 5%                           | in the long run | | burst  | 8, none | mean length in
// packets of the bad state (Gilbert-Elliott)| | bad    | 60%                          | loss in the
// bad state                                    |
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "link.h"

namespace parley::lab {

// `before` with the changes of "KEY=VALUE KEY=VALUE...", or what is wrong with them.
std::expected<LinkSettings, std::string> parse_settings(std::string_view text, LinkSettings before);

// The two directions of a wire as its commands see them.
struct Links {
  Link& down;
  Link& up;
};

// Does what the line says and returns the answer, without a line end: {"ok":true}, {"error":"..."}
// or {"down":{...},"up":{...}} with times in microseconds and sizes in bytes.
std::string handle_command(std::string_view line, Links links, Timestamp now);

}  // namespace parley::lab
