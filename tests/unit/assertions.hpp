// Assertions on errors and texts. Include it last, in place of cmocka.hpp.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/status.h"

#include "unit/cmocka.hpp"  // last

namespace rediscluster {

inline void check_error(const Error& error, Code code, Outcome outcome, std::string_view words,
                        const char* file, int line) {
  const bool holds_words = std::string_view(error.message).find(words) != std::string_view::npos;
  if (error.code == code && error.outcome == outcome && holds_words) return;
  std::fprintf(stderr, "expected %s, outcome %d, \"...%.*s...\"\ngot      %s, outcome %d, \"%s\"\n",
               code_name(code), static_cast<int>(outcome), static_cast<int>(words.size()), words.data(),
               code_name(error.code), static_cast<int>(error.outcome), error.message);
  _fail(file, line);
}

}  // namespace rediscluster

// Of a rc_error: its code, its outcome, and words that its message must hold.
#define assert_failure(error, code, outcome, words) \
  ::rediscluster::check_error(error, code, outcome, words, __FILE__, __LINE__)

// Of anything that converts to a string_view.
#define assert_text(actual, expected)                                \
  assert_string_equal(std::string(std::string_view(actual)).c_str(), \
                      std::string(std::string_view(expected)).c_str())

#define assert_enum(actual, expected) assert_int_equal(static_cast<int>(actual), static_cast<int>(expected))
