#include "resp/plain_reply.h"

#include <string>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static std::size_t read(std::string_view bytes, PlainReply& reply,
                        std::size_t read_it(std::string_view, PlainReply&) noexcept = &read_plain) {
  reply = {};
  const std::string exactly(bytes);  // so that tools see a read past the end
  const std::size_t size = read_it(exactly, reply);
  if (reply.text.data() != nullptr) {
    reply.text =
        bytes.substr(static_cast<std::size_t>(reply.text.data() - exactly.data()), reply.text.size());
  }
  return size;
}

static void strings_statuses_integers_and_nil_are_read_where_they_lie(void**) {
  PlainReply reply;
  assert_int_equal(read("$5\r\nhello\r\n+next", reply), 11);
  assert_enum(reply.type, ReplyType::kString);
  assert_text(reply.text, "hello");
  assert_int_equal(read("$0\r\n\r\n", reply), 6);
  assert_enum(reply.type, ReplyType::kString);
  assert_text(reply.text, "");
  assert_int_equal(read("$4\r\n\r\n\r\n\r\n", reply), 10);
  assert_text(reply.text, "\r\n\r\n");
  assert_int_equal(read("$-1\r\n$1", reply), 5);
  assert_enum(reply.type, ReplyType::kNil);
  assert_int_equal(read("+OK\r\n", reply), 5);
  assert_enum(reply.type, ReplyType::kStatus);
  assert_text(reply.text, "OK");
  assert_int_equal(read(":42\r\n", reply), 5);
  assert_enum(reply.type, ReplyType::kInteger);
  assert_int_equal(reply.integer, 42);
  assert_int_equal(read(":-999999999999999999\r\n", reply), 22);
  assert_true(reply.integer == -999999999999999999);
}

static void what_has_not_all_come_is_left(void**) {
  PlainReply reply;
  for (const std::string_view whole : {"$12\r\nhello world!\r\n", "$-1\r\n", "+PONG\r\n", ":-17\r\n"}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      if (read(whole.substr(0, size), reply) != 0) fail_msg("%zu bytes of %s", size, whole.data());
    }
    assert_int_equal(read(whole, reply), whole.size());
  }
}

static void everything_else_is_for_the_reader_to_judge(void**) {
  PlainReply reply;
  for (const char* bytes : {"-ERR no\r\n",
                            "*1\r\n:1\r\n",
                            "*0\r\n",
                            "$-2\r\n",
                            "$-10\r\n",
                            "$+1\r\na\r\n",
                            "$1x\r\na\r\n",
                            "$\r\n\r\n",
                            "$3\r\nabcde",
                            "$3\nabc\r\n",
                            ":\r\n",
                            ":-\r\n",
                            ":05\r\n",
                            ":-0\r\n",
                            "$05\r\nhello\r\n",
                            ":+1\r\n",
                            ":1 \r\n",
                            ":9223372036854775807\r\n",
                            "$99999999999999999999\r\na\r\n",
                            "+a\rb\r\n",
                            "+a\nb",
                            "+a\nb\r\n",
                            "_\r\n",
                            "hello\r\n"}) {
    if (read(bytes, reply) != 0) fail_msg("%s was read", bytes);
  }
}

static void resp3_adds_nil_booleans_and_doubles(void**) {
  PlainReply reply;
  assert_int_equal(read("_\r\n+next", reply, &read_plain_resp3), 3);
  assert_enum(reply.type, ReplyType::kNil);
  assert_int_equal(read("#t\r\n", reply, &read_plain_resp3), 4);
  assert_enum(reply.type, ReplyType::kBool);
  assert_int_equal(reply.integer, 1);
  assert_int_equal(read("#f\r\n", reply, &read_plain_resp3), 4);
  assert_int_equal(reply.integer, 0);
  assert_int_equal(read(",-1.5e2\r\n+next", reply, &read_plain_resp3), 9);
  assert_enum(reply.type, ReplyType::kDouble);
  assert_true(reply.number == -150);
  assert_text(reply.text, "-1.5e2");
  for (const std::string_view whole : {"_\r\n", "#t\r\n", ",1.5\r\n"}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      assert_int_equal(read(whole.substr(0, size), reply, &read_plain_resp3), 0);
  }
  for (const char* bytes : {"_x\r\n", "#x\r\n", "#tt\r\n", ",\r\n", ",x\r\n", ",1x\r\n", ",1\n", "(1\r\n",
                            "!1\r\nx\r\n", "|0\r\n", ">0\r\n", "%0\r\n", "-ERR no\r\n", "*0\r\n"}) {
    if (read(bytes, reply, &read_plain_resp3) != 0) fail_msg("%s was read", bytes);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(strings_statuses_integers_and_nil_are_read_where_they_lie),
      cmocka_unit_test(what_has_not_all_come_is_left),
      cmocka_unit_test(everything_else_is_for_the_reader_to_judge),
      cmocka_unit_test(resp3_adds_nil_booleans_and_doubles),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
