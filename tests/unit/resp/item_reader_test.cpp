#include "resp/item_reader.h"

#include <string>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// Keeps what it is given in words.
class Notes final : public ItemSink {
 public:
  bool put(const PlainReply& plain) noexcept override {
    all += std::to_string(static_cast<int>(plain.type)) + "(" + std::string(plain.text) + ")";
    if (plain.type == ReplyType::kInteger || plain.type == ReplyType::kBool)
      all += std::to_string(plain.integer);
    return has_memory;
  }
  bool put_error(std::string_view line) noexcept override {
    all += "error(" + std::string(line) + ")";
    return has_memory;
  }

  std::string all;
  bool has_memory = true;
};

// "+OK\r\n": its type, then its line. A string's bytes without their header.
ReadResult begin(ItemReader& reader, char type, std::string_view rest) {
  return is_string_type(type) ? reader.begin_string(type, rest.size() - 2) : reader.begin_line(type);
}

}  // namespace

static void each_type_comes_through_however_it_is_cut(void**) {
  struct Expected {
    char type;
    std::string_view rest;
    const char* noted;
  };
  for (const Expected& expected :
       {Expected{'+', "a\rb\r\n", "1(a\rb)"}, Expected{'-', "ERR no\r\n", "error(ERR no)"},
        Expected{':', "-12\r\n", "3()-12"}, Expected{'$', "a\r\nb\r\n", "2(a\r\nb)"},
        Expected{'=', "txt:a\r\n", "12(a)"}, Expected{'!', "ERR a\r\n", "error(ERR a)"},
        Expected{',', "1.5\r\n", "6(1.5)"}, Expected{'(', "123\r\n", "11(123)"},
        Expected{'#', "t\r\n", "7()1"}, Expected{'_', "\r\n", "0()"}}) {
    for (std::size_t split = 0; split < expected.rest.size(); ++split) {
      Notes notes;
      ItemReader reader(notes);
      for (int round = 0; round < 2; ++round) {
        notes.all.clear();
        assert_enum(begin(reader, expected.type, expected.rest), ReadResult::kIncomplete);
        std::string_view first = expected.rest.substr(0, split);
        assert_enum(reader.read(first), ReadResult::kIncomplete);
        assert_true(first.empty());
        const std::string behind = std::string(expected.rest.substr(split)) + "next";
        std::string_view second = behind;
        assert_enum(reader.read(second), ReadResult::kDone);
        assert_text(second, "next");
        assert_text(notes.all, expected.noted);
      }
    }
  }
}

static void what_its_type_does_not_allow_is_malformed(void**) {
  struct Wrong {
    char type;
    std::string_view rest;
    const char* why;
  };
  for (const Wrong& wrong :
       {Wrong{',', "x\r\n", "a double that is no number"},
        Wrong{'(', "1x\r\n", "a big number that is no number"},
        Wrong{'=', "text\r\n", "a verbatim string of no kind"}, Wrong{'#', "x\r\n", "a boolean that is none"},
        Wrong{'_', "x\r\n", "a null that says something"}, Wrong{'$', "abcd", malformed::kNoEnd}}) {
    Notes notes;
    ItemReader reader(notes);
    assert_enum(begin(reader, wrong.type, wrong.rest), ReadResult::kIncomplete);
    std::string_view rest = wrong.rest;
    assert_enum(reader.read(rest), ReadResult::kMalformed);
    assert_text(reader.failure(), wrong.why);
    assert_text(notes.all, "");
  }
}

static void a_line_past_its_limit_is_left_for_who_skips(void**) {
  Notes notes;
  ItemReader reader(notes);
  assert_enum(reader.begin_line('+'), ReadResult::kIncomplete);
  const std::string half(ItemReader::kMaxLine / 2, 'x');
  std::string_view first = half;
  assert_enum(reader.read(first), ReadResult::kIncomplete);
  const std::string more = half + "x\r\n:1\r\n+next\r\n";
  std::string_view second = more;
  assert_enum(reader.read(second), ReadResult::kTooLong);
  assert_int_equal(second.size(), more.size());
  Skipper skipper;
  reader.skip_rest(skipper, 2);
  assert_int_equal(skipper.consume(second), more.size() - 7);
  assert_true(reader.recover());
  assert_enum(reader.begin_line('+'), ReadResult::kIncomplete);
  second.remove_prefix(more.size() - 6);
  assert_enum(reader.read(second), ReadResult::kDone);
  assert_text(notes.all, "1(next)");
}

static void a_sink_without_memory_costs_this_item_only(void**) {
  Notes notes;
  ItemReader reader(notes);
  notes.has_memory = false;
  assert_enum(reader.begin_string('$', 2), ReadResult::kIncomplete);
  std::string_view bytes = "ab\r\n:1\r\n+next\r\n";
  assert_enum(reader.read(bytes), ReadResult::kNoMemory);
  Skipper skipper;
  reader.skip_rest(skipper, 2);  // it is past, the other one is not
  assert_int_equal(skipper.consume(bytes), 4);
  assert_true(reader.recover());
  notes.has_memory = true;
  notes.all.clear();
  bytes.remove_prefix(5);
  assert_enum(reader.begin_line('+'), ReadResult::kIncomplete);
  assert_enum(reader.read(bytes), ReadResult::kDone);
  assert_text(notes.all, "1(next)");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_type_comes_through_however_it_is_cut),
      cmocka_unit_test(what_its_type_does_not_allow_is_malformed),
      cmocka_unit_test(a_line_past_its_limit_is_left_for_who_skips),
      cmocka_unit_test(a_sink_without_memory_costs_this_item_only),
  };
  return cmocka_run_group_tests_name("item_reader", tests, nullptr, nullptr);
}
