#include "commands/command_keys.h"

#include <random>
#include <string>

#include "commands/command_table.h"
#include "commands/key_slot.h"
#include "unit/commands/words.h"

#include "unit/cmocka.hpp"  // last

using namespace rediscluster;

// Every argument that is a key starts with "k" here, and nothing else does.
static void assert_keys(const char* line) {
  const Words words = line;
  const Args args = words.args();
  const CommandSpec* spec = find_command(args);
  if (spec == nullptr) fail_msg("%s: not in the table", line);
  std::string expected;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (args[i].starts_with('k')) expected += args[i], expected += ' ';
  }
  std::string found;
  const KeyScan scan = scan_keys(*spec, args, [&](std::size_t i) { found += args[i], found += ' '; });
  if (found != expected) fail_msg("%s: keys are [%s], found [%s]", line, expected.c_str(), found.c_str());
  assert_int_equal(scan, KeyScan::kDone);
  assert_int_equal(slot_of(*spec, args).slot == -1, expected.empty());
}

static KeySlot slot(const Words& words) { return slot_of(*find_command(words.args()), words.args()); }

static void keys_at_fixed_positions(void**) {
  assert_keys("GET k1");
  assert_keys("SET k1 v EX 10");
  assert_keys("HSET k1 f v");
  assert_keys("OBJECT ENCODING k1");
  assert_keys("MEMORY USAGE k1 SAMPLES 5");
  assert_keys("XGROUP CREATE k1 g $");
  assert_keys("XINFO CONSUMERS k1 g");
  assert_keys("PFDEBUG ENCODING k1");
  assert_keys("RENAME k1 k2");
  assert_keys("SMOVE k1 k2 m");
  assert_keys("BLMOVE k1 k2 LEFT RIGHT 0");
  assert_keys("ZRANGESTORE k1 k2 0 -1");
  assert_keys("GEOSEARCHSTORE k1 k2 FROMMEMBER m BYRADIUS 1 m");
}

static void keys_up_to_the_end(void**) {
  assert_keys("DEL k1 k2 k3");
  assert_keys("MGET k1");
  assert_keys("BLPOP k1 k2 0");
  assert_keys("BITOP NOT k1 k2");
  assert_keys("BITOP AND k1 k2 k3 k4");
  assert_keys("SINTERSTORE k1 k2 k3");
  assert_keys("PFMERGE k1 k2 k3");
  assert_keys("PFCOUNT k1 k2");
}

static void a_destination_without_sources_is_still_a_key(void**) { assert_keys("PFMERGE k1"); }

static void keys_with_a_value_each(void**) {
  assert_keys("MSET k1 v1 k2 v2 k3 v3");
  assert_keys("MSETNX k1 v1 k2 v2");
}

static void a_number_of_keys(void**) {
  assert_keys("EVAL s 2 k1 k2 a b");
  assert_keys("EVALSHA s 1 k1");
  assert_keys("EVAL s 0 a b");
  assert_keys("FCALL f 1 k1 a");
  assert_keys("FCALL_RO f 0");
  assert_keys("ZUNION 2 k1 k2 WITHSCORES");
  assert_keys("ZUNIONSTORE k1 2 k2 k3 WEIGHTS 1 2");
  assert_keys("ZDIFFSTORE k1 1 k2");
  assert_keys("SINTERCARD 2 k1 k2 LIMIT 3");
  assert_keys("LMPOP 2 k1 k2 LEFT");
  assert_keys("BZMPOP 0 2 k1 k2 MIN");
}

static void half_of_the_arguments_after_streams(void**) {
  assert_keys("XREAD STREAMS k1 0");
  assert_keys("XREAD COUNT 2 streams k1 k2 0 0");
  assert_keys("XREAD BLOCK 0 STREAMS k1 k2 k3 $ $ $");
  assert_keys("XREADGROUP GROUP g c STREAMS k1 >");
  assert_keys("XREADGROUP GROUP streams c COUNT 1 NOACK STREAMS k1 k2 > >");
}

