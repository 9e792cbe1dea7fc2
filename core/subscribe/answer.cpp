#include "subscribe/answer.h"

namespace rediscluster {
namespace {

struct Word {
  std::string_view word;
  SaidType type;
  SubscriptionKind kind;
  std::size_t length;
};

constexpr Word kWords[] = {
    {"message", SaidType::kMessage, SubscriptionKind::kChannel, 3},
    {"smessage", SaidType::kMessage, SubscriptionKind::kShardChannel, 3},
    {"pmessage", SaidType::kMessage, SubscriptionKind::kPattern, 4},
    {"subscribe", SaidType::kSubscribed, SubscriptionKind::kChannel, 3},
    {"ssubscribe", SaidType::kSubscribed, SubscriptionKind::kShardChannel, 3},
    {"psubscribe", SaidType::kSubscribed, SubscriptionKind::kPattern, 3},
    {"unsubscribe", SaidType::kUnsubscribed, SubscriptionKind::kChannel, 3},
    {"sunsubscribe", SaidType::kUnsubscribed, SubscriptionKind::kShardChannel, 3},
    {"punsubscribe", SaidType::kUnsubscribed, SubscriptionKind::kPattern, 3},
};

bool is_text(const Reply& reply) noexcept {
  return reply.type == ReplyType::kString || reply.type == ReplyType::kStatus;
}

}  // namespace

Said understand(const Reply& reply) noexcept {
  Said said;
  if (reply.is_error()) {
    said.type = SaidType::kError;
    said.error = reply.error;
    return said;
  }
  if (is_text(reply)) {  // in RESP2 while nothing is subscribed to, and in RESP3
    said.type = SaidType::kPong;
    said.payload = reply.string();
    return said;
  }
  const bool push = reply.type == ReplyType::kPush;
  if (push) said.type = SaidType::kIgnored;
  if ((!push && reply.type != ReplyType::kArray) || reply.length == 0 || !is_text(reply.elements[0]))
    return said;
  const std::string_view word = reply.elements[0].string();
  if (word == "pong" && reply.length == 2 && is_text(reply.elements[1])) {
    said.type = SaidType::kPong;
    said.payload = reply.elements[1].string();
    return said;
  }
  for (const Word& known : kWords) {
    if (known.word != word) continue;
    said.type = SaidType::kMeaningless;
    if (reply.length != known.length) return said;
    const bool no_name = known.type == SaidType::kUnsubscribed && reply.elements[1].type == ReplyType::kNil;
    if (!no_name && !is_text(reply.elements[1])) return said;
    if (!no_name) said.name = reply.elements[1].string();
    if (known.type == SaidType::kMessage) {
      const Reply& channel = reply.elements[known.length - 2];
      const Reply& payload = reply.elements[known.length - 1];
      if (!is_text(channel) || !is_text(payload)) return said;
      said.channel = channel.string();
      said.payload = payload.string();
    } else if (reply.elements[2].type != ReplyType::kInteger) {
      return said;
    }
    said.type = known.type;
    said.kind = known.kind;
    return said;
  }
  return said;
}

}  // namespace rediscluster
