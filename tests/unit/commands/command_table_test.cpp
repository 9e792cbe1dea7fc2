#include "commands/command_table.h"

#include <algorithm>
#include <string>

#include "unit/commands/words.h"

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

static void commands_that_would_lie_about_the_whole_are_refused_with_advice(void**) {
  for (const char* line : {"WAIT 1 0",
                           "waitaof 1 1 0",
                           "SCAN 0",
                           "KEYS *",
                           "DBSIZE",
                           "RANDOMKEY",
                           "FLUSHALL",
                           "FLUSHDB ASYNC",
                           "SWAPDB 0 1",
                           "SCRIPT LOAD s",
                           "script flush",
                           "SCRIPT EXISTS s",
                           "SCRIPT KILL",
                           "SCRIPT SHOW s",
                           "FUNCTION LOAD s",
                           "FUNCTION DELETE l",
                           "FUNCTION FLUSH",
                           "FUNCTION RESTORE p",
                           "FUNCTION KILL",
                           "CONFIG SET maxmemory 1",
                           "CONFIG REWRITE",
                           "CONFIG RESETSTAT",
                           "ACL SETUSER u",
                           "ACL DELUSER u",
                           "ACL SAVE",
                           "ACL LOAD",
                           "SLOWLOG RESET",
                           "SLOWLOG LEN",
                           "LATENCY RESET",
                           "MEMORY PURGE",
                           "BGSAVE",
                           "SAVE",
                           "BGREWRITEAOF",
                           "MODULE LOAD m",
                           "CLIENT KILL TYPE normal",
                           "CLIENT PAUSE 1",
                           "CLIENT UNBLOCK 1",
                           "PUBSUB NUMSUB c",
                           "CLUSTER RESET",
                           "CLUSTER FORGET id",
                           "CLUSTER FAILOVER",
                           "CLUSTER SETSLOT 1 STABLE",
                           "CLUSTER COUNTKEYSINSLOT 1",
                           "CLUSTER GETKEYSINSLOT 1 1",
                           "DEBUG OBJECT k",
                           "SHUTDOWN",
                           "FT.CURSOR READ i 1"}) {
    const CommandSpec* spec = find(line);
    if (spec == nullptr || spec->refused_advice == nullptr) fail_msg("%s is not refused", line);
    assert_true(std::string_view(spec->refused_reason).size() > 10);
    assert_true(std::string_view(spec->refused_advice).size() > 10);
  }
}

static void whatever_tips_say_of_all_nodes_is_refused_or_speaks_of_one_node(void**) {
  for (const CommandSpec& spec : known_commands()) {
    if (spec.request_policy != RequestPolicy::kAllNodes && spec.request_policy != RequestPolicy::kAllShards)
      continue;
    const bool speaks_of_one = spec.response_policy == ResponsePolicy::kSpecial && spec.name != "randomkey";
    if ((spec.refused_advice == nullptr) != (speaks_of_one || spec.name == "ping"))
      fail_msg("%s", std::string(spec.name).c_str());
  }
}

static void ordinary_commands_are_not_refused(void**) {
  for (const char* line : {"GET k",         "CLIENT LIST",    "CLIENT ID",     "CLIENT",
                           "PUBLISH c m",   "SPUBLISH c m",   "CLUSTER SLOTS", "EVAL s 0",
                           "BLPOP k 0",     "PING",           "ECHO a",        "TIME",
                           "INFO",          "LASTSAVE",       "CLUSTER INFO",  "CONFIG GET *",
                           "MEMORY STATS",  "MEMORY USAGE k", "ROLE",          "LATENCY HISTORY",
                           "FUNCTION LIST", "FUNCTION STATS", "ACL WHOAMI",    "COMMAND COUNT",
                           "DEBUG SLEEP 0", "EVALSHA s 1 k",  "HSCAN k 0",     "CLUSTER KEYSLOT k",
                           "DEL a",         "MGET a b"}) {
    if (find(line)->refused_advice != nullptr) fail_msg("%s is refused", line);
  }
  for (const CommandSpec& spec : known_commands()) {  // what has keys goes to the node that has them
    const bool keys = spec.key_rule != KeyRule::kNone && !spec.has(kPubSub);
    if (keys && spec.refused_advice != nullptr && spec.name != "watch")
      fail_msg("%s is refused", std::string(spec.name).c_str());
  }
}

static void what_differs_from_node_to_node_is_read_from_the_primary(void**) {
  for (const char* line :
       {"HSCAN k 0", "SSCAN k 0", "ZSCAN k 0", "EVALSHA_RO s 1 k", "OBJECT FREQ k", "OBJECT IDLETIME k",
        "OBJECT ENCODING k", "OBJECT REFCOUNT k", "MEMORY USAGE k", "TOUCH k", "SET k v"}) {
    if (find(line)->may_ask_replica()) fail_msg("%s may go to a replica", line);
  }
  for (const char* line :
       {"GET k", "EVAL_RO s 1 k", "FCALL_RO f 1 k", "PFCOUNT k", "SORT_RO k", "BITFIELD_RO k",
        "GEORADIUS_RO k 1 1 1 m", "XREAD STREAMS k 0", "SRANDMEMBER k", "TTL k", "DUMP k"}) {
    if (!find(line)->may_ask_replica()) fail_msg("%s may not go to a replica", line);
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
      cmocka_unit_test(commands_that_would_lie_about_the_whole_are_refused_with_advice),
      cmocka_unit_test(whatever_tips_say_of_all_nodes_is_refused_or_speaks_of_one_node),
      cmocka_unit_test(ordinary_commands_are_not_refused),
      cmocka_unit_test(what_differs_from_node_to_node_is_read_from_the_primary),
  };
  return cmocka_run_group_tests_name("command_table", tests, nullptr, nullptr);
}
