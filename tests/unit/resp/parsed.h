// A reply made of its bytes.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "resp/reply_parser.h"
#include "resp/resp3.h"

namespace rediscluster {

inline ReplyPtr parsed(std::string_view bytes, Protocol protocol = Protocol::kResp2) {
  ReplyParser parser(protocol);
  ArenaPtr arena;
  parser.feed(bytes.data(), bytes.size());
  if (parser.next({&arena, nullptr}) != Parsed::kReply) std::abort();
  return into_reply(std::move(arena));
}

// What a reply holds, in one line: "[+OK $text :1 nil -ERR message]"; a map in braces, a set "~[...]", a
// nested push ">[...]".
inline std::string shown(const Reply& reply) {
  const std::string text(reply.string());
  std::string all;
  switch (reply.type) {
    case ReplyType::kNil:
      return "nil";
    case ReplyType::kStatus:
      return "+" + text;
    case ReplyType::kString:
      return "$" + text;
    case ReplyType::kInteger:
      return ":" + std::to_string(reply.integer);
    case ReplyType::kError:
      return "-" + text;
    case ReplyType::kDouble:
      return "," + text;
    case ReplyType::kBool:
      return reply.integer == 1 ? "#t" : "#f";
    case ReplyType::kBigNumber:
      return "(" + text;
    case ReplyType::kVerbatim:
      return "=" + text;
    case ReplyType::kArray:
    case ReplyType::kMap:
      break;
    case ReplyType::kSet:
      all = "~";
      break;
    case ReplyType::kPush:
      all = ">";
      break;
  }
  const bool is_map = reply.type == ReplyType::kMap;
  all += is_map ? '{' : '[';
  for (std::size_t i = 0; i < reply.length; ++i) {
    if (i > 0) all += ' ';
    all += shown(reply.elements[i]);
  }
  return all + (is_map ? '}' : ']');
}

}  // namespace rediscluster
