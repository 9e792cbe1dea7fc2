// Locks and roles that the compiler checks: see sync/thread_safety.h.
#pragma once

#include <atomic>
#include <cstdint>

#include "sync/thread_safety.h"

#if defined(__SANITIZE_THREAD__)
#include <mutex>
#endif

namespace rediscluster {

// A std::mutex for what is locked on the way of every call: to lock and to unlock one that nobody else wants
// are a few instructions each, without a call. Who has to wait sleeps.
class CAPABILITY("mutex") Mutex {
 public:
  Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

#if defined(__SANITIZE_THREAD__)
  // ThreadSanitizer knows this one, and tells of locks that are taken in two orders.
  void lock() ACQUIRE() { mutex_.lock(); }
  bool try_lock() TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
#else
  void lock() noexcept ACQUIRE() {
    if (!try_lock()) [[unlikely]]
      wait_and_lock();
  }
  bool try_lock() noexcept TRY_ACQUIRE(true) {
    std::uint32_t free = kFree;
    return word_.compare_exchange_strong(free, kLocked, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() noexcept RELEASE() {
    if (word_.exchange(kFree, std::memory_order_release) == kAwaited) [[unlikely]]
      wake_one();
  }

 private:
  enum State : std::uint32_t {
    kFree,
    kLocked,
    kAwaited,  // locked, and somebody may sleep until it is free
  };

  void wait_and_lock() noexcept;
  void wake_one() noexcept;

  std::atomic<std::uint32_t> word_{kFree};
#endif
};

// Holds a mutex for as long as it is in scope, except between unlock() and lock(), which come in this order.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() {
    if (locked_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() RELEASE() {
    mutex_.unlock();
    locked_ = false;
  }
  void lock() ACQUIRE() {
    mutex_.lock();
    locked_ = true;
  }

 private:
  Mutex& mutex_;
  bool locked_ = true;
};

// What one thread at a time is: the one that reads from a connection, say. It is nothing at run time: who has
// it is told by a flag of its owner's, and a function that has looked there says so by assume().
class CAPABILITY("role") Role {
 public:
  void take() const noexcept ACQUIRE() {}
  void give_up() const noexcept RELEASE() {}
  // This thread has the role: the owner's flag, or that nobody else can have it any more, tells so.
  void assume() const noexcept ASSERT_CAPABILITY(this) {}
};

}  // namespace rediscluster
