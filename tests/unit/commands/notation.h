// Replies written as "[ GET 2 [readonly] nil ]": arrays, integers, nil, and simple strings for the rest.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply_parser.h"

namespace rediscluster {

// The same as RESP.
inline std::string resp_of(std::string_view notation) {
  struct Level {
    int count = 0;
    std::string text;
  };
  std::vector<Level> levels(1);
  std::size_t at = 0;
  while ((at = notation.find_first_not_of(" \n", at)) != std::string_view::npos) {
    const bool is_bracket = notation[at] == '[' || notation[at] == ']';
    const std::size_t end = is_bracket ? at + 1 : notation.find_first_of(" \n[]", at);
    const std::string word(notation.substr(at, end - at));
    at += word.size();
    if (word == "[") {
      levels.emplace_back();
      continue;
    }
    std::string resp;
    if (word == "]") {
      resp = "*" + std::to_string(levels.back().count) + "\r\n" + levels.back().text;
      levels.pop_back();
    } else if (word == "nil") {
      resp = "$-1\r\n";
    } else if (word.find_first_not_of("-0123456789") == std::string::npos) {
      resp = ":" + word + "\r\n";
    } else if (word[0] == '-') {
      resp = word + "\r\n";
    } else {
      resp = "+" + word + "\r\n";
    }
    levels.back().count += 1;
    levels.back().text += resp;
  }
  return levels.front().text;
}

class NotedReply {
 public:
  explicit NotedReply(std::string_view notation) {
    const std::string resp = resp_of(notation);
    ReplyParser parser;
    parser.feed(resp.data(), resp.size());
    if (parser.next({&arena_, nullptr}) != Parsed::kReply) std::abort();
  }
  const Reply& operator*() noexcept { return arena_->root(); }

 private:
  ArenaPtr arena_;
};

}  // namespace rediscluster
