#include "url.h"

#include "unit/cmocka.hpp"

using rediscluster::Address;
using rediscluster::Code;
using rediscluster::Options;
using rediscluster::parse_url;
using rediscluster::ReadFrom;

static Options parsed(std::string_view url) {
  Options options;
  auto status = parse_url(url, options);
  if (!status.ok()) fail_msg("%s", status.error().message);
  return options;
}

static void every_part_is_set(void**) {
  const Options options = parsed(
      "redis://app:open@a:1,[::1]:2,c/3?timeout_ms=1&connect_timeout_ms=2&max_redirects=3&watch_retries=4"
      "&refresh_interval_ms=5&name=main");
  assert_true(options.seeds == (std::vector<Address>{{"a", 1}, {"::1", 2}, {"c", 6379}}));
  assert_string_equal(options.username.c_str(), "app");
  assert_string_equal(options.password.view().data(), "open");
  assert_int_equal(options.database, 3);
  assert_int_equal(options.timeout_ms, 1);
  assert_int_equal(options.connect_timeout_ms, 2);
  assert_int_equal(options.max_redirects, 3);
  assert_int_equal(options.watch_retries, 4);
  assert_int_equal(options.refresh_interval_ms, 5);
  assert_string_equal(options.name.c_str(), "main");
}

static void every_part_of_tls_is_set(void**) {
  if (!rediscluster::tls_offered()) skip();
  const Options options = parsed(
      "rediss://h?tls_verify=0&tls_ca_file=/a%20b&tls_ca_dir=c/"
      "d&tls_certificate_file=my.crt&tls_key_file=my.key"
      "&tls_key_password=s3%26cret&tls_server_name=n.example&tls_min_version=1.3");
  assert_true(options.tls.enabled);
  assert_false(options.tls.verify);
  assert_string_equal(options.tls.ca_file.c_str(), "/a b");
  assert_string_equal(options.tls.ca_dir.c_str(), "c/d");
  assert_string_equal(options.tls.certificate.c_str(), "my.crt");
  assert_string_equal(options.tls.key.c_str(), "my.key");
  assert_string_equal(options.tls.key_password.view().data(), "s3&cret");
  assert_string_equal(options.tls.server_name.c_str(), "n.example");
  assert_int_equal(options.tls.min_version, 13);
}

static void tls_is_on_where_the_url_asks_for_it_or_for_a_part_of_it(void**) {
  if (!rediscluster::tls_offered()) skip();
  for (const char* url : {"rediss://h", "REDISS://h", "redis://h?tls_ca_file=a", "redis://h?tls_ca_dir=a",
                          "redis://h?tls_key_file=b&tls_certificate_file=a", "redis://h?tls_server_name=a",
                          "redis://h?tls_min_version=1.2"}) {
    const Options options = parsed(url);
    if (!options.tls.enabled) fail_msg("%s", url);
    assert_true(options.tls.verify);
    assert_int_equal(options.tls.min_version, 12);
  }
  for (const char* url : {"redis://h", "redis://h?tls_verify=0", "redis://h?tls_verify=1"}) {
    if (parsed(url).tls.enabled) fail_msg("%s", url);
  }
}

static void where_to_read_from_is_set(void**) {
  static const struct {
    const char* word;
    ReadFrom from;
  } words[] = {{"primary", ReadFrom::kPrimary},
               {"prefer_replica", ReadFrom::kPreferReplica},
               {"replica", ReadFrom::kReplica},
               {"round_robin", ReadFrom::kRoundRobin},
               {"lowest_latency", ReadFrom::kLowestLatency},
               {"same_zone", ReadFrom::kSameZone}};
  for (const auto& it : words) {
    const Options options = parsed(std::string("redis://h?zone=eu%2D1&read_from=") + it.word);
    assert_true(options.read_from == it.from);
    assert_string_equal(options.zone.c_str(), "eu-1");
  }
  assert_int_equal(parsed("redis://h?protocol=2").protocol, 2);
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
  assert_false(options.tls.enabled);
  assert_true(options.read_from == ReadFrom::kPrimary);
  assert_true(options.zone.empty());
  assert_int_equal(options.protocol, 2);
  assert_int_equal(options.database, 0);
  assert_int_equal(parsed("redis://h/?timeout_ms=1").database, 0);
}

static void valkey_is_another_word_for_redis(void**) {
  assert_true(parsed("valkey://a:1,b/7").seeds == (std::vector<Address>{{"a", 1}, {"b", 6379}}));
  assert_int_equal(parsed("Valkey://a/7").database, 7);
  assert_false(parsed("valkey://a").tls.enabled);
  if (rediscluster::tls_offered()) assert_true(parsed("VALKEYS://a").tls.enabled);
}

