// Waiting for an atomic word to change, with a deadline (std::atomic::wait has none).
#pragma once

#include <atomic>
#include <cstdint>

#include "sync/deadline.h"

namespace rediscluster {

using FutexWord = std::atomic<std::uint32_t>;

// Sleeps while `word` is `seen`, until woken, the deadline, or now and then for no reason: check and call
// again.
void park(FutexWord& word, std::uint32_t seen, Deadline deadline) noexcept;
void park(FutexWord& word, std::uint32_t seen) noexcept;  // without a deadline
void unpark_one(FutexWord& word) noexcept;  // `word` may be gone already: nothing is read from it
void unpark_all(FutexWord& word) noexcept;

}  // namespace rediscluster
