#include "sync/snapshot.h"

#include <thread>
#include <vector>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static std::shared_ptr<const int> value(int number) { return std::make_shared<const int>(number); }

static void a_reader_sees_what_was_set_last(void**) {
  Snapshot<int> snapshot(value(1));
  assert_int_equal(*snapshot.read(), 1);
  snapshot.set(value(2));
  assert_int_equal(*snapshot.read(), 2);
  assert_int_equal(*snapshot.read(), 2);
  assert_int_equal(*snapshot.get(), 2);
}

static void two_snapshots_are_not_mixed_up_in_one_thread(void**) {
  Snapshot<int> a(value(1));
  Snapshot<int> b(value(100));
  for (int i = 0; i < 3; ++i) {
    assert_int_equal(*a.read(), 1 + i);
    assert_int_equal(*b.read(), 100 + i);
    assert_int_equal(*b.read(), 100 + i);
    a.set(value(2 + i));
    b.set(value(101 + i));
  }
}

static void a_new_snapshot_in_the_place_of_an_old_one_is_read_anew(void**) {
  for (int i = 0; i < 3; ++i) {
    const Snapshot<int> snapshot(value(i));
    assert_int_equal(*snapshot.read(), i);
  }
}

static void what_get_returned_outlives_later_values(void**) {
  Snapshot<int> snapshot(value(1));
  const auto kept = snapshot.get();
  snapshot.set(value(2));
  assert_int_equal(*kept, 1);
}

static void threads_read_whole_values_that_never_go_back(void**) {
  struct Pair {
    int a;
    int b;
  };
  constexpr int kLast = 3000;
  Snapshot<Pair> snapshot(std::make_shared<const Pair>(Pair{0, 0}));
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int seen = 0; seen < kLast;) {
        const Pair now = *snapshot.read();
        if (now.a != now.b || now.a < seen) ++wrong;
        seen = now.a;
      }
    });
  }
  for (int i = 1; i <= kLast; ++i) snapshot.set(std::make_shared<const Pair>(Pair{i, i}));
  for (auto& reader : readers) reader.join();
  assert_int_equal(wrong, 0);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_reader_sees_what_was_set_last),
      cmocka_unit_test(two_snapshots_are_not_mixed_up_in_one_thread),
      cmocka_unit_test(a_new_snapshot_in_the_place_of_an_old_one_is_read_anew),
      cmocka_unit_test(what_get_returned_outlives_later_values),
      cmocka_unit_test(threads_read_whole_values_that_never_go_back),
  };
  return cmocka_run_group_tests_name("snapshot", tests, nullptr, nullptr);
}
