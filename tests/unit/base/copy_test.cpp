#include "base/copy.h"

#include <string>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void every_size_is_copied_whole_and_no_byte_more(void**) {
  std::string from;
  for (std::size_t size = 0; size <= 70; ++size) {
    std::string to(size + 16, '#');
    copy_bytes(from, to.data() + 8);
    assert_text(to, ("########" + from + "########").c_str());
    from += static_cast<char>('0' + size % 64);
  }
}

static void every_byte_of_what_is_short_is_compared_and_no_more(void**) {
  const std::string bytes = "0123456789abcdef";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    const std::string one = bytes.substr(0, size) + "x";
    const std::string other = bytes.substr(0, size) + "y";
    assert_true(equal_short(one.data(), other.data(), size));
    for (std::size_t i = 0; i < size; ++i) {
      std::string changed = one;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      assert_false(equal_short(one.data(), changed.data(), size));
    }
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_size_is_copied_whole_and_no_byte_more),
      cmocka_unit_test(every_byte_of_what_is_short_is_compared_and_no_more),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
