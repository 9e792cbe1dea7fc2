#include "subscribe/event_queue.h"

#include <algorithm>

namespace rediscluster {

EventQueue::~EventQueue() {
  while (take() != nullptr) {
  }
}

void EventQueue::append(Event& event) noexcept {
  event.next = nullptr;
  event.previous = last_;
  (last_ == nullptr ? first_ : last_->next) = &event;
  last_ = &event;
  if (event.type != EventType::kMessage) return;
  event.next_message = nullptr;
  (last_message_ == nullptr ? first_message_ : last_message_->next_message) = &event;
  last_message_ = &event;
  ++messages_;
  bytes_ += event.size;
}

// The oldest message, or any other event, leaves the queue.
void EventQueue::unlink(Event& event) noexcept {
  (event.previous == nullptr ? first_ : event.previous->next) = event.next;
  (event.next == nullptr ? last_ : event.next->previous) = event.previous;
  if (event.type != EventType::kMessage) return;
  first_message_ = event.next_message;
  if (first_message_ == nullptr) last_message_ = nullptr;
  --messages_;
  bytes_ -= event.size;
}

void EventQueue::replace(Event& old, Event& by) noexcept {
  by.previous = old.previous;
  by.next = old.next;
  (by.previous == nullptr ? first_ : by.previous->next) = &by;
  (by.next == nullptr ? last_ : by.next->previous) = &by;
  by.next_message = nullptr;
  first_message_ = old.next_message;
  if (first_message_ == nullptr) last_message_ = nullptr;
  --messages_;
  bytes_ -= old.size;
}

void EventQueue::forget(ByName& from, const Event& event) noexcept {
  const auto at = from.find(key_of(event));
  if (at != from.end() && at->second == &event) from.erase(at);
}

std::uint64_t EventQueue::push_message(EventPtr message) {
  std::uint64_t dropped = 0;
  if (limits.overflow == OverflowPolicy::kDropNewest && !fits(*message)) {
    drop(*message);
    return 1;
  }
  while (limits.overflow == OverflowPolicy::kDropOldest && !fits(*message)) {
    drop_oldest();
    ++dropped;
  }
  // What is dropped after this message is another hole.
  if (limits.overflow == OverflowPolicy::kDropNewest && !slow_.empty()) slow_.erase(key_of(*message));
  if (!open_.empty()) open_.erase(key_of(*message));
  append(*message.release());
  return dropped;
}

// A gap takes the place of the first message of its name that is dropped, and counts those after it.
void EventQueue::drop_oldest() {
  Event& oldest = *first_message_;
  if (const auto at = slow_.find(key_of(oldest)); at != slow_.end()) {
    ++at->second->gap_lost;
    unlink(oldest);
  } else {
    EventPtr gap = make_gap(oldest.kind, oldest.name(), GapReason::kSlow, 0, 1);
    slow_.emplace(key_of(*gap), gap.get());
    replace(oldest, *gap.release());
  }
  free_event(&oldest);
}

void EventQueue::drop(const Event& newest) {
  if (const auto at = slow_.find(key_of(newest)); at != slow_.end()) {
    ++at->second->gap_lost;
    return;
  }
  EventPtr gap = make_gap(newest.kind, newest.name(), GapReason::kSlow, 0, 1);
  slow_.emplace(key_of(*gap), gap.get());
  if (!open_.empty()) open_.erase(key_of(newest));
  append(*gap.release());
}

void EventQueue::push(EventPtr event) {
  const auto open = open_.find(key_of(*event));
  if (event->type == EventType::kGap) {
    if (open != open_.end()) {
      Event& gap = *open->second;
      gap.gap_ms += event->gap_ms;
      gap.reason = event->reason;
      return;
    }
    open_.emplace(key_of(*event), event.get());
  } else if (event->type == EventType::kSubscribed) {
    // Behind an open gap it may have been told already.
    if (open != open_.end() && open->second->next_message != nullptr) return;
    if (open != open_.end())
      open->second->next_message = event.get();  // a mark: gaps use it for nothing else
  } else if (open != open_.end()) {
    open_.erase(open);
  }
  append(*event.release());
}

EventPtr EventQueue::take() noexcept {
  if (first_ == nullptr) return nullptr;
  Event& event = *first_;
  unlink(event);
  if (event.type == EventType::kGap) {
    forget(slow_, event);
    forget(open_, event);
  }
  event.next = event.previous = event.next_message = nullptr;
  return EventPtr(&event);
}

}  // namespace rediscluster
