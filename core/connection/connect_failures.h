// That a node could not be connected to: found by one caller, believed by all for a moment. So it is tried by
// one of them now and then, and not by each of them all the time.
#pragma once

#include <atomic>

#include "base/status.h"
#include "sync/backoff.h"
#include "sync/mutex.h"

namespace rediscluster {

class ConnectFailures {
 public:
  // Before an attempt to connect. Null: it may be made. Else why the last one failed.
  ErrorPtr why_not_yet(TimePoint now) noexcept;
  bool backing_off(TimePoint now) noexcept;             // no attempt may be made yet
  void note(const Error& why, TimePoint now) noexcept;  // an attempt has failed
  void forget() noexcept;                               // one has succeeded

 private:
  // A caller's own pauses are longer, so that one who is alone is seldom kept from trying.
  static Backoff new_backoff() noexcept { return Backoff(milliseconds(1), milliseconds(20)); }

  std::atomic<bool> refused_{false};  // written under mutex_
  Mutex mutex_;
  ErrorPtr why_ GUARDED_BY(mutex_);
  TimePoint not_before_ GUARDED_BY(mutex_){};  // the next attempt
  Backoff backoff_ GUARDED_BY(mutex_) = new_backoff();
};

}  // namespace rediscluster
