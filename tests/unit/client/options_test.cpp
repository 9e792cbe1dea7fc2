#include "client/options.h"

#include <climits>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void seeds_are_kept_in_order(void**) {
  Options options;
  assert_true(options.add_node("a", 7000).ok());
  assert_true(options.add_address("[::1]:7001").ok());
  assert_true(options.add_address("c").ok());
  assert_true((options.seeds == std::vector<Address>{{"a", 7000}, {"::1", 7001}, {"c", kDefaultPort}}));
}

static void bad_seeds_are_refused_and_not_kept(void**) {
  Options options;
  const Status refused[] = {options.add_node("", 7000), options.add_node("a b", 7000),
                            options.add_node("a", 0),   options.add_node("a", 65536),
                            options.add_node("a", -1),  options.add_address(""),
                            options.add_address("a:"),  options.add_address("a:99999")};
  for (const Status& status : refused) {
    assert_false(status.ok());
    assert_failure(status.error(), Code::kInvalidArgument, Outcome::kNotSent, "");
  }
  assert_true(options.seeds.empty());
}

static void numbers_are_checked_before_they_are_set(void**) {
  const struct {
    Status (Options::*set)(int);
    int Options::*setting;
    int least;
    int usual;
  } table[] = {
      {&Options::set_timeout_ms, &Options::timeout_ms, 1, 5000},
      {&Options::set_connect_timeout_ms, &Options::connect_timeout_ms, 1, 2000},
      {&Options::set_max_redirects, &Options::max_redirects, 0, 5},
      {&Options::set_watch_retries, &Options::watch_retries, 0, 3},
      {&Options::set_database, &Options::database, 0, 0},
      {&Options::set_refresh_interval_ms, &Options::refresh_interval_ms, 0, 60000},
  };
  for (const auto& row : table) {
    Options options;
    assert_int_equal(options.*row.setting, row.usual);
    for (const int bad : {row.least - 1, -1, INT_MIN}) {
      const Status status = (options.*row.set)(bad);
      assert_false(status.ok());
      assert_failure(status.error(), Code::kInvalidArgument, Outcome::kNotSent, std::to_string(bad));
      assert_int_equal(options.*row.setting, row.usual);
    }
    for (const int good : {row.least, row.least + 1, INT_MAX}) {
      assert_true((options.*row.set)(good).ok());
      assert_int_equal(options.*row.setting, good);
    }
  }
}

static void a_name_is_what_servers_take(void**) {
  Options options;
  assert_true(options.set_name("app-1:!~").ok());
  for (const char* bad : {"a b", "a\n", "\t", "n\xc3\xa4me", "\x7f"}) {
    const Status status = options.set_name(bad);
    assert_false(status.ok());
    assert_failure(status.error(), Code::kInvalidArgument, Outcome::kNotSent, "name");
  }
  assert_text(options.name, "app-1:!~");
  assert_true(options.set_name("").ok());
  assert_text(options.name, "");
}

static void credentials_are_taken_as_they_are(void**) {
  Options options;
  const std::string_view odd("p\0 w\n", 5);
  assert_true(options.set_password(odd).ok());
  assert_true(options.set_username("us er").ok());
  assert_true(options.password == odd);
  assert_text(options.username, "us er");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(seeds_are_kept_in_order),
      cmocka_unit_test(bad_seeds_are_refused_and_not_kept),
      cmocka_unit_test(numbers_are_checked_before_they_are_set),
      cmocka_unit_test(a_name_is_what_servers_take),
      cmocka_unit_test(credentials_are_taken_as_they_are),
  };
  return cmocka_run_group_tests_name("options", tests, nullptr, nullptr);
}
