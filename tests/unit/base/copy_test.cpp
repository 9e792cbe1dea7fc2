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

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(every_size_is_copied_whole_and_no_byte_more)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
