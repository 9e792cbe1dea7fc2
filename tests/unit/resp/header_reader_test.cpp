#include "resp/header_reader.h"

#include <string>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

// The header in two pieces, and what it leaves of the bytes behind it.
static ReadResult read(HeaderReader& reader, std::string_view first, std::string_view second,
                       ItemHeader& header, std::string_view& left) {
  left = first;
  const ReadResult result = reader.read(left, header);
  if (result != ReadResult::kIncomplete) {
    assert_true(second.empty() || result == ReadResult::kMalformed);
    return result;
  }
  assert_true(left.empty());
  left = second;
  return reader.read(left, header);
}

static void a_header_means_the_same_however_it_is_cut(void**) {
  struct Expected {
    std::string_view bytes;
    bool nil;
    std::uint64_t number;
  };
  for (const Expected& expected :
       {Expected{"$5\r\n", false, 5}, Expected{"*0\r\n", false, 0}, Expected{"$-1\r\n", true, 0},
        Expected{"*9223372036854775807\r\n", false, 9223372036854775807U}}) {
    for (std::size_t split = 1; split <= expected.bytes.size(); ++split) {
      HeaderReader reader(Protocol::kResp2);
      for (int round = 0; round < 2; ++round) {  // nothing of the first is left over for the second
        ItemHeader header;
        std::string_view left;
        const std::string bytes = std::string(expected.bytes) + "next";
        const auto all = std::string_view(bytes);
        const bool is_whole = split == expected.bytes.size();
        assert_enum(read(reader, is_whole ? all : all.substr(0, split), is_whole ? "" : all.substr(split),
                         header, left),
                    ReadResult::kDone);
        assert_int_equal(header.type, expected.bytes[0]);
        assert_int_equal(header.nil, expected.nil);
        assert_true(header.number == expected.number);
        assert_text(left, "next");
      }
    }
  }
}

static void what_is_no_length_is_not_waited_for(void**) {
  for (const std::string_view bytes :
       {"$x", "$5x", "$\r\n", "$-\r\n", "$-0\r\n", "$-2\r\n", "$1-\r\n", "$5\n", "$+5\r\n", "$?\r\n",
        "$9223372036854775808\r\n", "$00000000000000000000000", "$1\r1\n"}) {
    HeaderReader reader(Protocol::kResp2);
    ItemHeader header;
    std::string_view left = bytes;
    if (reader.read(left, header) != ReadResult::kMalformed) fail_msg("%s was taken", bytes.data());
    assert_text(reader.failure(), malformed::kNoLength);
  }
}

static void a_streamed_reply_is_named_where_the_protocol_has_them(void**) {
  HeaderReader reader(Protocol::kResp3);
  ItemHeader header;
  std::string_view left = "*?\r\n";
  assert_enum(reader.read(left, header), ReadResult::kMalformed);
  assert_text(reader.failure(), "a streamed reply, which no server is known to send");
}

static void single_bytes_without_end_are_refused_in_time(void**) {
  HeaderReader reader(Protocol::kResp2);
  ItemHeader header;
  std::string_view left = "$";
  assert_enum(reader.read(left, header), ReadResult::kIncomplete);
  std::size_t taken = 1;
  for (ReadResult result = ReadResult::kIncomplete; result == ReadResult::kIncomplete; ++taken) {
    assert_in_range(taken, 1, HeaderReader::kMaxHeader);
    left = "1";
    result = reader.read(left, header);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_header_means_the_same_however_it_is_cut),
      cmocka_unit_test(what_is_no_length_is_not_waited_for),
      cmocka_unit_test(a_streamed_reply_is_named_where_the_protocol_has_them),
      cmocka_unit_test(single_bytes_without_end_are_refused_in_time),
  };
  return cmocka_run_group_tests_name("header_reader", tests, nullptr, nullptr);
}
