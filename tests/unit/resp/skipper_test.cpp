#include "resp/skipper.h"

#include <string>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void an_attribute_ends_where_its_last_item_does(void**) {
  for (const std::string attribute :
       {"|0\r\n", "|1\r\n+k\r\n+v\r\n", "|1\r\n$3\r\n\r\n|\r\n:1\r\n", "|1\r\n$-1\r\n*-1\r\n",
        "|1\r\n$0\r\n\r\n*0\r\n",
        "|2\r\n+a\r\n%2\r\n+b\r\n*3\r\n:1\r\n:2\r\n~1\r\n_\r\n+c\r\n,1.5\r\n+d\r\n#t\r\n",
        "|1\r\n|1\r\n+k\r\n+v\r\n+a\r\n|0\r\n+b\r\n", "|1\r\n=5\r\ntxt:x\r\n!4\r\n|1\r\n\r\n",
        "|1\r\n+a\rb\r\n(12\r\n"}) {
    for (std::size_t split = 0; split < attribute.size(); ++split) {
      Skipper skipper;
      skipper.begin_attribute();
      const std::string bytes = attribute + "+OK\r\n";
      assert_int_equal(skipper.consume(bytes.substr(0, split)), split);
      assert_true(skipper.active());
      const std::size_t rest = skipper.consume(bytes.substr(split));
      if (split + rest != attribute.size()) fail_msg("%s: ended after %zu", attribute.c_str(), split + rest);
      assert_false(skipper.active());
      assert_null(skipper.failure());
      assert_int_equal(skipper.consume("+OK\r\n"), 0);
    }
  }
}

static void one_follows_another(void**) {
  Skipper skipper;
  for (int i = 0; i < 3; ++i) {
    skipper.begin_attribute();
    assert_int_equal(skipper.consume("|1\r\n+k\r\n*1\r\n:1\r\n|"), 16);
    assert_false(skipper.active());
  }
}

static void what_is_malformed_is_refused(void**) {
  for (const std::string bytes : {"|x\r\n", "|\r\n", "|-\r\n", "|?\r\n", "|1\n+a\r\n+b\r\n", "|1\r+",
                                  "|1\r\n@", "|1\r\n\r\n", "|1\r\n$?\r\n", "|1\r\n$1-\r\n", "|1\r\n$-2\r\n",
                                  "|-3\r\n", "|9223372036854775808\r\n", "|99999999999999999999999\r\n"}) {
    Skipper skipper;
    skipper.begin_attribute();
    skipper.consume(bytes);
    if (skipper.failure() == nullptr) fail_msg("%s was not refused", bytes.c_str());
    assert_int_equal(skipper.consume("+a\r\n"), 0);
  }
}

static void what_is_left_of_a_reply_ends_where_it_should(void**) {
  Skipper skipper;
  skipper.begin(0);
  assert_false(skipper.active());
  skipper.begin(2);
  assert_int_equal(skipper.consume("*2\r\n+a\r\n*0\r\n$1\r\n*\r\n+next\r\n"), 19);
  assert_false(skipper.active());
  skipper.begin_in_line(1, false);
  assert_int_equal(skipper.consume("the rest\r of a line\r\n+next\r\n"), 21);
  assert_false(skipper.active());
  skipper.begin_in_line(2, true);
  assert_int_equal(skipper.consume("\n:1\r\n+next\r\n"), 5);
  assert_false(skipper.active());
  skipper.begin_in_string(1, 5);
  assert_int_equal(skipper.consume("\r\n+\r\n+next\r\n"), 5);
  assert_false(skipper.active());
}

// Each level would take memory or stack elsewhere.
static void no_nesting_is_too_deep_and_no_count_too_large(void**) {
  Skipper skipper;
  skipper.begin(1);
  for (int i = 0; i < 1000000; ++i) assert_int_equal(skipper.consume("*1\r\n"), 4);
  assert_true(skipper.active());
  assert_int_equal(skipper.consume(":1\r\n+next\r\n"), 4);
  assert_false(skipper.active());
  skipper.begin(1);
  for (int i = 0; i < 100; ++i) assert_int_equal(skipper.consume("%9223372036854775807\r\n"), 22);
  assert_true(skipper.active());
  assert_null(skipper.failure());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_attribute_ends_where_its_last_item_does),
      cmocka_unit_test(one_follows_another),
      cmocka_unit_test(what_is_malformed_is_refused),
      cmocka_unit_test(what_is_left_of_a_reply_ends_where_it_should),
      cmocka_unit_test(no_nesting_is_too_deep_and_no_count_too_large),
  };
  return cmocka_run_group_tests_name("skipper", tests, nullptr, nullptr);
}
