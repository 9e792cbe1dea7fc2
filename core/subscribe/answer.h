// What a server says on a subscriber's connection: arrays in RESP2, pushes in RESP3.
#pragma once

#include <string_view>

#include "resp/reply.h"
#include "subscribe/event.h"

namespace rediscluster {

enum class SaidType {
  kMessage,
  kSubscribed,
  kUnsubscribed,
  kPong,
  kError,
  kIgnored,     // a push of a kind that nobody has asked for
  kMeaningless  // what no server says here
};

struct Said {
  SaidType type = SaidType::kMeaningless;
  SubscriptionKind kind = SubscriptionKind::kChannel;
  std::string_view name = {};     // what was subscribed to; without data: none was told
  std::string_view channel = {};  // of a message
  std::string_view payload = {};  // of a message, or of a PONG
  const Error* error = nullptr;
};

Said understand(const Reply& reply) noexcept;

}  // namespace rediscluster
