#include "topology/listeners.h"

#include <cassert>

namespace rediscluster {

Listeners::~Listeners() { assert(first_ == nullptr && "a listener outlives its topology"); }

void Listeners::add(TopologyListener& listener) noexcept {
  const std::lock_guard lock(mutex_);
  listener.before_ = last_;
  listener.after_ = nullptr;
  (last_ == nullptr ? first_ : last_->after_) = &listener;
  last_ = &listener;
}

void Listeners::remove(TopologyListener& listener) noexcept {
  std::unique_lock lock(mutex_);
  for (Teller* teller = tellers_; teller != nullptr; teller = teller->other) {
    if (teller->next == &listener) teller->next = listener.after_;
  }
  (listener.before_ == nullptr ? first_ : listener.before_->after_) = listener.after_;
  (listener.after_ == nullptr ? last_ : listener.after_->before_) = listener.before_;
  while (called_by_another(listener)) {
    const auto seen = calls_ended_.load();
    lock.unlock();
    park(calls_ended_, seen, Deadline(TimePoint::max()));
    lock.lock();
  }
}

// With mutex_ held.
bool Listeners::called_by_another(const TopologyListener& listener) const noexcept {
  for (const Teller* teller = tellers_; teller != nullptr; teller = teller->other) {
    if (teller->current == &listener && teller->thread != std::this_thread::get_id()) return true;
  }
  return false;
}

void Listeners::tell(void (TopologyListener::*what)() noexcept) noexcept {
  std::unique_lock lock(mutex_);
  if (first_ == nullptr) return;
  Teller own;
  own.next = first_;
  own.other = tellers_;
  tellers_ = &own;
  while (own.next != nullptr) {
    own.current = own.next;
    own.next = own.current->after_;
    lock.unlock();
    (own.current->*what)();
    lock.lock();
    own.current = nullptr;  // it may be gone
    calls_ended_.fetch_add(1);
    unpark_all(calls_ended_);
  }
  Teller** at = &tellers_;
  while (*at != &own) at = &(*at)->other;
  *at = own.other;
}

}  // namespace rediscluster
