#include "client/info.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void counters_are_found_by_name(void**) {
  Info info;
  info.counters = {{"moved", 3}, {"ask", UINT64_MAX}};
  assert_int_equal(info.counter("moved"), 3);
  assert_true(info.counter("ask") == UINT64_MAX);
}

static void a_name_that_is_none_counts_nothing(void**) {
  Info info;
  assert_int_equal(info.counter("moved"), 0);
  info.counters = {{"moved", 3}};
  for (const char* name : {"", "MOVED", "move", "movedx"}) assert_int_equal(info.counter(name), 0);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(counters_are_found_by_name),
      cmocka_unit_test(a_name_that_is_none_counts_nothing),
  };
  return cmocka_run_group_tests_name("info", tests, nullptr, nullptr);
}
