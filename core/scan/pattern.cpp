#include "scan/pattern.h"

#include <utility>

#include "commands/key_slot.h"

namespace rediscluster {
namespace {

// One element of a pattern, which stands for one byte, `*` excepted.
struct Element {
  std::size_t size = 1;  // of the element in the pattern
  bool matches = false;
};

// `at` is behind the bracket. A class that is not closed ends with the pattern.
Element match_class(std::string_view pattern, std::size_t at, unsigned char byte) noexcept {
  const std::size_t begin = at - 1;
  const bool inverted = at < pattern.size() && pattern[at] == '^';
  if (inverted) ++at;
  bool found = false;
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found = found || static_cast<unsigned char>(pattern[at]) == byte;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      auto low = static_cast<unsigned char>(pattern[at]);
      auto high = static_cast<unsigned char>(pattern[at + 2]);
      if (low > high) std::swap(low, high);
      found = found || (byte >= low && byte <= high);
      at += 2;
    } else {
      found = found || static_cast<unsigned char>(pattern[at]) == byte;
    }
  }
  const std::size_t end = at < pattern.size() ? at + 1 : at;
  return {end - begin, found != inverted};
}

Element match_one(std::string_view pattern, std::size_t at, unsigned char byte) noexcept {
  switch (pattern[at]) {
    case '?':
      return {1, true};
    case '[':
      return match_class(pattern, at + 1, byte);
    case '\\':
      if (at + 1 < pattern.size()) return {2, static_cast<unsigned char>(pattern[at + 1]) == byte};
      [[fallthrough]];
    default:
      return {1, static_cast<unsigned char>(pattern[at]) == byte};
  }
}

bool is_literal(char c) noexcept { return c != '*' && c != '?' && c != '[' && c != '\\'; }

}  // namespace

// Of several `*` only the last needs to be tried again: what the earlier ones have taken is the least that
// they can take. So a pattern of many `*` costs no more than the product of both lengths.
bool pattern_matches(std::string_view pattern, std::string_view key) noexcept {
  constexpr auto kNone = std::string_view::npos;
  std::size_t at = 0;
  std::size_t in_key = 0;
  std::size_t behind_star = kNone;
  std::size_t star_took = 0;  // up to here, of the key
  while (in_key < key.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      behind_star = ++at;
      star_took = in_key;
      continue;
    }
    if (at < pattern.size()) {
      const Element element = match_one(pattern, at, static_cast<unsigned char>(key[in_key]));
      if (element.matches) {
        at += element.size;
        ++in_key;
        continue;
      }
    }
    if (behind_star == kNone) return false;
    at = behind_star;
    in_key = ++star_took;
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

int slot_of_pattern(std::string_view pattern) noexcept {
  std::size_t at = 0;
  const auto pass_literals = [&](char until) {
    while (at < pattern.size() && is_literal(pattern[at]) && pattern[at] != until) ++at;
  };
  pass_literals('{');  // anything else before it might stand for a brace
  if (at < pattern.size() && pattern[at] == '{') {
    const std::size_t begin = ++at;
    pass_literals('}');
    const bool is_tag = at < pattern.size() && pattern[at] == '}' && at > begin;
    if (is_tag) return key_slot(pattern.substr(0, at + 1));
    pass_literals('\0');
    while (at < pattern.size() && is_literal(pattern[at])) ++at;  // no tag: the whole key counts
  }
  return at == pattern.size() ? key_slot(pattern) : -1;
}

}  // namespace rediscluster
