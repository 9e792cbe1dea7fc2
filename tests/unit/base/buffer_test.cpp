#include "base/buffer.h"

#include "unit/refused_memory.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void append(Buffer& buffer, std::string_view bytes) {
  char* room = buffer.extend(bytes.size());
  assert_non_null(room);
  std::memcpy(room, bytes.data(), bytes.size());
}

static std::string_view content(const Buffer& buffer) { return {buffer.data(), buffer.size()}; }

static void bytes_are_kept_while_it_grows(void**) {
  Buffer buffer;
  assert_true(buffer.empty());
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    append(buffer, piece);
    expected += piece;
  }
  assert_true(content(buffer) == expected);
}

static void bytes_can_be_moved_and_cut_off(void**) {
  Buffer buffer;
  append(buffer, "one,two,three");
  buffer.move(4, 8, 5);
  buffer.shorten(9);
  assert_text(content(buffer), "one,three");
  buffer.move(3, 9, 0);
  buffer.shorten(3);
  assert_text(content(buffer), "one");
  append(buffer, ",four");
  assert_text(content(buffer), "one,four");
  buffer.shorten(0);
  assert_true(buffer.empty());
}

static void it_can_be_used_again_after_clear(void**) {
  Buffer buffer;
  append(buffer, "old");
  buffer.clear();
  assert_true(buffer.empty());
  append(buffer, "new");
  assert_text(content(buffer), "new");
}

static void a_large_block_is_given_back(void**) {
  Buffer buffer;
  append(buffer, std::string(1000000, 'x'));
  buffer.clear();
  assert_null(buffer.data());
  append(buffer, "new");
  assert_text(content(buffer), "new");
}

static void swapping_exchanges_everything(void**) {
  Buffer a;
  Buffer b;
  append(a, "aa");
  a.swap(b);
  assert_true(a.empty());
  append(a, "new");
  assert_text(content(b), "aa");
  append(b, std::string(5000, 'b'));
  assert_int_equal(b.size(), 5002);
  assert_text(content(a), "new");
}

static void without_memory_it_stays_as_it_was(void**) {
  Buffer buffer;
  append(buffer, "kept");
  assert_null(buffer.extend(SIZE_MAX / 4));
  assert_text(content(buffer), "kept");
  append(buffer, "!");
  assert_text(content(buffer), "kept!");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_are_kept_while_it_grows),    cmocka_unit_test(bytes_can_be_moved_and_cut_off),
      cmocka_unit_test(it_can_be_used_again_after_clear), cmocka_unit_test(a_large_block_is_given_back),
      cmocka_unit_test(swapping_exchanges_everything),    cmocka_unit_test(without_memory_it_stays_as_it_was),
  };
  return cmocka_run_group_tests_name("buffer", tests, nullptr, nullptr);
}
