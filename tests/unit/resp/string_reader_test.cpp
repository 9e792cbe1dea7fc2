#include "resp/string_reader.h"

#include <string>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void bytes_go_to_their_place_however_they_are_cut(void**) {
  static constexpr std::string_view kBytes = "a\r\nb\0c\r\n";
  const std::string_view bytes(kBytes.data(), 8);  // six of the string, and its end
  for (std::size_t split = 0; split < bytes.size(); ++split) {
    char place[7] = "??????";
    StringReader reader;
    reader.begin(place, 6);
    std::string_view first = bytes.substr(0, split);
    assert_enum(reader.read(first), ReadResult::kIncomplete);
    assert_true(first.empty());
    const std::string rest = std::string(bytes.substr(split)) + "+next";
    std::string_view second = rest;
    assert_enum(reader.read(second), ReadResult::kDone);
    assert_text(second, "+next");
    assert_memory_equal(place, bytes.data(), 6);
    assert_int_equal(place[6], 0);  // nothing is written behind it
  }
}

static void what_is_dropped_is_counted_all_the_same(void**) {
  StringReader reader;
  reader.begin(nullptr, 3);
  std::string_view bytes = "abc\r\n+next";
  assert_enum(reader.read(bytes), ReadResult::kDone);
  assert_text(bytes, "+next");
}

static void a_string_must_end_where_it_says(void**) {
  for (const std::string_view text : {"abcd\r\n", "abc\n\r", "abc\r\r", "abc\rx"}) {
    char place[3];
    StringReader reader;
    reader.begin(place, 3);
    std::string_view bytes = text;
    assert_enum(reader.read(bytes), ReadResult::kMalformed);
  }
}

static void an_empty_string_has_an_end_of_line(void**) {
  StringReader reader;
  reader.begin(nullptr, 0);
  std::string_view bytes = "\r";
  assert_enum(reader.read(bytes), ReadResult::kIncomplete);
  bytes = "\n";
  assert_enum(reader.read(bytes), ReadResult::kDone);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_go_to_their_place_however_they_are_cut),
      cmocka_unit_test(what_is_dropped_is_counted_all_the_same),
      cmocka_unit_test(a_string_must_end_where_it_says),
      cmocka_unit_test(an_empty_string_has_an_end_of_line),
  };
  return cmocka_run_group_tests_name("string_reader", tests, nullptr, nullptr);
}
