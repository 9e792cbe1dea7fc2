// Events that wait until their subscriber takes them, and what becomes of messages when there are too many.
// Whoever uses it guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "subscribe/event.h"

namespace rediscluster {

enum class OverflowPolicy : int { kPause = 0, kDropOldest = 1, kDropNewest = 2 };

struct EventLimits {
  std::size_t max_events = 65536;  // messages
  std::size_t max_bytes = std::size_t{16} * 1024 * 1024;
  OverflowPolicy overflow = OverflowPolicy::kPause;
};

class EventQueue {
 public:
  EventQueue() = default;
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  EventLimits limits;  // one message alone is never too large

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t messages() const noexcept { return messages_; }
  std::size_t bytes() const noexcept { return bytes_; }  // of messages
  // False: whoever reads for a queue that pauses is to stop.
  bool has_room() const noexcept {
    return messages_ == 0 || (messages_ < limits.max_events && bytes_ < limits.max_bytes);
  }

  // A message goes past the limits only where the policy is to pause. How many were dropped. std::bad_alloc:
  // then nothing has changed.
  std::uint64_t push_message(EventPtr message);
  // Any other event. A gap that follows another without a message in between becomes one with it, so that a
  // connection that comes and goes does not fill a queue that nobody reads. std::bad_alloc, as above.
  void push(EventPtr event);
  EventPtr take() noexcept;  // null: there is none

 private:
  struct Key {
    SubscriptionKind kind;
    std::string_view name;  // of an event that is in the queue
    bool operator==(const Key&) const = default;
  };
  struct HashOfKey {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::string_view>()(key.name) + static_cast<std::size_t>(key.kind);
    }
  };
  using ByName = std::unordered_map<Key, Event*, HashOfKey>;

  static Key key_of(const Event& event) noexcept { return {event.kind, event.name()}; }
  bool fits(const Event& message) const noexcept {
    return messages_ == 0 || (messages_ < limits.max_events && bytes_ + message.size <= limits.max_bytes);
  }
  void append(Event& event) noexcept;
  void replace(Event& old, Event& by) noexcept;
  void unlink(Event& event) noexcept;
  void drop_oldest();
  void drop(const Event& newest);
  static void forget(ByName& from, const Event& event) noexcept;

  Event* first_ = nullptr;
  Event* last_ = nullptr;
  Event* first_message_ = nullptr;
  Event* last_message_ = nullptr;
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
  ByName slow_;  // gaps in the queue that count what is dropped of their name
  ByName open_;  // gaps in the queue behind which there is no message of their name
};

}  // namespace rediscluster
