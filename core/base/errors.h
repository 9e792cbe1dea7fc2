// Errors, and words of messages, that several places tell.
#pragma once

#include "base/status.h"

namespace rediscluster {

inline constexpr std::string_view kHandleClosed = "the cluster handle was closed";
inline constexpr std::string_view kTimeWasUp = "its time was up before it could be sent";
// "give the keys " ...
inline constexpr std::string_view kCommonHashTag = "a common hash tag, as in {user:1}:name";
// "no node owns slot 7" ...
inline constexpr std::string_view kAssignSlot =
    ": assign it (redis-cli --cluster fix), or let its owner announce an address";

inline ErrorPtr closed_error() noexcept {
  return make_error(Code::kClosed, Outcome::kNotSent, kHandleClosed);
}
inline ErrorPtr time_was_up_error() noexcept {
  return make_error(Code::kTimeout, Outcome::kNotSent, kTimeWasUp);
}

}  // namespace rediscluster
