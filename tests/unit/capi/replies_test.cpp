// RESP3's types as a C caller reads them.
#include <rediscluster/rediscluster.h>

#include <cmath>

#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static std::string string_of(const rc_reply* reply) {
  std::size_t length = 99;
  const char* text = rc_reply_string(reply, &length);
  assert_non_null(text);
  assert_int_equal(rc_reply_length(reply), length);
  return {text, length};
}

static void every_type_has_its_accessors(void**) {
  if (!resp3_offered()) skip();
  const ReplyPtr reply = parsed(
      "*9\r\n,1.50\r\n#t\r\n#f\r\n(123456789012345678901\r\n=8\r\ntxt:text\r\n~1\r\n:7\r\n%1\r\n+k\r\n,-"
      "inf\r\n_\r\n"
      "!8\r\nERR text\r\n",
      Protocol::kResp3);
  const auto at = [&](std::size_t i) { return rc_reply_element(reply.get(), i); };

  assert_int_equal(rc_reply_type(at(0)), RC_REPLY_DOUBLE);
  assert_true(rc_reply_double(at(0)) == 1.5);
  assert_text(string_of(at(0)), "1.50");
  assert_int_equal(rc_reply_integer(at(0)), 0);

  assert_int_equal(rc_reply_type(at(1)), RC_REPLY_BOOL);
  assert_int_equal(rc_reply_integer(at(1)), 1);
  assert_int_equal(rc_reply_integer(at(2)), 0);
  assert_null(rc_reply_string(at(1), nullptr));
  assert_true(rc_reply_double(at(1)) == 0.0);

  assert_int_equal(rc_reply_type(at(3)), RC_REPLY_BIG_NUMBER);
  assert_text(string_of(at(3)), "123456789012345678901");
  assert_int_equal(rc_reply_type(at(4)), RC_REPLY_VERBATIM);
  assert_text(string_of(at(4)), "text");

  assert_int_equal(rc_reply_type(at(5)), RC_REPLY_SET);
  assert_int_equal(rc_reply_length(at(5)), 1);
  assert_int_equal(rc_reply_integer(rc_reply_element(at(5), 0)), 7);
  assert_int_equal(rc_reply_type(at(6)), RC_REPLY_MAP);
  assert_int_equal(rc_reply_length(at(6)), 2);
  assert_text(string_of(rc_reply_element(at(6), 0)), "k");
  assert_true(rc_reply_double(rc_reply_element(at(6), 1)) == -HUGE_VAL);
  assert_null(rc_reply_element(at(6), 2));

  assert_int_equal(rc_reply_type(at(7)), RC_REPLY_NIL);
  assert_int_equal(rc_reply_type(at(8)), RC_REPLY_ERROR);
  assert_int_equal(rc_error_code(rc_reply_error(at(8))), RC_ERR_SERVER);
  assert_string_equal(rc_error_server_code(rc_reply_error(at(8))), "ERR");
}

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(every_type_has_its_accessors)};
  return cmocka_run_group_tests_name("capi.replies", tests, nullptr, nullptr);
}
