#include "sync/parking.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace rediscluster {
namespace {

static_assert(sizeof(FutexWord) == sizeof(std::uint32_t), "a futex is 32 bits");

void wake(FutexWord& word, int count) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace

void park(FutexWord& word, std::uint32_t seen, Deadline deadline) noexcept {
  const TimePoint now = Clock::now();
  const Duration left = deadline.look_at(now) - now;
  if (left <= Duration::zero()) return;
  timespec span{};
  span.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count();
  span.tv_nsec = (left % std::chrono::seconds(1)).count();
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, &span, nullptr, 0);
}

void park(FutexWord& word, std::uint32_t seen) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
}

void unpark_one(FutexWord& word) noexcept { wake(word, 1); }
void unpark_all(FutexWord& word) noexcept { wake(word, INT_MAX); }

}  // namespace rediscluster
