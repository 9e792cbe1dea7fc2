#include "scan/pattern.h"

#include "base/clock.h"
#include "commands/key_slot.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

// As a server answers KEYS pattern.
static void patterns_match_by_the_servers_rules(void**) {
  const struct {
    const char* pattern;
    const char* key;
    bool matches;
  } cases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "abc", true},
      {"a*c", "abbbc", true},
      {"a*c", "abbb", false},
      {"a**c", "ac", true},
      {"?", "a", true},
      {"?", "", false},
      {"?", "ab", false},
      {"a?c", "abc", true},
      {"h[ae]llo", "hello", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-b]llo", "hbllo", true},
      {"h[b-a]llo", "hallo", true},
      {"h[a-b]llo", "hcllo", false},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"a\\", "a\\", true},
      {"[\\]]", "]", true},
      {"[\\]]", "a", false},
      {"[a", "a", true},
      {"[", "a", false},
      {"[^", "a", true},
      {"[]", "a", false},
      {"*a*b*c", "xaybzc", true},
      {"*a*b*c", "xaybzcd", false},
      {"*ab", "aab", true},
      {"*aab", "aaab", true},
      {"a*b?", "abbbc", true},
      {"[a-]", "-", false},
      {"A", "a", false},
      {"\xff*", "\xff", true},
      {"[\x80-\xff]", "\x90", true},
  };
  for (const auto& one : cases) {
    if (pattern_matches(one.pattern, one.key) == one.matches) continue;
    print_error("%s on %s\n", one.pattern, one.key);
    fail();
  }
}

static void many_stars_do_not_take_for_ever(void**) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  const std::string key(5000, 'a');
  const TimePoint began = Clock::now();
  assert_false(pattern_matches(pattern + "b", key));
  assert_true(Clock::now() - began < std::chrono::seconds(20));
}

static void a_literal_hash_tag_is_one_slot(void**) {
  const struct {
    const char* pattern;
    const char* slot_of;  // null: several
  } cases[] = {
      {"{user:1}:*", "{user:1}"},
      {"a{b}c*", "{b}"},
      {"{a}{b*}", "{a}"},
      {"key", "key"},
      {"{}a", "{}a"},
      {"{a", "{a"},
      {"a}b", "a}b"},
      {"", ""},
      {"{a}", "{a}"},
      {"*{a}", nullptr},
      {"?{a}", nullptr},
      {"[x]{a}", nullptr},
      {"{a*}", nullptr},
      {"{a?}", nullptr},
      {"{[a]}", nullptr},
      {"{}*", nullptr},
      {"{a*", nullptr},
      {"a*", nullptr},
      {"\\{a}*", nullptr},
      {"{\\a}", nullptr},
      {"{}{a}*", nullptr},
      {"{}{a}", "{}{a}"},
  };
  for (const auto& one : cases) {
    const int expected = one.slot_of == nullptr ? -1 : key_slot(one.slot_of);
    if (slot_of_pattern(one.pattern) == expected) continue;
    print_error("%s\n", one.pattern);
    fail();
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(patterns_match_by_the_servers_rules),
      cmocka_unit_test(many_stars_do_not_take_for_ever),
      cmocka_unit_test(a_literal_hash_tag_is_one_slot),
  };
  return cmocka_run_group_tests_name("pattern", tests, nullptr, nullptr);
}
