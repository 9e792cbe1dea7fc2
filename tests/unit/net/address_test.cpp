#include "net/address.h"

#include <cstring>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void good_addresses(void**) {
  const struct {
    const char* text;
    const char* host;
    int port;
  } table[] = {
      {"h:1", "h", 1},
      {"127.0.0.1:7000", "127.0.0.1", 7000},
      {"node-1.example.org:65535", "node-1.example.org", 65535},
      {"h", "h", kDefaultPort},
      {"[::1]:7000", "::1", 7000},
      {"[::1]", "::1", kDefaultPort},
      {"::1", "::1", kDefaultPort},
      {"fe80::1%eth0", "fe80::1%eth0", kDefaultPort},
      {"[2001:db8::7]:6380", "2001:db8::7", 6380},
  };
  for (const auto& row : table) {
    auto address = parse_address(row.text);
    if (!address.ok()) fail_msg("%s: %s", row.text, address.error().message);
    assert_text(address.value().host, row.host);
    assert_int_equal(address.value().port, row.port);
  }
}

static void bad_addresses(void**) {
  const std::string table[] = {
      "",
      ":",
      ":1",
      "h:",
      "h:0",
      "h:65536",
      "h:99999",
      "h:-1",
      "h:+1",
      "h: 1",
      "h:1 ",
      "h:1x",
      "h:x",
      "h:99999999999999999999",
      "a b:1",
      " h:1",
      "h\n:1",
      "h\t",
      "[",
      "[]",
      "[]:1",
      "[::1",
      "[::1]x",
      "[::1]7000",
      "[::1]:",
      "[::1]:0",
      "[h]:1",
      "::1]:1",
      "[[::1]]:1",
      "a/b:1",
      "u@h:1",
      "a,b:1",
      "h\x7f:1",
      std::string("h\0x:1", 5),
      std::string(256, 'h'),
      std::string(256, 'h') + ":1",
  };
  for (const auto& text : table) {
    auto address = parse_address(text);
    if (address.ok()) fail_msg("\"%s\" was taken for an address", text.c_str());
    assert_failure(address.error(), Code::kInvalidArgument, Outcome::kNotSent, "");
  }
}

static void an_error_says_which_address_and_what_to_write(void**) {
  const auto message = [](std::string_view text) { return std::string(parse_address(text).error().message); };
  assert_non_null(std::strstr(message("h:99999").c_str(), "\"h:99999\""));
  assert_non_null(std::strstr(message("h:99999").c_str(), "1 to 65535"));
  assert_non_null(std::strstr(message("[::1").c_str(), "[::1]:7000"));
  assert_non_null(std::strstr(message("a b:1").c_str(), "\"a b:1\""));
}

static void hosts_and_ports_are_checked_by_themselves(void**) {
  assert_true(check_host("h").ok());
  assert_true(check_host("::1").ok());
  assert_true(check_host(std::string(255, 'h')).ok());
  assert_false(check_host("").ok());
  assert_false(check_host("[::1]").ok());
  assert_false(check_host(std::string(256, 'h')).ok());
  assert_true(check_port(1).ok());
  assert_true(check_port(65535).ok());
  for (const int port : {-1, 0, 65536}) {
    auto status = check_port(port);
    assert_false(status.ok());
    assert_failure(status.error(), Code::kInvalidArgument, Outcome::kNotSent, std::to_string(port));
  }
}

static void an_address_is_written_as_it_is_read(void**) {
  for (const char* text : {"h:1", "127.0.0.1:7000", "[::1]:7000"}) {
    assert_text(to_string(parse_address(text).value()), text);
  }
}

static void addresses_are_equal_by_host_and_port(void**) {
  assert_true((Address{"h", 1} == Address{"h", 1}));
  assert_false((Address{"h", 1} == Address{"h", 2}));
  assert_false((Address{"h", 1} == Address{"i", 1}));
}

static void spellings_of_an_address_are_one(void**) {
  const struct {
    const char* one;
    const char* same;
  } table[] = {{"Node.Test", "node.test"},
               {"node.test.", "node.test"},
               {"0:0:0:0:0:0:0:1", "::1"},
               {"FE80::00AB", "fe80::ab"},
               {".", "."},
               {"127.0.0.1", "127.0.0.1"}};
  for (const auto& row : table) assert_text(canonical({row.one, 7}).host, row.same);
  assert_false(canonical({"a", 1}) == canonical({"a", 2}));
}

static void hosts_that_are_the_same_have_one_form(void**) {
  static const struct {
    const char* host;
    const char* form;
  } table[] = {
      {"localhost", "localhost"},
      {"LocalHost", "localhost"},
      {"node1.Example.COM.", "node1.example.com"},
      {".", "."},
      {"a..", "a."},
      {"127.0.0.1", "127.0.0.1"},
      {"127.1", "127.0.0.1"},
      {"0x7f.0.0.1", "127.0.0.1"},
      {"2130706433", "127.0.0.1"},
      {"127.0.0.1.2", "127.0.0.1.2"},
      {"::1", "::1"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"2001:DB8::0:1", "2001:db8::1"},
      {"::FFFF:127.0.0.1", "::ffff:127.0.0.1"},
      {"FE80:0::1%eth0", "fe80::1%eth0"},
      {"::g", "::g"},
      {"", ""},
      {"M\xc3\x9cNCHEN", "m\xc3\x9cnchen"},
  };
  for (const auto& row : table) assert_text(canonical_host(row.host), row.form);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(good_addresses),
      cmocka_unit_test(bad_addresses),
      cmocka_unit_test(an_error_says_which_address_and_what_to_write),
      cmocka_unit_test(hosts_and_ports_are_checked_by_themselves),
      cmocka_unit_test(an_address_is_written_as_it_is_read),
      cmocka_unit_test(addresses_are_equal_by_host_and_port),
      cmocka_unit_test(spellings_of_an_address_are_one),
      cmocka_unit_test(hosts_that_are_the_same_have_one_form),
  };
  return cmocka_run_group_tests_name("address", tests, nullptr, nullptr);
}
