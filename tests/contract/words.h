// Lines of the contract as words. See README.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace contract {

struct Word {
  std::string text;
  bool quoted = false;  // then it is no mark

  bool is(std::string_view mark) const { return !quoted && text == mark; }
};

using Words = std::vector<Word>;

// Throws std::runtime_error for a quote that does not end or an escape that is none.
Words split(std::string_view line);

// A word as split reads it again.
std::string quote(std::string_view text);

}  // namespace contract
