#include "base/budget.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void what_fits_is_taken_and_the_rest_refused(void**) {
  Budget budget(100);
  assert_true(budget.take(60));
  assert_true(budget.take(40));
  assert_false(budget.take(1));
  budget.give_back(40);
  assert_false(budget.take(41));
  assert_true(budget.take(40));
}

static void what_is_alone_is_never_refused(void**) {
  Budget budget(100);
  assert_true(budget.take(101));
  assert_false(budget.take(1));
  budget.give_back(101);
  assert_true(budget.take(SIZE_MAX));
  assert_false(budget.take(1));
  budget.give_back(SIZE_MAX);
  assert_true(budget.take(100));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_fits_is_taken_and_the_rest_refused),
      cmocka_unit_test(what_is_alone_is_never_refused),
  };
  return cmocka_run_group_tests_name("budget", tests, nullptr, nullptr);
}
