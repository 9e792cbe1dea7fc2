#include "commands/command_table.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "commands/command_keys.h"
#include "commands/node_commands.h"
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

static void assert_policies(const char* line, RequestPolicy request, ResponsePolicy response) {
  const CommandSpec* spec = find(line);
  if (spec->request_policy != request || spec->response_policy != response) fail_msg("%s", line);
}

static void policies_come_from_the_tips(void**) {
  using Request = RequestPolicy;
  using Response = ResponsePolicy;
  assert_policies("DBSIZE", Request::kAllShards, Response::kAggSum);
  assert_policies("KEYS *", Request::kAllShards, Response::kNone);
  assert_policies("FLUSHALL", Request::kAllShards, Response::kAllSucceeded);
  assert_policies("CONFIG SET a b", Request::kAllNodes, Response::kAllSucceeded);
  assert_policies("SCRIPT KILL", Request::kAllShards, Response::kOneSucceeded);
  assert_policies("script exists s", Request::kAllShards, Response::kAggLogicalAnd);
  assert_policies("WAIT 1 0", Request::kAllShards, Response::kAggMin);
  assert_policies("MGET k", Request::kMultiShard, Response::kNone);
  assert_policies("MSET k v", Request::kMultiShard, Response::kAllSucceeded);
  assert_policies("UNLINK k", Request::kMultiShard, Response::kAggSum);
  assert_policies("GET k", Request::kNone, Response::kNone);
  assert_policies("MSETNX k v", Request::kNone, Response::kNone);
}

static void policies_that_no_tip_tells_are_kept_by_hand(void**) {
  using Request = RequestPolicy;
  using Response = ResponsePolicy;
  assert_policies("PING", Request::kOne, Response::kNone);
  assert_policies("PUBLISH c m", Request::kChannel, Response::kNone);
  assert_policies("RANDOMKEY", Request::kAllShards, Response::kSpecial);
  assert_policies("PUBSUB CHANNELS", Request::kAllNodes, Response::kUnion);
  assert_policies("PUBSUB NUMPAT", Request::kAllNodes, Response::kAggSum);
  assert_policies("pubsub shardnumsub c", Request::kAllNodes, Response::kSumByName);
  assert_policies("CLIENT LIST", Request::kAllNodes, Response::kNone);
  assert_policies("BGSAVE", Request::kAllNodes, Response::kAllSucceeded);
  assert_policies("LASTSAVE", Request::kAllNodes, Response::kAggMin);
}

static void what_speaks_of_one_node_is_asked_of_one(void**) {
  for (const char* line :
       {"INFO", "MEMORY STATS", "MEMORY DOCTOR", "LATENCY HISTORY e", "LATENCY LATEST", "FUNCTION STATS"}) {
    assert_policies(line, RequestPolicy::kOne, ResponsePolicy::kSpecial);
  }
}

static void what_may_be_sent_in_parts_is_marked(void**) {
  for (const CommandSpec& spec : known_commands())
    assert_int_equal(spec.has(kInParts), spec.request_policy == RequestPolicy::kMultiShard);
}

static void arguments_decide_where_they_change_the_meaning(void**) {
  using Request = RequestPolicy;
  using Response = ResponsePolicy;
  assert_policies("CLIENT KILL TYPE normal", Request::kAllNodes, Response::kAggSum);
  assert_policies("CLIENT KILL ADDR 127.0.0.1:1", Request::kAllNodes, Response::kAggSum);
  assert_policies("client kill 127.0.0.1:1", Request::kAllNodes, Response::kOneSucceeded);
  assert_policies("ACL LOG", Request::kAllNodes, Response::kNone);
  assert_policies("ACL LOG 3", Request::kAllNodes, Response::kNone);
  assert_policies("acl log Reset", Request::kAllNodes, Response::kAllSucceeded);
  assert_policies("CLUSTER SLOT-STATS SLOTSRANGE 0 1", Request::kAllShards, Response::kNone);
  for (const char* line :
       {"CLIENT KILL ID 5", "client kill type normal id 5", "CLUSTER SLOT-STATS ORDERBY key-count LIMIT 5"}) {
    assert_int_equal(find(line)->refusal, Refusal::kUnlessNode);
    assert_non_null(find(line)->refused_advice);
  }
  assert_found("client kill 127.0.0.1:1", "client|kill");
}

