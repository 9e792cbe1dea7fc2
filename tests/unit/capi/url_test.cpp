#include "url.h"

#include "unit/cmocka.hpp"

using rediscluster::Address;
using rediscluster::Code;
using rediscluster::Options;
using rediscluster::parse_url;

static Options parsed(std::string_view url) {
  Options options;
  auto status = parse_url(url, options);
  if (!status.ok()) fail_msg("%s", status.error().message);
  return options;
}

static void every_part_is_set(void**) {
  const Options options = parsed(
      "redis://app:open@a:1,[::1]:2,c/0?timeout_ms=1&connect_timeout_ms=2&max_redirects=3&watch_retries=4"
      "&name=main");
  assert_true(options.seeds == (std::vector<Address>{{"a", 1}, {"::1", 2}, {"c", 6379}}));
  assert_string_equal(options.username.c_str(), "app");
  assert_string_equal(options.password.c_str(), "open");
  assert_int_equal(options.timeout_ms, 1);
  assert_int_equal(options.connect_timeout_ms, 2);
  assert_int_equal(options.max_redirects, 3);
  assert_int_equal(options.watch_retries, 4);
  assert_string_equal(options.name.c_str(), "main");
}

static void what_is_not_there_keeps_its_default(void**) {
  const Options options = parsed("redis://h");
  const Options fresh;
  assert_true(options.seeds == (std::vector<Address>{{"h", 6379}}));
  assert_true(options.username.empty());
  assert_true(options.password.empty());
  assert_true(options.name.empty());
  assert_int_equal(options.timeout_ms, fresh.timeout_ms);
  assert_int_equal(options.max_redirects, fresh.max_redirects);
}

static void credentials_are_told_apart(void**) {
  static const struct {
    const char* url;
    const char* username;
    const char* password;
  } cases[] = {
      {"redis://u@h", "u", ""},
      {"redis://u:@h", "u", ""},
      {"redis://:p@h", "", "p"},
      {"redis://@h", "", ""},
      {"redis://u:a:b@h", "u", "a:b"},
      {"redis://u:a@b@h", "u", "a@b"},
      {"redis://%75:%70%25@h", "u", "p%"},
      {"redis://a%3Ab:c%40d%2fe@h", "a:b", "c@d/e"},
  };
  for (const auto& it : cases) {
    const Options options = parsed(it.url);
    assert_string_equal(options.username.c_str(), it.username);
    assert_string_equal(options.password.c_str(), it.password);
    assert_true(options.seeds == (std::vector<Address>{{"h", 6379}}));
  }
}

static void hosts_and_names_are_decoded(void**) {
  const Options options = parsed("redis://[fe80::1%25eth0]:7,%68?name=a%26b");
  assert_true(options.seeds == (std::vector<Address>{{"fe80::1%eth0", 7}, {"h", 6379}}));
  assert_string_equal(options.name.c_str(), "a&b");
}

// Also what is cut off anywhere: nothing may be read past the end.
static void every_prefix_of_a_url_is_judged(void**) {
  const std::string whole =
      "redis://u%41:p%42@[::1]:7000,h:7001/0?timeout_ms=5&connect_timeout_ms=6&max_redirects=7&name=%43";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string part(whole, 0, length);
    const std::vector<char> exact(part.begin(), part.end());  // a sanitizer sees each byte past it
    Options options;
    auto status = parse_url({exact.data(), exact.size()}, options);
    assert_true(status.ok() || status.error().code == Code::kInvalidArgument);
    if (length == whole.size()) assert_true(status.ok());
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_part_is_set),
      cmocka_unit_test(what_is_not_there_keeps_its_default),
      cmocka_unit_test(credentials_are_told_apart),
      cmocka_unit_test(hosts_and_names_are_decoded),
      cmocka_unit_test(every_prefix_of_a_url_is_judged),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
