#include "batch/command_list.h"

#include "commands/key_slot.h"
#include "unit/commands/words.h"
#include "unit/connection/peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void add(CommandList& list, const char* line) {
  const Status status = list.add(Words(line).args());
  if (!status.ok()) fail_msg("%s: %s", line, status.error().message);
}

static std::string encoded(const CommandList& list, std::size_t i) { return {list.encoded(i), list[i].size}; }

static std::string joined(const Args& args) {
  std::string all;
  for (std::size_t i = 0; i < args.size(); ++i) all += (i > 0 ? "|" : "") + std::string(args[i]);
  return all;
}

static void commands_are_encoded_one_after_another(void**) {
  CommandList list;
  assert_true(list.empty());
  add(list, "SET a 1");
  add(list, "get a");
  assert_int_equal(list.size(), 2);
  assert_text(encoded(list, 0), to_resp("SET a 1"));
  assert_text(encoded(list, 1), to_resp("get a"));
  assert_int_equal(list.encoded_size(), list[0].size + list[1].size);
  assert_text(std::string(list.encoded(0), list.encoded_size()), to_resp("SET a 1") + to_resp("get a"));
}

static void arguments_come_back_as_they_were_given(void**) {
  const std::string bytes("\0\r\n$1*\xff", 7);
  const std::vector<std::vector<std::string>> commands = {{"PING"},
                                                          {"SET", "k", bytes},
                                                          {"SET", "", ""},
                                                          {"SET", "k", std::string(100000, 'x')},
                                                          std::vector<std::string>(1200, "MGET")};
  CommandList list;
  for (const auto& words : commands) assert_true(list.add(Words(words).args()).ok());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto arguments = list.arguments(i);
    assert_int_equal(arguments.view().size(), commands[i].size());
    assert_true(joined(arguments.view()) == joined(Words(commands[i]).args()));
  }
}

// A list mostly repeats a command, which is then not looked up again.
static void each_subcommand_is_looked_up_for_itself(void**) {
  CommandList list;
  add(list, "OBJECT ENCODING a");
  add(list, "OBJECT HELP");
  add(list, "GET b");
  assert_true(list[0].spec != list[1].spec);
  assert_int_equal(list[0].keys.slot, key_slot("a"));
  assert_int_equal(list[1].keys.slot, -1);
  assert_int_equal(list[2].keys.slot, key_slot("b"));
  assert_true(list[2].spec->name == "get");
}

static void what_is_called_like_the_one_before_is_found_as_if_alone(void**) {
  const char* lines[] = {"GET a",
                         "GET b",
                         "get c",
                         "SET d 1",
                         "GET e",
                         "GET",
                         "DEL f",
                         "DEL f g",
                         "OBJECT ENCODING h",
                         "OBJECT FREQ i",
                         "OBJECT NO-SUCH j",
                         "XINFO STREAM k",
                         "XINFO GROUPS l",
                         "XINFO",
                         "BLPOP m 1",
                         "BLPOP n 1",
                         "ZREVRANGEBYSCORE o 1 2",
                         "ZREVRANGEBYSCORE p 1 2",
                         "ZREVRANGEBYLEXXX q 1 2",
                         "GEORADIUSBYMEMBER_RO r x 1 m",
                         "GEORADIUSBYMEMBER_RO s x 1 m",
                         "GETDEL t"};
  CommandList list;
  for (const char* line : lines) add(list, line);
  for (std::size_t i = 0; i < std::size(lines); ++i) {
    const char* const line = lines[i];
    CommandList alone;
    add(alone, line);
    if (list[i].spec != alone[0].spec || list[i].keys.slot != alone[0].keys.slot ||
        list[i].routed_by_table() != alone[0].routed_by_table() || encoded(list, i) != encoded(alone, 0))
      fail_msg("%s is another command behind others", line);
  }
}

static void a_cleared_list_knows_all_of_its_commands_again(void**) {
  CommandList list;
  add(list, "NO.SUCH.COMMAND a");
  assert_false(list.routed_by_table());
  list.clear();
  assert_true(list.routed_by_table());
  add(list, "GET a");
  assert_true(list.routed_by_table());
}

static void slots_are_known_as_commands_are_added(void**) {
  CommandList list;
  add(list, "GET {tag}a");
  add(list, "MGET {tag}a {tag}b");
  add(list, "MGET a b");
  add(list, "PING");
  add(list, "NO.SUCH.COMMAND a");
  assert_int_equal(list[0].keys.slot, key_slot("tag"));
  assert_int_equal(list[1].keys.slot, key_slot("tag"));
  assert_true(list[2].keys.cross_slot);
  assert_int_equal(list[3].keys.slot, -1);
  assert_non_null(list[3].spec);
  assert_null(list[4].spec);
}

static void commands_that_change_their_connection_are_refused(void**) {
  CommandList list;
  add(list, "GET a");
  for (const char* line :
       {"MULTI", "exec", "WATCH k", "SELECT 1", "AUTH p", "SUBSCRIBE c", "ASKING", "CLIENT REPLY OFF"}) {
    Status status = list.add(Words(line).args());
    if (status.ok()) fail_msg("%s was taken", line);
    assert_failure(status.error(), Code::kUnsupported, Outcome::kNotSent,
                   "would change the state of a shared connection");
  }
  assert_failure(list.add(Words("multi").args()).error(), Code::kUnsupported, Outcome::kNotSent, "MULTI");
  assert_int_equal(list.size(), 1);
  assert_text(encoded(list, 0), to_resp("GET a"));
}

static void a_list_can_be_used_again(void**) {
  CommandList list;
  add(list, "GET a");
  list.clear();
  assert_true(list.empty());
  assert_int_equal(list.encoded_size(), 0);
  add(list, "GET b");
  assert_text(encoded(list, 0), to_resp("GET b"));
  CommandList other(std::move(list));
  assert_text(encoded(other, 0), to_resp("GET b"));
}

static void names_are_for_messages(void**) {
  CommandList list;
  add(list, "get a");
  add(list, "NO.such a");
  add(list, "se\x01t a");
  assert_text(list.name(0), "GET");
  assert_text(list.name(1), "NO.SUCH");
  assert_text(list.name(2), "command");
  add(list, "object encoding a");
  assert_text(list.name(3), "OBJECT");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(commands_are_encoded_one_after_another),
      cmocka_unit_test(arguments_come_back_as_they_were_given),
      cmocka_unit_test(slots_are_known_as_commands_are_added),
      cmocka_unit_test(commands_that_change_their_connection_are_refused),
      cmocka_unit_test(a_list_can_be_used_again),
      cmocka_unit_test(each_subcommand_is_looked_up_for_itself),
      cmocka_unit_test(what_is_called_like_the_one_before_is_found_as_if_alone),
      cmocka_unit_test(a_cleared_list_knows_all_of_its_commands_again),
      cmocka_unit_test(names_are_for_messages),
  };
  return cmocka_run_group_tests_name("command_list", tests, nullptr, nullptr);
}
