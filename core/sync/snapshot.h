// A shared immutable value that many threads read and few replace. A reader that has seen the current
// version before pays one atomic load and takes no lock. Whole in a forked child.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "sync/fork.h"
#include "sync/per_thread.h"

#if !defined(NDEBUG) || defined(__SANITIZE_ADDRESS__)
#define REDISCLUSTER_CHECKS_READINGS
#endif

namespace rediscluster {

template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  class Reading;

  // For as long as the Reading lives, which should be an expression: meanwhile this thread must not ask this
  // or another Snapshot<T>, so nothing may run that could, such as a function of the user's. What has to last
  // is kept by get(). A build that checks (REDISCLUSTER_CHECKS_READINGS) ends a program that does otherwise.
  Reading read() const { return Reading(seen_now()); }

 private:
  struct Seen;

  Seen& seen_now() const {
    Seen* const mine = per_thread<Seen>();
    if (mine == nullptr) throw std::bad_alloc();
    Seen& seen = *mine;
    const std::uint64_t version = version_.load(std::memory_order_acquire);
    if (seen.version != version) {
      std::shared_ptr<const T> old;  // goes after the lock
      const MutexLock lock(fork_lock());
      old.swap(seen.value);
      seen.value = value_;
      seen.version = version_.load(std::memory_order_relaxed);
    }
    return seen;
  }

 public:
  std::shared_ptr<const T> get() const {
    const MutexLock lock(fork_lock());
    return value_;
  }

  void set(std::shared_ptr<const T> value) {
    const MutexLock lock(fork_lock());
    value_.swap(value);  // the old one goes when `value` does, after the lock
    version_.store(next_version(), std::memory_order_release);
  }

 private:
  struct Seen {
    std::uint64_t version = 0;
    std::shared_ptr<const T> value;
#ifdef REDISCLUSTER_CHECKS_READINGS
    int readings = 0;
#endif
  };

  // Unique over all snapshots of T, so that a thread may use several in turn.
  static std::uint64_t next_version() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  std::shared_ptr<const T> value_ GUARDED_BY(fork_lock());
  std::atomic<std::uint64_t> version_{next_version()};
};

template <class T>
class Snapshot<T>::Reading {
 public:
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
#ifdef REDISCLUSTER_CHECKS_READINGS
  ~Reading() { --seen_.readings; }
#endif

  const T& operator*() const noexcept { return *seen_.value; }
  const T* operator->() const noexcept { return seen_.value.get(); }

 private:
  friend class Snapshot;
#ifdef REDISCLUSTER_CHECKS_READINGS
  explicit Reading(Seen& seen) noexcept : seen_(seen) {
    if (seen_.readings++ != 0) std::abort();
  }
#else
  explicit Reading(Seen& seen) noexcept : seen_(seen) {}
#endif

  Seen& seen_;
};

}  // namespace rediscluster
