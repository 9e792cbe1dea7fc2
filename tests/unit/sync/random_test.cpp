#include "sync/random.h"

#include <array>
#include <thread>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void every_number_below_the_limit_comes_up_about_as_often(void**) {
  std::array<int, 5> counts{};
  for (int i = 0; i < 50000; ++i) {
    const std::uint32_t number = random_below(5);
    assert_in_range(number, 0, 4);
    ++counts[number];
  }
  for (const int count : counts) assert_in_range(count, 9000, 11000);
}

static void a_limit_of_nothing_gives_zero(void**) {
  assert_int_equal(random_below(0), 0);
  assert_int_equal(random_below(1), 0);
}

static void threads_have_sequences_of_their_own(void**) {
  std::uint64_t there = 0;
  std::thread([&] { there = random_bits(); }).join();
  std::uint64_t elsewhere = 0;
  std::thread([&] { elsewhere = random_bits(); }).join();
  assert_true(there != elsewhere);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_number_below_the_limit_comes_up_about_as_often),
      cmocka_unit_test(a_limit_of_nothing_gives_zero),
      cmocka_unit_test(threads_have_sequences_of_their_own),
  };
  return cmocka_run_group_tests_name("random", tests, nullptr, nullptr);
}
