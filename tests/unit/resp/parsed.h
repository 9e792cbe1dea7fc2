// A reply made of its bytes.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "resp/reply_parser.h"

namespace rediscluster {

inline ReplyPtr parsed(std::string_view bytes) {
  ReplyParser parser;
  ArenaPtr arena;
  parser.feed(bytes.data(), bytes.size());
  if (parser.next({&arena, nullptr}) != Parsed::kReply) std::abort();
  return into_reply(std::move(arena));
}

// What a reply holds, in one line: "[+OK $text :1 nil -ERR message]".
inline std::string shown(const Reply& reply) {
  switch (reply.type) {
    case ReplyType::kNil:
      return "nil";
    case ReplyType::kStatus:
      return "+" + std::string(reply.string());
    case ReplyType::kString:
      return "$" + std::string(reply.string());
    case ReplyType::kInteger:
      return ":" + std::to_string(reply.integer);
    case ReplyType::kError:
      return "-" + std::string(reply.string());
    default:
      break;
  }
  std::string all = "[";
  for (std::size_t i = 0; i < reply.length; ++i) {
    if (i > 0) all += ' ';
    all += shown(reply.elements[i]);
  }
  return all + "]";
}

}  // namespace rediscluster
