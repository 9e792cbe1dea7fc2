#include "sync/log.h"

#include <new>
#include <utility>

#include "base/text.h"

namespace rediscluster {

void Log::add(LogLevel level, std::string_view line) noexcept {
  if (!wants(level)) return;
  const MutexLock lock(mutex_);
  try {
    if (lines_.size() < kMax) {
      lines_.push_back({level, std::string(line)});
    } else {
      ++dropped_;
    }
  } catch (const std::bad_alloc&) {
    ++dropped_;
  }
  waiting_.store(true, std::memory_order_relaxed);
}

void Log::tell_of_dropped(std::size_t dropped) {
  std::string line;
  try {
    line = text(dropped, " lines of the log were lost: they came too fast");
  } catch (const std::bad_alloc&) {
    return;  // the call that delivers has ended well: it must not fail for this
  }
  function_(LogLevel::kWarning, line);
}

// One thread at a time, so that lines come in order. A line that the user's own calls cause waits for the
// next round of the loop.
void Log::deliver_all() {
  MutexLock lock(mutex_);
  if (std::exchange(delivering_, true)) return;
  while (!lines_.empty() || dropped_ != 0) {
    std::vector<Line> lines = std::exchange(lines_, {});
    const std::size_t dropped = std::exchange(dropped_, 0);
    lock.unlock();
    for (const Line& line : lines) function_(line.level, line.text);
    if (dropped != 0) tell_of_dropped(dropped);
    lock.lock();
  }
  waiting_.store(false, std::memory_order_relaxed);
  delivering_ = false;
}

}  // namespace rediscluster
