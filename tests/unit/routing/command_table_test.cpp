#include "routing/command_table.h"

#include <algorithm>
#include <string>

#include "routing/connection_commands.h"
#include "unit/routing/words.h"

#include "unit/cmocka.hpp"  // last

using namespace rediscluster;

static const CommandSpec* find(const Words& words) { return find_command(words.args()); }

static void assert_found(const Words& words, const char* name) {
  const CommandSpec* spec = find(words);
  assert_non_null(spec);
  assert_string_equal(std::string(spec->name).c_str(), name);
}

static void names_are_found_in_any_letter_case(void**) {
  assert_found("GET k", "get");
  assert_found("get k", "get");
  assert_found("gEt k", "get");
  assert_found("Georadiusbymember_RO k", "georadiusbymember_ro");
  assert_found("RESTORE-ASKING k 0 v", "restore-asking");
}

static void every_command_of_the_table_is_found_by_its_name(void**) {
  assert_true(known_commands().size() > 366);
  for (const CommandSpec& spec : known_commands()) {
    std::string line(spec.name);
    std::replace(line.begin(), line.end(), '|', ' ');
    assert_ptr_equal(find(line.c_str()), &spec);
    std::transform(line.begin(), line.end(), line.begin(), [](unsigned char c) { return std::toupper(c); });
    assert_ptr_equal(find(line.c_str()), &spec);
  }
}

static void unknown_names_are_not_found(void**) {
  assert_null(find(""));
  assert_null(find("\"\""));
  assert_null(find("GETT k"));
  assert_null(find("GE k"));
  assert_null(find("JSON.GET k"));
  assert_null(find("xinfo|stream k"));
  assert_null(find(Words(std::vector<std::string>{std::string("GET\0", 4), "k"})));
  assert_null(
      find(Words(std::vector<std::string>{"\x07"
                                          "et",
                                          "k"})));  // lower-casing by a bit would find it
  assert_null(find(Words(std::vector<std::string>{std::string(100000, 'g'), "k"})));
}

static void subcommands_are_resolved(void**) {
  assert_found("XINFO STREAM s", "xinfo|stream");
  assert_found("cluster Slots", "cluster|slots");
  assert_found("OBJECT encoding k", "object|encoding");
  assert_found("MEMORY USAGE k", "memory|usage");
}

static void an_unknown_subcommand_gives_its_container(void**) {
  assert_found("CLUSTER NO-SUCH", "cluster");
  assert_found("CLUSTER \"\"", "cluster");
  assert_found("CLUSTER", "cluster");
  assert_found("CONFIG SLOTS", "config");
  assert_int_equal(find("CLUSTER NO-SUCH")->key_rule, KeyRule::kNone);
}

static void a_word_after_an_ordinary_command_is_no_subcommand(void**) { assert_found("GET stream", "get"); }

static void flags_tell_reads_from_writes(void**) {
  assert_true(find("GET k")->has(kReadOnly));
  assert_false(find("GET k")->has(kWrite));
  assert_true(find("SET k v")->has(kWrite));
  assert_false(find("SET k v")->has(kReadOnly));
  assert_true(find("XINFO STREAM k")->has(kReadOnly));
  assert_false(find("EVAL s 0")->has(kReadOnly));
  for (const CommandSpec& spec : known_commands()) assert_false(spec.has(kReadOnly) && spec.has(kWrite));
}

static void policies_come_from_the_tips(void**) {
  assert_int_equal(find("DBSIZE")->request_policy, RequestPolicy::kAllShards);
  assert_int_equal(find("DBSIZE")->response_policy, ResponsePolicy::kAggSum);
  assert_int_equal(find("MGET k")->request_policy, RequestPolicy::kMultiShard);
  assert_int_equal(find("GET k")->request_policy, RequestPolicy::kNone);
}

static void commands_that_change_their_connection_are_refused_with_advice(void**) {
  for (const char* line : {"MULTI",
                           "exec",
                           "DISCARD",
                           "WATCH k",
                           "UNWATCH",
                           "SUBSCRIBE c",
                           "PSUBSCRIBE c",
                           "SSUBSCRIBE c",
                           "UNSUBSCRIBE",
                           "PUNSUBSCRIBE",
                           "SUNSUBSCRIBE",
                           "MONITOR",
                           "SYNC",
                           "PSYNC ? -1",
                           "REPLCONF x y",
                           "QUIT",
                           "RESET",
                           "HELLO 3",
                           "AUTH p",
                           "SELECT 0",
                           "ASKING",
                           "READONLY",
                           "READWRITE",
                           "CLIENT REPLY OFF",
                           "client tracking on",
                           "CLIENT CACHING YES",
                           "CLIENT SETNAME n",
                           "CLIENT SETINFO LIB-NAME n",
                           "CLIENT NO-EVICT ON",
                           "CLIENT NO-TOUCH ON",
                           "SCRIPT DEBUG YES",
                           "POST /",
                           "Host: x"}) {
    const CommandSpec* spec = find(line);
    if (spec == nullptr || spec->refused_advice == nullptr) fail_msg("%s is not refused", line);
    assert_true(std::string_view(spec->refused_advice).size() > 10);
  }
}

static void ordinary_commands_are_not_refused(void**) {
  std::size_t refused = 0;
  for (const CommandSpec& spec : known_commands()) refused += spec.refused_advice != nullptr ? 1 : 0;
  assert_int_equal(refused, std::size(kConnectionCommands));
  for (const char* line : {"GET k", "CLIENT LIST", "CLIENT ID", "CLIENT", "SCRIPT LOAD s", "PUBLISH c m",
                           "SPUBLISH c m", "PUBSUB CHANNELS", "CLUSTER SLOTS", "EVAL s 0", "BLPOP k 0"}) {
    assert_null(find(line)->refused_advice);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(names_are_found_in_any_letter_case),
      cmocka_unit_test(every_command_of_the_table_is_found_by_its_name),
      cmocka_unit_test(unknown_names_are_not_found),
      cmocka_unit_test(subcommands_are_resolved),
      cmocka_unit_test(an_unknown_subcommand_gives_its_container),
      cmocka_unit_test(a_word_after_an_ordinary_command_is_no_subcommand),
      cmocka_unit_test(flags_tell_reads_from_writes),
      cmocka_unit_test(policies_come_from_the_tips),
      cmocka_unit_test(commands_that_change_their_connection_are_refused_with_advice),
      cmocka_unit_test(ordinary_commands_are_not_refused),
  };
  return cmocka_run_group_tests_name("command_table", tests, nullptr, nullptr);
}