static void keys_behind_a_keyword(void**) {
  assert_keys("GEORADIUS k1 1 2 3 m");
  assert_keys("GEORADIUS k1 1 2 3 m STORE k2");
  assert_keys("GEORADIUS k1 1 2 3 m ASC storedist k2");
  assert_keys("GEORADIUSBYMEMBER k1 m 3 m STORE k2");
  assert_keys("GEORADIUS_RO k1 1 2 3 m");
}

static void sort_and_its_destination(void**) {
  assert_keys("SORT k1");
  assert_keys("SORT k1 BY nosort GET # LIMIT 0 5 ALPHA STORE k2");
  assert_keys("SORT k1 STORE k2 DESC");
  assert_keys("SORT k1 BY store");
  assert_keys("SORT k1 GET store GET x");
  assert_keys("SORT k1 STORE x STORE k2");
  assert_keys("SORT k1 STORE");
  assert_keys("SORT_RO k1 BY w GET store");
}

static void migrate_in_both_forms(void**) {
  assert_keys("MIGRATE h 1 k1 0 10");
  assert_keys("MIGRATE h 1 k1 0 10 COPY REPLACE AUTH p");
  assert_keys("MIGRATE h 1 \"\" 0 10 KEYS k1 k2");
  assert_keys("MIGRATE h 1 \"\" 0 10 REPLACE AUTH2 u KEYS KEYS k1 k2 k3");
  assert_keys("MIGRATE h 1 \"\" 0 10 AUTH KEYS KEYS k1");
  assert_keys("MIGRATE h 1 x 0 10 KEYS y");  // refused by the server: a key and KEYS
}

static void sharded_channels_are_routed_like_keys(void**) {
  assert_int_equal(slot("SPUBLISH chan m").slot, key_slot("chan"));
  assert_int_equal(slot("SSUBSCRIBE chan").slot, key_slot("chan"));
  assert_true(slot("SSUBSCRIBE a b").cross_slot);
  assert_int_equal(slot("PUBLISH chan m").slot, -1);
}

static void commands_without_keys(void**) {
  for (const char* line : {"PING", "DBSIZE", "CLUSTER SLOTS", "KEYS *", "SCAN 0", "OBJECT HELP",
                           "XINFO NO-SUCH s", "SCRIPT LOAD s", "CONFIG GET *", "WAIT 1 0"}) {
    assert_keys(line);
  }
}

static void malformed_arguments_give_no_keys(void**) {
  for (const char* line : {"GET",
                           "SET x",
                           "RENAME x",
                           "OBJECT ENCODING",
                           "EVAL s",
                           "EVAL s x y",
                           "EVAL s 3 x y",
                           "EVAL s -1 x",
                           "EVAL s 99999999999999999999 x",
                           "EVAL s 9223372036854775807 x",
                           "EVAL s 01 x",
                           "EVAL s +1 x",
                           "EVAL s \"\" x",
                           "EVAL s 1x x",
                           "ZUNIONSTORE d 2 x",
                           "ZUNIONSTORE d 0 x",
                           "LMPOP 5 x LEFT",
                           "XREAD COUNT 1 x",
                           "XREAD COUNT 1 STREAMS",
                           "XREAD COUNT 1 STREAMS x",
                           "XREADGROUP GROUP g c COUNT 1 STREAMS",
                           "BLPOP 0",
                           "MIGRATE h 1 x 0",
                           "MIGRATE h 1 \"\" 0 10 KEYS",
                           "SORT"}) {
    assert_keys(line);
  }
}

