#include "sync/per_thread.h"

#include <pthread.h>

#include <atomic>
#include <thread>
#include <vector>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

std::atomic<int> made{0};
std::atomic<int> gone{0};

struct Counted {
  Counted() { ++made; }
  ~Counted() { ++gone; }
  int value = 7;
};

struct Another {
  int value = 1;
};

}  // namespace

static void each_thread_has_its_own_until_it_ends(void**) {
  made = gone = 0;
  for (int i = 0; i < 3; ++i) {
    std::thread([i] {
      Counted* mine = per_thread<Counted>();
      if (mine == nullptr || mine->value != 7) std::abort();  // as new, whoever had the memory before
      mine->value = i;
      if (per_thread<Counted>() != mine || per_thread<Counted>()->value != i) std::abort();
    }).join();
    assert_int_equal(made, i + 1);
    assert_int_equal(gone, i + 1);
  }
}

static void threads_at_the_same_time_do_not_share(void**) {
  made = gone = 0;
  std::vector<std::thread> threads;
  std::atomic<int> ready{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i, &ready] {
      per_thread<Counted>()->value = i;
      for (++ready; ready < 8;) std::this_thread::yield();
      if (per_thread<Counted>()->value != i) std::abort();
    });
  }
  for (auto& thread : threads) thread.join();
  assert_int_equal(made, 8);
  assert_int_equal(gone, 8);
}

static void several_types_are_kept_beside_each_other(void**) {
  per_thread<Counted>()->value = 3;
  per_thread<Another>()->value = 4;
  assert_int_equal(per_thread<Counted>()->value, 3);
  assert_int_equal(per_thread<Another>()->value, 4);
}

static void a_thread_that_asks_again_at_its_very_end_leaves_nothing_behind(void**) {
  made = gone = 0;
  static pthread_key_t late;
  assert_int_equal(pthread_key_create(&late, [](void*) { per_thread<Counted>()->value = 1; }), 0);
  std::thread([] {
    per_thread<Counted>();
    pthread_setspecific(late, "set");
  }).join();
  pthread_key_delete(late);
  assert_in_range(made, 1, 2);
  assert_int_equal(gone, made);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_thread_has_its_own_until_it_ends),
      cmocka_unit_test(threads_at_the_same_time_do_not_share),
      cmocka_unit_test(several_types_are_kept_beside_each_other),
      cmocka_unit_test(a_thread_that_asks_again_at_its_very_end_leaves_nothing_behind),
  };
  return cmocka_run_group_tests_name("per_thread", tests, nullptr, nullptr);
}
