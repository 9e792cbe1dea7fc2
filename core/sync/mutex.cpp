#include "sync/mutex.h"

#include "sync/parking.h"

#if !defined(__SANITIZE_THREAD__)

namespace rediscluster {

// Whoever has slept cannot know whether others do, so it leaves the word as if they did.
void Mutex::wait_and_lock() noexcept {
  while (word_.exchange(kAwaited, std::memory_order_acquire) != kFree) park(word_, kAwaited);
}

void Mutex::wake_one() noexcept { unpark_one(word_); }

}  // namespace rediscluster

#endif
