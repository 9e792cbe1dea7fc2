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

static void the_owner_of_a_slot_is_found_by_the_ranges(void**) {
  Info info;
  assert_int_equal(info.slot_owner(0), -1);
  info.nodes.resize(3);
  info.nodes[0].ranges = {{0, 99}, {200, 200}};
  info.nodes[2].ranges = {{100, 150}, {16383, 16383}};
  const std::pair<int, int> expected[] = {{-1, -1}, {0, 0},    {99, 0},    {100, 2},    {150, 2},  {151, -1},
                                          {199, -1}, {200, 0}, {201, -1}, {16382, -1}, {16383, 2}, {16384, -1}};
  for (const auto& [slot, owner] : expected) assert_int_equal(info.slot_owner(slot), owner);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(counters_are_found_by_name),
      cmocka_unit_test(a_name_that_is_none_counts_nothing),
      cmocka_unit_test(the_owner_of_a_slot_is_found_by_the_ranges),
  };
  return cmocka_run_group_tests_name("info", tests, nullptr, nullptr);
}
