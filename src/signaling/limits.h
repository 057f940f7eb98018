// What one frame of parley.v1 may hold. protocol/parley.v1.schema.json says the same numbers;
// lengths of text are in characters (Unicode code points), as in JSON Schema.
#pragma once

#include <cstddef>
#include <cstdint>

namespace parley::signaling {

inline constexpr int64_t kProtocolVersion = 1;
// A whole frame in bytes. An offer of 64 slots with all of a browser's codecs is about 100 KiB.
inline constexpr size_t kMaxFrameBytes = 256 * 1024;
// A frame's objects and arrays stand at most 5 deep; the rest is room for members of later
// versions.
inline constexpr size_t kMaxDepth = 16;
// Numbers that JavaScript holds exactly.
inline constexpr int64_t kMaxInteger = (int64_t{1} << 53) - 1;

inline constexpr size_t kMaxRoomNameLength = 64;
inline constexpr size_t kMaxNameLength = 64;
inline constexpr size_t kMaxParticipantIdLength = 32;
inline constexpr size_t kMaxTokenLength = 4096;  // an access token may be a JWT
inline constexpr size_t kMaxSdpLength = 200'000;
inline constexpr size_t kMaxMidLength =
    16;  // what fits a one-byte header extension (RFC 8285 §4.2)
inline constexpr size_t kMaxSources = 16;
inline constexpr size_t kMaxViews = 64;
inline constexpr int64_t kMaxViewPixels = 16'384;
inline constexpr int64_t kMaxViewPriority = 255;
inline constexpr size_t kMaxHealthSlots = 64;
inline constexpr int64_t kMaxHealthCount = 1'000'000;
inline constexpr size_t kMaxWatchedSources = 2;  // camera and screen
inline constexpr size_t kMaxChatLength = 4'000;
inline constexpr size_t kMaxChatKeyLength = 64;
inline constexpr size_t kMaxReasonLength = 200;
inline constexpr size_t kMaxCandidateLength = 1'024;
inline constexpr size_t kMaxUfragLength = 256;  // RFC 8839 §5.4

// Only a client reads these; they bound what a server may make it keep.
inline constexpr size_t kMaxParticipants = 10'000;
inline constexpr size_t kMaxChatMessages = 1'000;
inline constexpr size_t kMaxSlots = 1'024;
inline constexpr size_t kMaxRids = 8;
inline constexpr size_t kMaxCodecs = 16;
inline constexpr size_t kMaxCodecLength = 16;
inline constexpr size_t kMaxIceServers = 16;
inline constexpr size_t kMaxUrls = 16;
inline constexpr size_t kMaxUrlLength = 1'024;
inline constexpr size_t kMaxMessageLength = 1'000;  // of an error, a notice or a closing

}  // namespace parley::signaling