// A form's rule that "+" is a space is not one of URLs.
static void what_is_encoded_is_decoded_once_and_nothing_else(void**) {
  static const struct {
    const char* url;
    const char* username;
    const char* password;
    const char* name;
  } cases[] = {
      {"redis://a+b:p+w@h?name=n+1", "a+b", "p+w", "n+1"},
      {"redis://+:+@h?name=+", "+", "+", "+"},
      {"redis://a%2Bb:p%2bw@h?name=%2B", "a+b", "p+w", "+"},
      {"redis://%25:%2525@h?name=%252B", "%", "%25", "%2B"},
      {"redis://%3a:%3A%40@h?name=%26%3d", ":", ":@", "&="},
      {"redis://u:%20@h?name=a", "u", " ", "a"},
      {"redis://%C3%A9:%ff@h?name=a", "\xc3\xa9", "\xff", "a"},
      {"redis://u:%0A%0d%7F@h?name=a=b", "u", "\n\r\x7f", "a=b"},
      {"redis://~._-!$'()*;:p;=&@h?name=~._-!$'()*;", "~._-!$'()*;", "p;=&", "~._-!$'()*;"},
  };
  for (const auto& it : cases) {
    const Options options = parsed(it.url);
    assert_string_equal(options.username.c_str(), it.username);
    assert_string_equal(std::string(options.password.view()).c_str(), it.password);
    assert_string_equal(options.name.c_str(), it.name);
  }
  assert_true(parsed("redis://h?mapped_address=%61+:1=b%2B:2").mapped_addresses ==
              (std::map<Address, Address>{{{"a+", 1}, {"b+", 2}}}));
  for (const char* url : {"redis://u:%@h", "redis://u:%2@h", "redis://u:%g0@h", "redis://u:%0g@h",
                          "redis://u:%%@h", "redis://u:%+2@h", "redis://u:% 2@h", "redis://u:%00@h",
                          "redis://h?name=%", "redis://h?name=%4", "redis://%:1", "redis://h?na%6De=x"}) {
    Options options;
    if (parse_url(url, options).ok()) fail_msg("%s was taken", url);
  }
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
    assert_string_equal(options.password.view().data(), it.password);
    assert_true(options.seeds == (std::vector<Address>{{"h", 6379}}));
  }
}

static void hosts_and_names_are_decoded(void**) {
  const Options options = parsed("redis://[fe80::1%25eth0]:7,%68?name=a%26b");
  assert_true(options.seeds == (std::vector<Address>{{"fe80::1%eth0", 7}, {"h", 6379}}));
  assert_string_equal(options.name.c_str(), "a&b");
}

static void addresses_are_mapped(void**) {
  const Options options =
      parsed("redis://h?mapped_address=10.0.0.1:7000=[::1]:1&name=n&mapped_address=Node%2d2=h:2");
  assert_true(options.mapped_addresses ==
              (std::map<Address, Address>{{{"10.0.0.1", 7000}, {"::1", 1}}, {{"node-2", 6379}, {"h", 2}}}));
}

// Also what is cut off anywhere: nothing may be read past the end.
static void every_prefix_of_a_url_is_judged(void**) {
  const std::string whole =
      "redis://u%41:p%42@[::1]:7000,h:7001/0?timeout_ms=5&connect_timeout_ms=6&max_redirects=7&name=%43"
      "&tls_verify=0&tls_ca_file=%44&tls_certificate_file=a&tls_key_file=%45&tls_min_version=1.2&read_from="
      "replica&mapped_address=%41:1=b:2";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string part(whole, 0, length);
    const std::vector<char> exact(part.begin(), part.end());  // a sanitizer sees each byte past it
    Options options;
    auto status = parse_url({exact.data(), exact.size()}, options);
    const bool tls = rediscluster::tls_offered();
    assert_true(status.ok() || status.error().code == Code::kInvalidArgument ||
                (!tls && status.error().code == Code::kUnsupported));
    if (length == whole.size()) assert_true(status.ok() == tls);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_part_is_set),
      cmocka_unit_test(every_part_of_tls_is_set),
      cmocka_unit_test(tls_is_on_where_the_url_asks_for_it_or_for_a_part_of_it),
      cmocka_unit_test(where_to_read_from_is_set),
      cmocka_unit_test(what_is_not_there_keeps_its_default),
      cmocka_unit_test(valkey_is_another_word_for_redis),
      cmocka_unit_test(what_is_encoded_is_decoded_once_and_nothing_else),
      cmocka_unit_test(credentials_are_told_apart),
      cmocka_unit_test(hosts_and_names_are_decoded),
      cmocka_unit_test(addresses_are_mapped),
      cmocka_unit_test(every_prefix_of_a_url_is_judged),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
