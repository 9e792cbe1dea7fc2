#include "queue/poller.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rediscluster {

Status Poller::open() {
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (epoll_) timer_ = UniqueFd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (timer_) bell_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell_) {
    return make_error(Code::kConnect, Outcome::kNotSent,
                      "no file descriptor left for a queue: raise the limit of open files");
  }
  epoll_event event{EPOLLIN, {}};
  event.data.ptr = &timer_;
  bool watched = epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event) == 0;
  event.data.ptr = &bell_;
  watched = watched && epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, bell_.get(), &event) == 0;
  return watched ? Status() : Status(no_memory_error());
}

void Poller::ring() noexcept {
  if (!ringing_.exchange(true, std::memory_order_acq_rel)) eventfd_write(bell_.get(), 1);
}

// Whoever rings meanwhile is heard: the caller looks at everything after this.
void Poller::hush() noexcept {
  if (ringing_.load(std::memory_order_acquire)) read_bell();
}

void Poller::read_bell() noexcept {
  eventfd_t ignored = 0;
  eventfd_read(bell_.get(), &ignored);
  ringing_.exchange(false, std::memory_order_acq_rel);
}

void Poller::arm(TimePoint at) noexcept {
  armed_at_ = at;
  itimerspec when{};
  if (at != TimePoint::max()) {
    const auto since = std::max(at.time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (since - seconds).count();
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

bool Poller::watch(int fd, std::uint32_t events, void* what) noexcept {
  epoll_event event{events, {}};
  event.data.ptr = what;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0) return true;
  return errno == ENOENT && epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool Poller::watch_changes(int fd, std::uint32_t events, void* what) noexcept {
  return watch(fd, events | EPOLLET, what);
}

bool Poller::watch_once(int fd, std::uint32_t events, void* what) noexcept {
  return watch(fd, events | EPOLLONESHOT, what);
}

void Poller::forget(int fd) noexcept { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

int Poller::wait(epoll_event* events, int most, TimePoint until, TimePoint now) noexcept {
  int timeout_ms = 0;
  if (until == TimePoint::max()) {
    timeout_ms = -1;
  } else if (until > now) {  // rounded up, or the last millisecond would be waited for without a pause
    constexpr std::int64_t kDay = std::int64_t{24} * 3600 * 1000;
    const auto left = std::chrono::ceil<milliseconds>(until - now).count();
    timeout_ms = static_cast<int>(std::min<std::int64_t>(left, kDay));
  }
  const int count = std::max(epoll_wait(epoll_.get(), events, most, timeout_ms), 0);
  int left = 0;
  for (int i = 0; i < count; ++i) {
    const void* const what = events[i].data.ptr;
    if (what == &bell_) {
      read_bell();
    } else if (what != &timer_) {
      events[left++] = events[i];
    }
  }
  return left;
}

}  // namespace rediscluster
