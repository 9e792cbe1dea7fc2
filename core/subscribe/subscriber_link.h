// What was asked of a node over the one connection that a group of subscriptions has to it.
#pragma once

#include <cstdint>
#include <deque>

#include "base/clock.h"
#include "sync/backoff.h"

namespace rediscluster {

class Node;
struct SubscribedName;

enum class SubscriberVerb : std::uint8_t { kSubscribe, kUnsubscribe, kPing };

// A command whose answer is to come, or that is to be sent.
struct ExpectedAnswer {
  SubscriberVerb verb;
  SubscribedName* name;  // null: a PING that only asks whether the node is there
  std::uint64_t token;   // of a PING
};

struct SubscriberLink {
  explicit SubscriberLink(Node& to) : node(to) {}

  Node& node;
  bool open = false;
  TimePoint opened_at{};
  std::deque<ExpectedAnswer> expected;  // in the order of the wire
  std::size_t sent = 0;                 // how many of the first of them were encoded

  static constexpr Duration kFirstPause = milliseconds(20);
  static constexpr Duration kLongestPause = milliseconds(1000);
  bool in_use = false;     // a name has a place here, as far as is known: else it may be closed
  bool failing = false;    // it could not be connected to, or was lost at once
  bool may_retry = false;  // failing, and `retry_at` has come
  TimePoint retry_at{};
  Backoff pauses{kFirstPause, kLongestPause};
};

}  // namespace rediscluster