static void the_slot_is_that_of_all_keys(void**) {
  const KeySlot one = slot("GET foo");
  assert_int_equal(one.slot, 12182);
  assert_false(one.cross_slot);
  assert_false(one.ask_server);

  const KeySlot same = slot("MSET {t}a 1 {t}b 2");
  assert_int_equal(same.slot, key_slot("t"));
  assert_false(same.cross_slot);

  assert_true(slot("MSET a 1 b 2").cross_slot);
  assert_true(slot("SORT a STORE b").cross_slot);
  assert_true(slot("DEL {t}a {t}b c").cross_slot);
  assert_true(slot("DEL {t}a b {t}c").cross_slot);  // the last is where the first is
  assert_int_equal(slot("PING").slot, -1);
  assert_false(slot("PING").cross_slot);
}

static void unknown_and_incomplete_specs_ask_the_server(void**) {
  const Words words = "MOD.X a b";
  CommandSpec spec;
  spec.key_spec_count = 1;
  settle_key_rule(spec);
  assert_true(slot_of(spec, words.args()).ask_server);
  assert_int_equal(scan_keys(spec, words.args(), [](std::size_t) { fail(); }), KeyScan::kAskServer);

  spec.key_specs[0] = {{BeginSearch::kIndex, 1, nullptr}, {FindKeys::kRange, 0, 0, 0, 0, 1}, kIncomplete};
  settle_key_rule(spec);
  assert_true(slot_of(spec, words.args()).ask_server);
}

static void a_step_between_counted_keys_is_honoured(void**) {
  const Words words = "X 2 k1 v k2 v";
  CommandSpec spec;
  spec.key_spec_count = 1;
  spec.key_specs[0] = {{BeginSearch::kIndex, 1, nullptr}, {FindKeys::kKeyNum, 0, 0, 0, 1, 2}, 0};
  settle_key_rule(spec);
  std::string found;
  scan_keys(spec, words.args(), [&](std::size_t i) { found += words[i]; });
  assert_string_equal(found.c_str(), "k1k2");
}

static void senseless_specs_do_no_harm(void**) {
  std::mt19937 random(1);
  const auto small = [&] { return static_cast<std::int16_t>(static_cast<int>(random() % 9) - 4); };
  for (int round = 0; round < 200000; ++round) {
    CommandSpec spec;
    spec.arity = small();
    spec.key_spec_count = static_cast<std::uint8_t>(random() % (kMaxKeySpecs + 1));
    for (KeySpec& keys : spec.key_specs) {
      keys.begin = {random() % 2 == 0 ? BeginSearch::kIndex : BeginSearch::kKeyword, small(), "store"};
      keys.find = {random() % 2 == 0 ? FindKeys::kRange : FindKeys::kKeyNum,
                   small(),
                   small(),
                   small(),
                   small(),
                   small()};
    }
    settle_key_rule(spec);
    static const char* const kPool[] = {"a", "store", "1", "2", "-1", "\"\""};
    std::vector<std::string> words(random() % 6);
    for (std::string& word : words) word = kPool[random() % std::size(kPool)];
    const Words line(words);
    scan_keys(spec, line.args(), [&](std::size_t i) { assert_in_range(i, 1, words.size() - 1); });
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(keys_at_fixed_positions),
      cmocka_unit_test(keys_up_to_the_end),
      cmocka_unit_test(a_destination_without_sources_is_still_a_key),
      cmocka_unit_test(keys_with_a_value_each),
      cmocka_unit_test(a_number_of_keys),
      cmocka_unit_test(half_of_the_arguments_after_streams),
      cmocka_unit_test(keys_behind_a_keyword),
      cmocka_unit_test(sort_and_its_destination),
      cmocka_unit_test(migrate_in_both_forms),
      cmocka_unit_test(sharded_channels_are_routed_like_keys),
      cmocka_unit_test(commands_without_keys),
      cmocka_unit_test(malformed_arguments_give_no_keys),
      cmocka_unit_test(the_slot_is_that_of_all_keys),
      cmocka_unit_test(unknown_and_incomplete_specs_ask_the_server),
      cmocka_unit_test(a_step_between_counted_keys_is_honoured),
      cmocka_unit_test(senseless_specs_do_no_harm),
  };
  return cmocka_run_group_tests_name("command_keys", tests, nullptr, nullptr);
}
