// Waiting for an atomic word to change, with a deadline (std::atomic::wait has none).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace rediscluster {

using Word = std::atomic<std::uint32_t>;

// Sleeps while `word` is `seen`, until woken, the deadline, or now and then for no reason: check and call
// again.
void park(Word& word, std::uint32_t seen, Deadline deadline) noexcept;
void unpark_one(Word& word) noexcept;  // `word` may be gone already: nothing is read from it
void unpark_all(Word& word) noexcept;

}  // namespace rediscluster
