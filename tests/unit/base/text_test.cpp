#include "base/text.h"

#include <cstdint>
#include <limits>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void words_and_numbers_are_joined(void**) {
  const std::string owned = "b";
  assert_text(text("a", owned, std::string_view("cd").substr(0, 1), 7, ":", -3), "abc7:-3");
  assert_text(text(), "");
  assert_text(text(""), "");
}

static void the_largest_numbers_fit(void**) {
  assert_text(text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  assert_text(text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(words_and_numbers_are_joined),
      cmocka_unit_test(the_largest_numbers_fit),
  };
  return cmocka_run_group_tests_name("text", tests, nullptr, nullptr);
}
