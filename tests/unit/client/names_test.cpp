#include "client/names.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// Stands for a handle: names never look into it.
std::shared_ptr<Cluster> some_handle() {
  const auto owner = std::make_shared<char>();
  return {owner, reinterpret_cast<Cluster*>(owner.get())};
}

}  // namespace

static void a_handle_is_found_by_its_name(void**) {
  const auto a = some_handle();
  const auto b = some_handle();
  remember_name("a", a);
  remember_name("b", b);
  assert_ptr_equal(find_named("a").get(), a.get());
  assert_ptr_equal(find_named("b").get(), b.get());
  assert_null(find_named("c").get());
  assert_null(find_named("").get());
  forget_name(a.get());
  forget_name(b.get());
}

static void the_newest_of_a_name_is_found(void**) {
  const auto older = some_handle();
  const auto newer = some_handle();
  remember_name("x", older);
  remember_name("x", newer);
  assert_ptr_equal(find_named("x").get(), newer.get());
  forget_name(newer.get());
  assert_ptr_equal(find_named("x").get(), older.get());
  forget_name(older.get());
  assert_null(find_named("x").get());
}

static void a_name_keeps_no_handle_alive(void**) {
  auto handle = some_handle();
  const std::weak_ptr<Cluster> watched = handle;
  remember_name("x", handle);
  const Cluster* const key = handle.get();
  handle.reset();
  assert_true(watched.expired());
  assert_null(find_named("x").get());
  forget_name(key);
}

static void forgetting_what_has_no_name_is_harmless(void**) { forget_name(some_handle().get()); }

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_handle_is_found_by_its_name),
      cmocka_unit_test(the_newest_of_a_name_is_found),
      cmocka_unit_test(a_name_keeps_no_handle_alive),
      cmocka_unit_test(forgetting_what_has_no_name_is_harmless),
  };
  return cmocka_run_group_tests_name("names", tests, nullptr, nullptr);
}
