#include "capi/capi_test.h"

static int slot(const char* key) { return rc_key_slot(key, strlen(key)); }

static void slots_are_those_of_redis(void** state) {
  (void)state;
  assert_int_equal(slot("foo"), 12182);
  assert_int_equal(slot("bar"), 5061);
  assert_int_equal(slot("123456789"), 12739);
  assert_int_equal(slot(""), 0);
}

static void keys_with_one_hash_tag_share_a_slot(void** state) {
  (void)state;
  assert_int_equal(slot("{user:1}:name"), slot("{user:1}:age"));
  assert_int_equal(slot("{user:1}:name"), slot("user:1"));
}

static void keys_are_bytes(void** state) {
  (void)state;
  assert_int_equal(rc_key_slot("foo\0bar", 3), 12182);
  assert_int_not_equal(rc_key_slot("foo\0bar", 7), 12182);
}

static void null_is_an_empty_key(void** state) {
  (void)state;
  assert_int_equal(rc_key_slot(NULL, 0), 0);
  assert_int_equal(rc_key_slot(NULL, 5), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slots_are_those_of_redis),
      cmocka_unit_test(keys_with_one_hash_tag_share_a_slot),
      cmocka_unit_test(keys_are_bytes),
      cmocka_unit_test(null_is_an_empty_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
