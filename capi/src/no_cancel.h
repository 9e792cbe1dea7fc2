// pthread_cancel ends a thread in the middle of what it does, by unwinding its stack from within recv, send,
// poll, close and their like. A call of ours may hold a role of a connection then, that others wait for, and
// much of it is noexcept, which ends the process. So a thread is not cancelled inside of a call, callbacks
// included, but at the next place after it.
#pragma once

#include <pthread.h>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define REDISCLUSTER_KNOWS_OF_OTHER_THREADS
#endif

namespace rediscluster {

// While one is there the thread is not cancelled. In a function that may send, receive, wait or close.
class NoCancel {
 public:
  NoCancel() noexcept : active_(others()) {
    if (active_) [[unlikely]]
      begin();
  }
  ~NoCancel() {
    if (active_) [[unlikely]]
      end();
  }
  NoCancel(const NoCancel&) = delete;
  NoCancel& operator=(const NoCancel&) = delete;

 private:
  // Who is alone is not cancelled: glibc looks at the same before it makes a place of cancellation of a call.
  static bool others() noexcept {
#ifdef REDISCLUSTER_KNOWS_OF_OTHER_THREADS
    return __libc_single_threaded == 0;
#else
    return true;
#endif
  }
  [[gnu::noinline]] void begin() noexcept { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  [[gnu::noinline]] void end() noexcept { pthread_setcancelstate(before_, nullptr); }

  const bool active_;
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace rediscluster
