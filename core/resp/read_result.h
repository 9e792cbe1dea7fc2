// What the parts of the parser say when they have read, and the words for what is no RESP.
#pragma once

#include <cstdint>

namespace rediscluster {

enum class ReadResult : std::uint8_t {
  kDone,        // what was being read is complete
  kIncomplete,  // all bytes were taken, and more are needed
  kMalformed,   // this is no RESP: nothing that comes after it can be trusted
  kTooLong,     // a line past its limit; none of the bytes were taken
  kNoMemory     // there was none for this item; its bytes were taken
};

namespace malformed {

inline constexpr const char* kNoType = "something of no type";
inline constexpr const char* kNoLength = "a length that is no number";
inline constexpr const char* kNoEnd = "a string that does not end where it should";

}  // namespace malformed
}  // namespace rediscluster
