// How the replies of several nodes to one command become one.
#pragma once

#include <string_view>
#include <vector>

#include "batch/spread.h"
#include "resp/arena.h"

namespace rediscluster {

// What there is to combine: none of it is an error.
struct Combined {
  std::vector<const Reply*> replies;
  std::vector<std::string_view> nodes;             // that gave them, for messages
  std::size_t count = 0;                           // of kByKey: elements of the whole,
  std::vector<std::vector<std::uint32_t>> places;  // and for each reply the places of its elements
};

// More elements than a program can mean to have in one reply: KEYS of a cluster with so many keys is a
// mistake.
inline constexpr std::size_t kMaxCombined = std::size_t{1} << 26;

// Fails with RC_ERR_PROTOCOL where the replies do not fit together, and RC_ERR_UNSUPPORTED where the result
// is too large. What is made shares the bytes of the replies. Throws bad_alloc.
Status combine(Fold fold, const Combined& parts, Arena& arena, Reply& made,
               std::size_t max_elements = kMaxCombined);

}  // namespace rediscluster
