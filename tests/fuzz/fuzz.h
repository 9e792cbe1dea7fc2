// What the fuzz targets share. Each target is a file <name>_fuzz.cpp with LLVMFuzzerTestOneInput: libFuzzer
// calls it (scripts/fuzz), and in every test run replay.cpp does, with each file of corpus/<name>/.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "resp/reply_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);  // libFuzzer's name

// Of the code under test: what must hold whatever the input is.
#define MUST(condition)                                                                   \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace rediscluster {

// The input as the text of one thing.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The first reply that is whole among the bytes, or null.
inline ReplyPtr first_reply(std::string_view bytes) {
  ReplyParser parser;
  ArenaPtr arena;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), ReplyParser::kFeed))) {
    const auto part = bytes.substr(0, ReplyParser::kFeed);
    parser.feed(part.data(), part.size());
    const Parsed parsed = parser.next({&arena, nullptr});
    if (parsed == Parsed::kReply) return into_reply(std::move(arena));
    if (parsed == Parsed::kFailed) return nullptr;
  }
  return nullptr;
}

}  // namespace rediscluster
