#include "sync/free_list.h"

#include <thread>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Item {
  Item* next = nullptr;
};

int deleted = 0;
struct Deleter {
  void operator()(Item* item) const noexcept {
    ++deleted;
    delete item;
  }
};
using Spares = FreeList<Item, 2, Deleter>;

}  // namespace

static void what_was_given_last_is_taken_first(void**) {
  std::thread([] {
    auto* first = new Item;
    auto* second = new Item;
    Spares::give(first);
    Spares::give(second);
    if (Spares::take() != second || Spares::take() != first || Spares::take() != nullptr) std::abort();
    delete first;
    delete second;
  }).join();
}

static void what_is_too_much_is_freed_at_once_and_the_rest_with_the_thread(void**) {
  deleted = 0;
  std::thread([] {
    for (int i = 0; i < 3; ++i) Spares::give(new Item);
    if (deleted != 1) std::abort();
  }).join();
  assert_int_equal(deleted, 3);
}

static void a_thread_takes_what_is_its_own(void**) {
  Spares::give(new Item);
  std::thread([] {
    if (Spares::take() != nullptr) std::abort();
  }).join();
  Item* mine = Spares::take();
  assert_non_null(mine);
  delete mine;
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_was_given_last_is_taken_first),
      cmocka_unit_test(what_is_too_much_is_freed_at_once_and_the_rest_with_the_thread),
      cmocka_unit_test(a_thread_takes_what_is_its_own),
  };
  return cmocka_run_group_tests_name("free_list", tests, nullptr, nullptr);
}
