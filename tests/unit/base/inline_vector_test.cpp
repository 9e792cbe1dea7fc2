#include "base/inline_vector.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

template <class Numbers>
int sum(const Numbers& numbers) {
  int total = 0;
  for (const int number : numbers) total += number;
  return total;
}

}  // namespace

static void it_keeps_any_number_of_elements_in_order(void**) {
  for (int count = 0; count <= 12; ++count) {
    InlineVector<int, 4> numbers;
    assert_true(numbers.empty());
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    assert_int_equal(numbers.size(), count);
    for (int i = 0; i < count; ++i) assert_int_equal(numbers[static_cast<std::size_t>(i)], i);
  }
}

static void what_is_removed_makes_room(void**) {
  for (const int count : {3, 4, 5, 9}) {
    InlineVector<int, 4> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    numbers.remove_if([](int number) { return number % 2 == 1; });
    assert_int_equal(numbers.size(), (count + 1) / 2);
    for (std::size_t i = 0; i < numbers.size(); ++i) assert_int_equal(numbers[i], 2 * i);
    numbers.push_back(100);
    assert_int_equal(numbers.size(), (count + 1) / 2 + 1);
    assert_int_equal(numbers[numbers.size() - 1], 100);
    numbers.remove_if([](int) { return true; });
    assert_true(numbers.empty());
    for (int i = 0; i < 6; ++i) numbers.push_back(1);
    assert_int_equal(sum(numbers), 6);
  }
}

static void a_copy_is_another(void**) {
  for (const int count : {2, 6}) {
    InlineVector<int, 4> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(1);
    InlineVector<int, 4> copy = numbers;
    copy.push_back(5);
    assert_int_equal(sum(numbers), count);
    assert_int_equal(sum(copy), count + 5);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(it_keeps_any_number_of_elements_in_order),
      cmocka_unit_test(what_is_removed_makes_room),
      cmocka_unit_test(a_copy_is_another),
  };
  return cmocka_run_group_tests_name("inline_vector", tests, nullptr, nullptr);
}
