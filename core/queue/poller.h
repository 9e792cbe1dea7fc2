// The descriptors of a queue behind one: its sockets, its timer and what wakes it.
#pragma once

#include <sys/epoll.h>

#include <atomic>

#include "base/clock.h"
#include "base/status.h"
#include "sync/unique_fd.h"

namespace rediscluster {

class Poller {
 public:
  Status open();  // RC_ERR_CONNECT: there is no descriptor left

  int fd() const noexcept { return epoll_.get(); }

  // Readable from now on, until hush(). Also from a signal handler, and from any thread.
  void ring() noexcept;
  void hush() noexcept;

  // Readable at that time. It costs a system call only if that is sooner than what was told before: whoever
  // comes too soon tells the next time by restart().
  void wake_at(TimePoint at) noexcept {
    if (at < armed_at_) arm(at);
  }
  // The same, with whatever was told before forgotten if its time has come.
  void restart(TimePoint at, TimePoint now) noexcept {
    if (armed_at_ <= now) arm(at);
    wake_at(at);
  }

  // To be told of changes of a descriptor (edge-triggered), or once of what is ready of it. False: no memory.
  bool watch_changes(int fd, std::uint32_t events, void* what) noexcept;
  bool watch_once(int fd, std::uint32_t events, void* what) noexcept;
  void forget(int fd) noexcept;

  // What has happened; of the timer and ring() nothing is told. At most `most`; waits until then.
  int wait(epoll_event* events, int most, TimePoint until, TimePoint now) noexcept;

 private:
  bool watch(int fd, std::uint32_t events, void* what) noexcept;
  void arm(TimePoint at) noexcept;
  void read_bell() noexcept;

  UniqueFd epoll_;
  UniqueFd timer_;
  UniqueFd bell_;
  TimePoint armed_at_ = TimePoint::max();  // guarded by the queue's lock
  std::atomic<bool> ringing_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace rediscluster
