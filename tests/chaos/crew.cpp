#include "chaos/crew.h"

#include <algorithm>

namespace chaos {
namespace {

constexpr int kDebt = 2;  // calls that may be made up for: waking up late is not the library's doing

}  // namespace

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Crew::add(CallerPtr caller, int per_second) {
  callers_.push_back(std::move(caller));
  threads_.emplace_back([this, mine = callers_.back().get(), per_second] {
    work(*mine, std::chrono::nanoseconds(1000000000L / per_second));
  });
}

void Crew::resume() {
  {
    const std::lock_guard lock(mutex_);
    paused_ = false;
  }
  changed_.notify_all();
}

void Crew::pause() {
  std::unique_lock lock(mutex_);
  paused_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return working_ == 0; });
}

bool Crew::enter() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !paused_ || stopped_; });
  ++working_;
  return !stopped_;
}

void Crew::leave() {
  {
    const std::lock_guard lock(mutex_);
    --working_;
  }
  changed_.notify_all();
}

void Crew::work(Caller& caller, Clock::duration period) {
  TimePoint next = Clock::now();
  while (enter()) {
    caller.step();
    leave();
    next = std::max(next + period, Clock::now() - kDebt * period);
    std::this_thread::sleep_until(next);
  }
  leave();
}

}  // namespace chaos
