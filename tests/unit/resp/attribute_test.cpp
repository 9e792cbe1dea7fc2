#include "resp/attribute.h"

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
      AttributeSkipper skipper;
      skipper.begin();
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
  AttributeSkipper skipper;
  for (int i = 0; i < 3; ++i) {
    skipper.begin();
    assert_int_equal(skipper.consume("|1\r\n+k\r\n*1\r\n:1\r\n|"), 16);
    assert_false(skipper.active());
  }
}

static void what_is_malformed_is_refused(void**) {
  for (const std::string bytes :
       {"|x\r\n", "|\r\n", "|-\r\n", "|?\r\n", "|1\n+a\r\n+b\r\n", "|1\r+", "|1\r\n@", "|1\r\n\r\n",
        "|1\r\n$?\r\n", "|1\r\n$1-\r\n", "|1\r\n$4294967297\r\n", "|2147483648\r\n",
        "|99999999999999999999999\r\n"}) {
    AttributeSkipper skipper;
    skipper.begin();
    skipper.consume(bytes);
    if (skipper.failure() == nullptr) fail_msg("%s was not refused", bytes.c_str());
    assert_int_equal(skipper.consume("+a\r\n"), 0);
  }
}

static void a_line_without_end_is_refused(void**) {
  AttributeSkipper skipper;
  skipper.begin();
  skipper.consume("|1\r\n+");
  const std::string part(std::size_t{64} * 1024, 'x');
  for (int i = 0; i < 15; ++i) skipper.consume(part);
  assert_null(skipper.failure());
  for (int i = 0; i < 2; ++i) skipper.consume(part);
  assert_non_null(skipper.failure());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_attribute_ends_where_its_last_item_does),
      cmocka_unit_test(one_follows_another),
      cmocka_unit_test(what_is_malformed_is_refused),
      cmocka_unit_test(a_line_without_end_is_refused),
  };
  return cmocka_run_group_tests_name("attribute", tests, nullptr, nullptr);
}
