#include "queue/timers.h"

namespace rediscluster {

void Timers::set(Timer& timer, TimePoint at) noexcept {
  timer.at = at;
  heap_.push_back(&timer);
  timer.place = static_cast<std::uint32_t>(heap_.size() - 1);
  move_up(heap_.size() - 1);
}

Timer* Timers::take_due(TimePoint now) noexcept {
  Timer* due = first_ != nullptr && first_->at <= now ? first_ : nullptr;
  if (due == nullptr && !heap_.empty() && heap_.front()->at <= now) due = heap_.front();
  if (due != nullptr) clear(*due);
  return due;
}

void Timers::take_from_heap(Timer& timer) noexcept {
  const std::size_t place = timer.place;
  Timer* const last = heap_.back();
  heap_.pop_back();
  timer.place = Timer::kOff;
  if (last == &timer) return;
  put(last, place);
  move_up(place);
  move_down(last->place);
}

void Timers::move_up(std::size_t place) noexcept {
  Timer* const timer = heap_[place];
  while (place > 0) {
    const std::size_t above = (place - 1) / 2;
    if (heap_[above]->at <= timer->at) break;
    put(heap_[above], place);
    place = above;
  }
  put(timer, place);
}

void Timers::move_down(std::size_t place) noexcept {
  Timer* const timer = heap_[place];
  for (std::size_t below = 2 * place + 1; below < heap_.size(); below = 2 * place + 1) {
    if (below + 1 < heap_.size() && heap_[below + 1]->at < heap_[below]->at) ++below;
    if (timer->at <= heap_[below]->at) break;
    put(heap_[below], place);
    place = below;
  }
  put(timer, place);
}

}  // namespace rediscluster
