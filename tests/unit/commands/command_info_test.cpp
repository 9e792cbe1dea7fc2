#include "commands/command_info.h"

#include <string>

#include "commands/key_slot.h"
#include "commands/may_block.h"
#include "unit/commands/notation.h"
#include "unit/commands/words.h"

#include "unit/cmocka.hpp"  // last

using namespace rediscluster;

static std::shared_ptr<const LearnedCommand> learn(const std::string& notation) {
  return parse_command_info(*NotedReply(notation));
}

static std::string index_spec(const std::string& index, const std::string& flags = "RO") {
  return "[ flags [ " + flags + " ] begin_search [ type index spec [ index " + index +
         " ] ] find_keys [ type range spec [ lastkey 0 keystep 1 limit 0 ] ] ]";
}

static void assert_keys(const LearnedCommand& learned, const Words& words, const char* expected) {
  std::string found;
  const KeyScan scan = scan_keys(learned.spec_for(words.args()), words.args(),
                                 [&](std::size_t i) { found += words[i] + " "; });
  assert_string_equal(found.c_str(), expected);
  assert_int_equal(scan, KeyScan::kDone);
}

static bool asks(const LearnedCommand& learned, const Words& words) {
  return slot_of(learned.spec_for(words.args()), words.args()).ask_server;
}

static void key_specs_are_followed(void**) {
  const auto learned =
      learn("[ [ mod.get -2 [ readonly module ] 1 1 1 [ ] [ ] [ " + index_spec("1") + " ] [ ] ] ]");
  assert_non_null(learned.get());
  assert_keys(*learned, "MOD.GET k1 x", "k1 ");
  const CommandSpec& spec = learned->spec_for(Words("MOD.GET k1").args());
  assert_true(spec.has(kReadOnly));
  assert_string_equal(std::string(spec.name).c_str(), "mod.get");
  assert_false(may_block(spec, Words("MOD.GET k1").args()));
}

static void keywords_and_numbers_of_keys_are_followed(void**) {
  const auto learned = learn(
      "[ [ newer -3 [ write blocking movablekeys ] 0 0 0 [ ] [ ] ["
      " [ flags [ RW ] begin_search [ type index spec [ index 1 ] ]"
      "   find_keys [ type keynum spec [ keynumidx 0 firstkey 1 keystep 1 ] ] ]"
      " [ flags [ OW ] begin_search [ type keyword spec [ keyword STORE startfrom 2 ] ]"
      "   find_keys [ type range spec [ lastkey 0 keystep 1 limit 0 ] ] ]"
      " ] [ ] ] ]");
  assert_non_null(learned.get());
  assert_keys(*learned, "NEWER 2 k1 k2 store k3", "k1 k2 k3 ");
  assert_true(may_block(learned->spec_for(Words("NEWER 0 x").args()), Words("NEWER 0 x").args()));
}

static void subcommands_have_specs_of_their_own(void**) {
  const auto learned = learn("[ [ mod -2 [ ] 0 0 0 [ ] [ ] [ ] [ [ Mod|Look 3 [ readonly ] 2 2 1 [ ] [ ] [ " +
                             index_spec("2") + " ] [ ] ] [ mod|info 2 [ ] 0 0 0 [ ] [ ] [ ] [ ] ] ] ] ]");
  assert_non_null(learned.get());
  assert_keys(*learned, "MOD LOOK k1", "k1 ");
  assert_keys(*learned, "mod info", "");
  assert_keys(*learned, "MOD OTHER x", "");
  assert_keys(*learned, "MOD", "");
}

static void servers_before_redis_7_give_positions(void**) {
  assert_keys(*learn("[ [ old 2 [ readonly ] 1 1 1 [ @read ] ] ]"), "OLD k1", "k1 ");
  assert_keys(*learn("[ [ old -3 [ write ] 1 -1 2 ] ]"), "OLD k1 v k2 v", "k1 k2 ");
  assert_keys(*learn("[ [ old -3 [ write ] 1 -2 1 ] ]"), "OLD k1 k2 0", "k1 k2 ");
  assert_keys(*learn("[ [ old -3 [ write ] 2 3 1 ] ]"), "OLD x k1 k2 y", "k1 k2 ");
  assert_keys(*learn("[ [ old -1 [ ] 0 0 0 ] ]"), "OLD x", "");
  assert_true(asks(*learn("[ [ old -3 [ write movablekeys ] 1 1 1 ] ]"), "OLD a b"));
  assert_true(asks(*learn("[ [ old -3 [ write movablekeys ] 0 0 0 ] ]"), "OLD a b"));
}

static void a_modules_own_key_function_is_asked_for(void**) {
  assert_true(asks(
      *learn("[ [ mod.x -2 [ write module movablekeys ] 1 1 1 [ ] [ ] [ " + index_spec("1") + " ] [ ] ] ]"),
      "MOD.X a"));
}

static void unclear_keys_are_asked_for(void**) {
  const auto with_specs = [](const std::string& specs) {
    return learn("[ [ x -2 [ write ] 1 1 1 [ ] [ ] [ " + specs + " ] [ ] ] ]");
  };
  assert_true(asks(*with_specs(index_spec("1", "RW incomplete")), "X a"));
  assert_true(asks(*with_specs(index_spec("1000000")), "X a"));
  assert_true(asks(*with_specs(index_spec("one")), "X a"));
  assert_true(asks(
      *with_specs("[ flags [ ] begin_search [ type unknown spec [ ] ] find_keys [ type unknown spec [ ] ] ]"),
      "X a"));
  assert_true(asks(*with_specs("nil"), "X a"));
  const std::string one = index_spec("1");
  assert_false(asks(*with_specs(one + one + one), "X a"));
  assert_true(asks(*with_specs(one + one + one + one), "X a"));  // more than a spec can hold
}

static void what_the_server_does_not_know_is_not_learned(void**) {
  assert_null(learn("[ nil ]").get());
  assert_null(learn("[ ]").get());
  assert_null(learn("nil").get());
  assert_null(learn("-ERR").get());
  assert_null(learn("[ [ ] ]").get());
  assert_null(learn("[ [ x 2 [ ] ] ]").get());
  assert_null(learn("[ [ x y [ ] 1 1 1 ] ]").get());
  assert_null(learn("[ [ 7 2 [ ] 1 1 1 ] ]").get());
  assert_null(learn("[ x 2 [ ] 1 1 1 ]").get());
}

static void the_servers_keys_have_one_slot_or_not(void**) {
  assert_int_equal(slot_of_keys(*NotedReply("[ foo {foo}x ]")).slot, key_slot("foo"));
  assert_false(slot_of_keys(*NotedReply("[ foo {foo}x ]")).cross_slot);
  assert_true(slot_of_keys(*NotedReply("[ foo bar ]")).cross_slot);
  assert_int_equal(slot_of_keys(*NotedReply("[ ]")).slot, -1);
  assert_int_equal(slot_of_keys(*NotedReply("-ERR")).slot, -1);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(key_specs_are_followed),
      cmocka_unit_test(keywords_and_numbers_of_keys_are_followed),
      cmocka_unit_test(subcommands_have_specs_of_their_own),
      cmocka_unit_test(servers_before_redis_7_give_positions),
      cmocka_unit_test(a_modules_own_key_function_is_asked_for),
      cmocka_unit_test(unclear_keys_are_asked_for),
      cmocka_unit_test(what_the_server_does_not_know_is_not_learned),
      cmocka_unit_test(the_servers_keys_have_one_slot_or_not),
  };
  return cmocka_run_group_tests_name("command_info", tests, nullptr, nullptr);
}
