// What became of each part of an operation over several nodes that succeeded in part.
#pragma once

#include <cstddef>
#include <cstdint>

struct rc_error;
struct rc_reply;

namespace rediscluster {

// What one node was sent for one slot or, without keys, one node's whole.
struct ErrorPart {
  const char* node = "";                // "host:port" that was asked last; empty where none could be
  const std::uint32_t* keys = nullptr;  // their indices among the arguments, the name being 0
  std::size_t key_count = 0;
  const rc_reply* reply = nullptr;  // what it answered
  const rc_error* error = nullptr;  // or why it failed
};

// All of it lies in `memory`, with the replies. An error that is part of a reply leaves it to that.
struct ErrorParts {
  const ErrorPart* all = nullptr;
  std::size_t count = 0;
  void* memory = nullptr;
  void (*release)(void* memory) = nullptr;  // for the owner of an error that is `owned`

  const ErrorPart* at(std::size_t i) const noexcept { return i < count ? all + i : nullptr; }
};

}  // namespace rediscluster
