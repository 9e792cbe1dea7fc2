#include "routing/key_slot.h"

#include <string>

#include "unit/cmocka.hpp"

using namespace std::string_view_literals;
using rediscluster::key_slot;

// The expected slots come from an independent CRC16/XMODEM.
static void slots_are_those_of_redis(void**) {
  assert_int_equal(key_slot("foo"), 12182);
  assert_int_equal(key_slot("bar"), 5061);
  assert_int_equal(key_slot("123456789"), 0x31C3);
  assert_int_equal(key_slot(""), 0);
  assert_int_equal(key_slot("\0\xff\x80"sv), 4727);
}

static void keys_with_one_hash_tag_share_its_slot(void**) {
  assert_int_equal(key_slot("{user1000}.following"), key_slot("user1000"));
  assert_int_equal(key_slot("{user1000}.followers"), key_slot("user1000"));
  assert_int_equal(key_slot("foo{bar}{zap}"), key_slot("bar"));
  assert_int_equal(key_slot("}{a}"), key_slot("a"));
  assert_int_equal(key_slot("foo{{bar}}zap"), key_slot("{bar"));
  assert_int_equal(key_slot("{\0}x"sv), key_slot("\0"sv));
}

static void an_empty_or_open_hash_tag_is_none(void**) {
  assert_int_equal(key_slot("foo{}{bar}"), 8363);
  assert_int_equal(key_slot("{}"), 15257);
  assert_int_equal(key_slot("{"), 4092);
  assert_int_equal(key_slot("}"), 12090);
  assert_int_equal(key_slot("a{b"), 13340);
}

static void every_slot_is_in_range(void**) {
  for (int i = 0; i < 20000; ++i)
    assert_in_range(key_slot(std::to_string(i)), 0, rediscluster::kSlotCount - 1);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(slots_are_those_of_redis),
      cmocka_unit_test(keys_with_one_hash_tag_share_its_slot),
      cmocka_unit_test(an_empty_or_open_hash_tag_is_none),
      cmocka_unit_test(every_slot_is_in_range),
  };
  return cmocka_run_group_tests_name("key_slot", tests, nullptr, nullptr);
}
