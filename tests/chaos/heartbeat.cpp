#include "chaos/heartbeat.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace chaos {
namespace {

constexpr milliseconds kPeriod(5);
constexpr milliseconds kLate(3);

struct ScheduleFile {
  int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  ~ScheduleFile() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

Heartbeat::~Heartbeat() {
  stop_ = true;
  thread_.join();
}

void Heartbeat::beat() {
  while (!stop_) {
    const auto due = Clock::now() + kPeriod;
    std::this_thread::sleep_until(due);
    const auto now = Clock::now();
    if (now - due < kLate) continue;
    const std::lock_guard lock(mutex_);
    gaps_.push_back({due, now});
  }
}

Clock::duration Heartbeat::lateness(TimePoint begin, TimePoint end) const {
  const std::lock_guard lock(mutex_);
  Clock::duration sum{};
  for (const auto& gap : gaps_)
    sum += std::max(std::min(gap.came, end) - std::max(gap.due, begin), Clock::duration{});
  return sum;
}

void Heartbeat::forget() {
  const std::lock_guard lock(mutex_);
  gaps_.clear();
  gaps_.shrink_to_fit();
}

// "<time on a CPU> <time waiting for one> <turns>", in ns.
Clock::duration run_delay() {
  thread_local const ScheduleFile file;
  char text[128];
  const ssize_t size = pread(file.fd, text, sizeof text - 1, 0);
  if (size <= 0) return {};
  text[size] = '\0';
  const char* second = std::strchr(text, ' ');
  return second == nullptr ? Clock::duration{} : std::chrono::nanoseconds(std::atoll(second));
}

}  // namespace chaos
