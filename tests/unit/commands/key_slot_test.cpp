#include "commands/key_slot.h"

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

// Bit by bit, and the tag byte by byte, as the specification has it.
static unsigned slot_by_the_book(const std::string& key) {
  std::string hashed = key;
  for (std::size_t open = 0; open < key.size(); ++open) {
    if (key[open] != '{') continue;
    std::size_t close = open + 1;
    while (close < key.size() && key[close] != '}') ++close;
    if (close < key.size() && close > open + 1) hashed = key.substr(open + 1, close - open - 1);
    break;
  }
  unsigned crc = 0;
  for (const char c : hashed) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = ((crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021U : 0U)) & 0xFFFF;
  }
  return crc % rediscluster::kSlotCount;
}

// Keys of some lengths are looked at several bytes at a time.
static void braces_are_found_wherever_they_stand(void**) {
  const auto check = [](const std::string& key) {
    if (key_slot(key) != slot_by_the_book(key)) fail_msg("\"%s\" has another slot", key.c_str());
  };
  for (std::size_t length = 0; length <= 40; ++length) {
    std::string plain;
    for (std::size_t i = 0; i < length; ++i) plain += static_cast<char>('a' + i % 26);
    check(plain);
    for (std::size_t open = 0; open < length; ++open) {
      std::string key = plain;
      key[open] = '{';
      check(key);
      for (std::size_t close = 0; close < length; ++close) {
        if (close == open) continue;
        std::string both = key;
        both[close] = '}';
        check(both);
        both[(open + close + 1) % length] = (open + close) % 2 == 0 ? '{' : '}';
        check(both);
      }
    }
  }
}

// A key is summed up in blocks of 16 bytes, the first of which may be shorter.
static void keys_of_any_bytes_and_length_have_their_slot(void**) {
  unsigned state = 1;
  for (std::size_t length = 0; length <= 100; ++length) {
    std::string key;
    for (std::size_t i = 0; i < length; ++i) {
      state = state * 1664525U + 1013904223U;
      key += static_cast<char>(state >> 24);
    }
    if (key_slot(key) != slot_by_the_book(key)) fail_msg("a key of %zu bytes has another slot", length);
  }
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
      cmocka_unit_test(braces_are_found_wherever_they_stand),
      cmocka_unit_test(keys_of_any_bytes_and_length_have_their_slot),
      cmocka_unit_test(every_slot_is_in_range),
  };
  return cmocka_run_group_tests_name("key_slot", tests, nullptr, nullptr);
}
