// What is large enough to hold up the others on a shared connection: it goes over one of its own.
#pragma once

#include <cstddef>

#include "sync/per_thread.h"

namespace rediscluster {

constexpr std::size_t kLargeBytes = std::size_t{64} * 1024;

// How large a reply will be nobody knows before it comes. A thread that has just had a large one is taken to
// want more of the kind.
class LargeReplies {
 public:
  static bool expected() noexcept { return countdown() > 0; }
  static void note(bool large) noexcept {
    int& left = countdown();
    left = large ? kCallsAfter : left > 0 ? left - 1 : 0;
  }

 private:
  static constexpr int kCallsAfter = 16;
  static int& countdown() noexcept {
    REDISCLUSTER_FAST_TLS static constinit thread_local int left = 0;
    return left;
  }
};

inline bool holds_others_up(std::size_t command_bytes) noexcept {
  return command_bytes >= kLargeBytes || LargeReplies::expected();
}

}  // namespace rediscluster
