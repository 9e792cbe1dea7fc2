#include "resp/encode.h"

#include <string>
#include <vector>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static std::string encoded(const std::vector<std::string>& words) {
  std::vector<const char*> data;
  std::vector<std::size_t> lengths;
  for (const auto& word : words) {
    data.push_back(word.data());
    lengths.push_back(word.size());
  }
  const Args args(words.size(), data.data(), lengths.data());
  std::string bytes(encoded_size(args) + 1, '#');
  const char* const end = encode(args, bytes.data());
  assert_int_equal(end - bytes.data(), encoded_size(args));
  assert_int_equal(bytes.back(), '#');  // not a byte more
  bytes.pop_back();
  return bytes;
}

static void a_command_is_an_array_of_bulk_strings(void**) {
  assert_text(encoded({"GET", "k"}), "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
  assert_text(encoded({"SET", "key", ""}), "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n");
}

static void bytes_of_any_value_go_as_they_are(void**) {
  const std::string bytes("a\0\r\n$1\xff", 7);
  assert_true(encoded({bytes}) == "*1\r\n$7\r\n" + bytes + "\r\n");
}

static void lengths_of_any_number_of_digits_are_written(void**) {
  for (const std::size_t length : {9U, 10U, 11U, 99U, 100U, 999U, 1000U, 65536U}) {
    const std::string word(length, 'x');
    assert_true(encoded({word}) == "*1\r\n$" + std::to_string(length) + "\r\n" + word + "\r\n");
  }
  const std::vector<std::string> many(1001, "v");
  assert_true(encoded(many).starts_with("*1001\r\n$1\r\nv\r\n"));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_command_is_an_array_of_bulk_strings),
      cmocka_unit_test(bytes_of_any_value_go_as_they_are),
      cmocka_unit_test(lengths_of_any_number_of_digits_are_written),
  };
  return cmocka_run_group_tests_name("encode", tests, nullptr, nullptr);
}
