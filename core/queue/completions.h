// What has been taken from a queue at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "resp/reply.h"

namespace rediscluster {

// The numbers are the C API's RC_COMPLETION_*.
enum class CompletionKind : int { kCall = 1, kRoom = 2, kReady = 3, kWatch = 4 };

struct Completed {
  CompletionKind kind = CompletionKind::kCall;
  std::uint64_t tag = 0;
  std::uint64_t ticket = 0;
  ReplyPtr reply;  // null: an error
  ErrorPtr error;
};

using Completions = std::vector<Completed>;

}  // namespace rediscluster
