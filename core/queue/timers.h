// When the calls of a queue are to be looked at: at their deadlines, or sooner. Not thread-safe: its owner's
// lock guards it.
//
// Nearly all calls have the same time, so that their deadlines come in the order of the submits: these stand
// in a line, and cost a few instructions each. All others are in a heap.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace rediscluster {

// A part of what is timed.
struct Timer {
  static constexpr std::uint32_t kOff = UINT32_MAX;
  static constexpr std::uint32_t kInLine = UINT32_MAX - 1;

  TimePoint at{};
  std::uint32_t place = kOff;  // in the heap, or one of these
  Timer* before = nullptr;
  Timer* after = nullptr;
};

class Timers {
 public:
  // Room for so many, so that set() needs none. Throws bad_alloc.
  void reserve(std::size_t count) {
    if (heap_.capacity() < count) heap_.reserve(count * 2);
  }

  // In the order of time, or nearly so.
  void set_in_line(Timer& timer, TimePoint at) noexcept {
    Timer* behind = last_;
    while (behind != nullptr && behind->at > at) behind = behind->before;
    timer.at = at;
    timer.place = Timer::kInLine;
    timer.before = behind;
    timer.after = behind == nullptr ? first_ : behind->after;
    (behind == nullptr ? first_ : behind->after) = &timer;
    (timer.after == nullptr ? last_ : timer.after->before) = &timer;
  }
  void set(Timer& timer, TimePoint at) noexcept;
  void clear(Timer& timer) noexcept {
    if (timer.place == Timer::kInLine) [[likely]] {
      (timer.before == nullptr ? first_ : timer.before->after) = timer.after;
      (timer.after == nullptr ? last_ : timer.after->before) = timer.before;
      timer.place = Timer::kOff;
    } else if (timer.place != Timer::kOff) {
      take_from_heap(timer);
    }
  }

  TimePoint earliest() const noexcept {
    TimePoint at = first_ == nullptr ? TimePoint::max() : first_->at;
    if (!heap_.empty() && heap_.front()->at < at) at = heap_.front()->at;
    return at;
  }
  // One whose time has come, which is cleared; null: there is none.
  Timer* take_due(TimePoint now) noexcept;

 private:
  void take_from_heap(Timer& timer) noexcept;
  void put(Timer* timer, std::size_t place) noexcept {
    heap_[place] = timer;
    timer->place = static_cast<std::uint32_t>(place);
  }
  void move_up(std::size_t place) noexcept;
  void move_down(std::size_t place) noexcept;

  Timer* first_ = nullptr;
  Timer* last_ = nullptr;
  std::vector<Timer*> heap_;  // each is no later than the two at 2n+1 and 2n+2
};

}  // namespace rediscluster
