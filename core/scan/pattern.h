// MATCH patterns, by the servers' rules: `*`, `?`, `[abc]`, `[a-z]`, `[^a]`, and `\` before what is meant as
// it stands.
#pragma once

#include <string_view>

namespace rediscluster {

bool pattern_matches(std::string_view pattern, std::string_view key) noexcept;

// The one slot that keys of the pattern can be in, because their hash tag, or all of the key, stands in it
// literally; -1: there may be several.
int slot_of_pattern(std::string_view pattern) noexcept;

}  // namespace rediscluster