static void a_refused_command_has_a_reason_and_an_advice(void**) {
  for (const CommandSpec& spec : known_commands()) {
    assert_int_equal(spec.refusal != Refusal::kNone, spec.refused_reason != nullptr);
    assert_int_equal(spec.refusal != Refusal::kNone, spec.refused_advice != nullptr);
  }
  assert_int_equal(find("MULTI")->refusal, Refusal::kAlways);
  assert_int_equal(find("CLIENT SETNAME n")->refusal, Refusal::kAlways);
  assert_int_equal(find("SCAN 0")->refusal, Refusal::kUnlessNode);
  assert_int_equal(find("SHUTDOWN")->refusal, Refusal::kUnlessNode);
}

static void slots_and_keys_that_no_key_spec_tells_are_found(void**) {
  const auto slot = [](const char* line) { return slot_of(*find(line), Words(line).args()).slot; };
  assert_int_equal(slot("CLUSTER COUNTKEYSINSLOT 12182"), 12182);
  assert_int_equal(slot("cluster getkeysinslot 0 10"), 0);
  assert_int_equal(slot("CLUSTER COUNTKEYSINSLOT 16384"), -1);
  assert_int_equal(slot("CLUSTER COUNTKEYSINSLOT -1"), -1);
  assert_int_equal(slot("CLUSTER COUNTKEYSINSLOT 1x"), -1);
  assert_int_equal(slot("CLUSTER COUNTKEYSINSLOT 99999999999999999999"), -1);
  assert_int_equal(slot("CLUSTER COUNTKEYSINSLOT"), -1);
  assert_int_equal(slot("DEBUG OBJECT foo"), 12182);
  assert_int_equal(slot("debug digest-value foo"), 12182);
  assert_int_equal(slot("DEBUG SLEEP 0"), -1);
  assert_int_equal(slot("PUBLISH foo m"), -1);  // a channel is no key: a transaction takes it along
  assert_int_equal(slot("SPUBLISH foo m"), 12182);
}

static void names_of_rows_are_found_exactly(void**) {
  assert_string_equal(std::string(find_named_command("client|kill")->name).c_str(), "client|kill");
  for (const char* name : {"", "|", "client|", "|kill", "client|kil", "GET", "client|kill|x"})
    assert_null(find_named_command(name));
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

static void commands_of_one_node_are_refused_with_advice(void**) {
  for (const char* line :
       {"SCAN 0", "CLIENT UNBLOCK 1", "CLUSTER RESET", "CLUSTER FORGET id", "CLUSTER FAILOVER",
        "CLUSTER SETSLOT 1 STABLE", "SHUTDOWN", "FT.CURSOR READ i 1", "REPLICAOF no one"}) {
    const CommandSpec* spec = find(line);
    if (spec == nullptr || spec->refusal != Refusal::kUnlessNode) fail_msg("%s is not refused", line);
    assert_true(std::string_view(spec->refused_reason).size() > 10);
    assert_non_null(std::strstr(spec->refused_advice, "rc_call_options_set_route_node"));
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
      cmocka_unit_test(policies_that_no_tip_tells_are_kept_by_hand),
      cmocka_unit_test(what_speaks_of_one_node_is_asked_of_one),
      cmocka_unit_test(what_may_be_sent_in_parts_is_marked),
      cmocka_unit_test(arguments_decide_where_they_change_the_meaning),
      cmocka_unit_test(a_refused_command_has_a_reason_and_an_advice),
      cmocka_unit_test(slots_and_keys_that_no_key_spec_tells_are_found),
      cmocka_unit_test(names_of_rows_are_found_exactly),
      cmocka_unit_test(commands_that_change_their_connection_are_refused_with_advice),
      cmocka_unit_test(commands_of_one_node_are_refused_with_advice),
      cmocka_unit_test(ordinary_commands_are_not_refused),
      cmocka_unit_test(what_differs_from_node_to_node_is_read_from_the_primary),
  };
  return cmocka_run_group_tests_name("command_table", tests, nullptr, nullptr);
}
