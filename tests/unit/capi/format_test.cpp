#include "format.h"

#include <climits>
#include <limits>
#include <string_view>

#include "unit/cmocka.hpp"

using namespace std::string_view_literals;
using rediscluster::Code;
using rediscluster::FormattedCommand;
using rediscluster::Status;

using Words = std::vector<std::string_view>;

static Status write(FormattedCommand& command, const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  Status status = command.write(format, &values);
  va_end(values);
  return status;
}

template <class... Values>
static void expect(const Words& words, const char* format, Values... values) {
  FormattedCommand command;
  Status status = write(command, format, values...);
  if (!status.ok()) fail_msg("%s: %s", format, status.error().message);
  assert_int_equal(command.count(), words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view got(command.data()[i], command.lengths()[i]);
    if (got != words[i]) fail_msg("%s: argument %zu is \"%s\"", format, i, command.data()[i]);
    assert_int_equal(got.data()[got.size()], '\0');
  }
}

template <class... Values>
static void expect_refused(const char* message, const char* format, Values... values) {
  FormattedCommand command;
  Status status = write(command, format, values...);
  if (status.ok()) fail_msg("taken: %s", format);
  assert_int_equal(static_cast<int>(status.error().code), static_cast<int>(Code::kInvalidArgument));
  if (std::string_view(status.error().message).find(message) == std::string_view::npos) {
    fail_msg("%s: %s", format, status.error().message);
  }
}

static void spaces_separate_arguments(void**) {
  expect({"PING"}, "PING");
  expect({"SET", "key", "value"}, "SET key value");
  expect({"SET", "key", "value"}, "  SET   key  value ");
  expect({"SET", "\"a", "b\"", "tab\there"}, "SET \"a b\" tab\there");
}

static void inserted_bytes_never_split_an_argument(void**) {
  expect({"SET", "a b", "100%\r\n"}, "SET %s %s", "a b", "100%\r\n");
  expect({"SET", "k\0 k"sv, ""}, "SET %b %b", "k\0 k", std::size_t{4}, "", std::size_t{0});
  expect({"SET", "user:7:a b!"}, "SET user:%d:%s!", 7, "a b");
  expect({"ECHO", ""}, "ECHO %s", "");
  expect({"ECHO", ""}, "ECHO %b", static_cast<const char*>(nullptr), std::size_t{0});
  expect({"GET", "k"}, "%s %s", "GET", "k");
}

static void integers_are_written_whole(void**) {
  expect({"a", "-1", "7", "4294967295"}, "a %d %i %u", -1, 7, UINT_MAX);
  expect({"a", "-2147483648"}, "a %d", INT_MIN);
  expect({"a", "-9223372036854775808", "9223372036854775807", "18446744073709551615"}, "a %lld %lli %llu",
         LLONG_MIN, LLONG_MAX, ULLONG_MAX);
  expect({"a", "-5", "5", "6"}, "a %ld %li %lu", -5L, 5L, 6UL);
  expect({"a", "-3", "3"}, "a %zd %zu", static_cast<std::ptrdiff_t>(-3), std::size_t{3});
}

static void doubles_are_written_as_by_printf(void**) {
  expect({"a", "1.500000", "1.5", "1.500000e+00"}, "a %f %g %e", 1.5, 1.5, 1.5);
  expect({"a", "0.10000000000000001", "0.10", "3"}, "a %.17g %.2f %.0f", 0.1, 0.1, 3.0);
  expect({"a", "1e+100", "-0.000000"}, "a %g %f", 1e100, -0.0);
  expect({"a", "inf", "-inf", "nan"}, "a %g %f %g", std::numeric_limits<double>::infinity(),
         -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN());
  FormattedCommand longest;
  assert_true(write(longest, "a %.99f", -std::numeric_limits<double>::max()).ok());
  assert_int_equal(longest.lengths()[1], 1 + 309 + 1 + 99);
}

static void bytes_and_percent_signs(void**) {
  expect({"a", "x", "100%", "%"}, "a %c 100%% %%", 'x');
  expect({"a", "\0"sv}, "a %c", 0);
}

static void bad_formats_are_refused(void**) {
  expect_refused("no arguments", "");
  expect_refused("no arguments", "   ");
  expect_refused("character 5", "GET %");
  expect_refused("character 5", "GET %y", 1);
  expect_refused("character 5", "GET %n", static_cast<int*>(nullptr));
  expect_refused("character 5", "GET %p", static_cast<void*>(nullptr));
  expect_refused("character 5", "GET %5d", 1);
  expect_refused("character 5", "GET %-d", 1);
  expect_refused("character 5", "GET %hd", 1);
  expect_refused("character 5", "GET %lllld", 1);
  expect_refused("character 5", "GET %ls", "x");
  expect_refused("character 5", "GET %l");
  expect_refused("character 5", "GET %lf", 1.0);
  expect_refused("character 5", "GET %.2d", 1);
  expect_refused("character 5", "GET %.2s", "abc");
  expect_refused("character 5", "GET %.100f", 1.0);
  expect_refused("character 5", "GET %.99999999999f", 1.0);
  expect_refused("character 5", "GET %*d", 1, 1);
  expect_refused("character 8", "GET %s %x", "k", 1);
}

static void bad_values_are_refused(void**) {
  expect_refused("character 5: NULL", "GET %s", static_cast<const char*>(nullptr));
  expect_refused("character 5: NULL", "GET %b", static_cast<const char*>(nullptr), std::size_t{1});
  expect_refused("character 5: %b has", "GET %b", "x", std::size_t{4294967297});
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(spaces_separate_arguments),  cmocka_unit_test(inserted_bytes_never_split_an_argument),
      cmocka_unit_test(integers_are_written_whole), cmocka_unit_test(doubles_are_written_as_by_printf),
      cmocka_unit_test(bytes_and_percent_signs),    cmocka_unit_test(bad_formats_are_refused),
      cmocka_unit_test(bad_values_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
