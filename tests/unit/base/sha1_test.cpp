#include "base/sha1.h"

#include <string>

#include "unit/cmocka.hpp"  // last

using namespace rediscluster;

static void assert_digest(const std::string& text, const char* expected) {
  assert_string_equal(sha1(text).data(), expected);
}

static void the_examples_of_the_standard_come_out(void**) {
  assert_digest("", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  assert_digest("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
  assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  assert_digest(std::string(1000000, 'a'), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// Around the sizes where the length needs another block; by sha1sum.
static void every_size_of_the_last_block_comes_out(void**) {
  assert_digest(std::string(55, 'x'), "cef734ba81a024479e09eb5a75b6ddae62e6abf1");
  assert_digest(std::string(56, 'x'), "901305367c259952f4e7af8323f480d59f81335b");
  assert_digest(std::string(63, 'x'), "0ddc4e0cccd9a12850deb5abb0853a4425559fec");
  assert_digest(std::string(64, 'x'), "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163");
  assert_digest(std::string(65, 'x'), "78c741ddc482e4cdf8c474a0876347a0905b6233");
  assert_digest(std::string(119, 'x'), "4300320394f7ee239bcdce7d3b8bcee173a0cd5c");
  assert_digest(std::string(120, 'x'), "ceb2821639c4b6dcb10bce0e522ca2e608ce056d");
  assert_digest(std::string(128, 'x'), "150fa3fbdc899bd0b8f95a9fb6027f564d953762");
}

static void bytes_of_any_value_count(void**) {
  assert_digest(std::string("\0\xff\x80\r\n", 5), "7b78e985ab6c5919bdda9bd360c6d28068a2057c");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_examples_of_the_standard_come_out),
      cmocka_unit_test(every_size_of_the_last_block_comes_out),
      cmocka_unit_test(bytes_of_any_value_count),
  };
  return cmocka_run_group_tests_name("sha1", tests, nullptr, nullptr);
}
