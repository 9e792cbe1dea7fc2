#include "connection/connect_failures.h"

namespace rediscluster {
namespace {

ErrorPtr copy(const Error& error) noexcept {
  return make_error(error.code, error.outcome, error.message, error.server_word());
}

}  // namespace

ErrorPtr ConnectFailures::why_not_yet(TimePoint now) noexcept {
  if (!refused_.load(std::memory_order_relaxed)) return nullptr;
  const MutexLock lock(mutex_);
  if (why_ == nullptr) return nullptr;
  if (now < not_before_) return copy(*why_);
  not_before_ = now + backoff_.next();  // for this attempt; the others wait for what becomes of it
  return nullptr;
}

bool ConnectFailures::backing_off(TimePoint now) noexcept {
  if (!refused_.load(std::memory_order_relaxed)) return false;
  const MutexLock lock(mutex_);
  return why_ != nullptr && now < not_before_;
}

void ConnectFailures::note(const Error& why, TimePoint now) noexcept {
  const MutexLock lock(mutex_);
  why_ = copy(why);
  refused_.store(true, std::memory_order_relaxed);
  if (now >= not_before_) not_before_ = now + backoff_.next();
}

void ConnectFailures::forget() noexcept {
  if (!refused_.load(std::memory_order_relaxed)) return;
  const MutexLock lock(mutex_);
  why_ = nullptr;
  refused_.store(false, std::memory_order_relaxed);
  not_before_ = {};
  backoff_ = new_backoff();
}

}  // namespace rediscluster
