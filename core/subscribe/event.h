// What a subscription tells its user: a message, or what became of a name. One block of memory holds an event
// and its texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"

namespace rediscluster {

// The numbers of these are the C API's.
enum class SubscriptionKind : int { kChannel = 0, kPattern = 1, kShardChannel = 2 };
inline constexpr int kSubscriptionKinds = 3;
enum class EventType : int {
  kMessage = 1,
  kSubscribed = 2,
  kUnsubscribed = 3,
  kGap = 4,
  kRefused = 5,
  kClosed = 6
};
enum class GapReason : int { kNone = 0, kConnection = 1, kMoved = 2, kFailover = 3, kSlow = 4 };

}  // namespace rediscluster

// The C API's opaque rc_event is the core's own.
struct rc_event {
  rediscluster::EventType type = rediscluster::EventType::kMessage;
  rediscluster::SubscriptionKind kind = rediscluster::SubscriptionKind::kChannel;
  // All end with a NUL behind them; null where there is none. Of a message `channel` is where it was
  // published, of another event the name; `pattern` is null for other kinds than patterns.
  std::string_view channel;
  std::string_view pattern;
  std::string_view payload;
  rediscluster::GapReason reason = rediscluster::GapReason::kNone;
  std::int64_t gap_ms = 0;
  std::int64_t gap_lost = -1;
  rediscluster::ErrorPtr error;

  // What was asked for, and brought this.
  std::string_view name() const noexcept { return pattern.data() == nullptr ? channel : pattern; }

  // Of the queue that it is in.
  std::size_t size = 0;  // bytes in all
  rc_event* next = nullptr;
  rc_event* previous = nullptr;
  rc_event* next_message = nullptr;
};

namespace rediscluster {

using Event = ::rc_event;

void free_event(Event* event) noexcept;

struct EventDeleter {
  void operator()(Event* event) const noexcept { free_event(event); }
};
using EventPtr = std::unique_ptr<Event, EventDeleter>;

// std::bad_alloc. `pattern` is for messages of patterns only.
EventPtr make_message(SubscriptionKind kind, std::string_view channel, std::string_view pattern,
                      std::string_view payload);
EventPtr make_event(EventType type, SubscriptionKind kind, std::string_view name);
EventPtr make_gap(SubscriptionKind kind, std::string_view name, GapReason reason, std::int64_t ms,
                  std::int64_t lost);

}  // namespace rediscluster
