// What a real server says about keys: for every command that it has, COMMAND GETKEYS on many argument lists
// against our own search, by the built-in table and by what would be learned from COMMAND INFO.
//
// The lists are random, half of them well-formed by the command's key specs; a run prints its seed, and
// RC_TEST_SEED repeats it. Ours must be the very keys that the server finds, and none where it answers with
// an error; or the server must be one that is asked each time (KeyRule::kAskServer). Exceptions: see
// getkeys_differs_from_routing.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/letter_case.h"
#include "commands/command_info.h"
#include "commands/command_keys.h"
#include "commands/command_table.h"
#include "freed_by.h"
#include "resp/arena.h"
#include "test_cluster.h"
#include "unit/commands/words.h"

#include "unit/cmocka.hpp"  // last

using namespace rediscluster;

namespace {

using ServerReply = std::unique_ptr<redisReply, FreedBy<freeReplyObject>>;
using Context = std::unique_ptr<redisContext, FreedBy<redisFree>>;
using Keys = std::vector<std::string>;

test_cluster* server = nullptr;
Context connection;

ServerReply next_reply() {
  void* reply = nullptr;
  if (redisGetReply(connection.get(), &reply) != REDIS_OK)
    fail_msg("the server is gone: %s", connection->errstr);
  return ServerReply(static_cast<redisReply*>(reply));
}

void send(std::vector<std::string> words) {
  const Words line(std::move(words));
  std::vector<const char*> argv;
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < line.args().size(); ++i) {
    argv.push_back(line[i].data());
    lengths.push_back(line[i].size());
  }
  redisAppendCommandArgv(connection.get(), static_cast<int>(argv.size()), argv.data(), lengths.data());
}

// A command or subcommand of the server: its name as words, and how many arguments it takes.
struct Known {
  std::vector<std::string> name;
  int arity = 0;
  std::shared_ptr<const LearnedCommand> learned;  // from COMMAND INFO of its (container's) name
};

void copy(const redisReply& from, Reply& to, Arena& arena) {
  if (from.type == REDIS_REPLY_ARRAY) {
    if (!arena.make_array(to, from.elements)) fail_msg("out of memory");
    for (std::size_t i = 0; i < from.elements; ++i) copy(*from.element[i], to.elements[i], arena);
    to.type = ReplyType::kArray;
    to.length = from.elements;
  } else if (from.type == REDIS_REPLY_INTEGER) {
    to.type = ReplyType::kInteger;
    to.integer = from.integer;
  } else if (from.type != REDIS_REPLY_NIL) {
    to.type = ReplyType::kString;
    to.text = arena.copy({from.str, static_cast<std::size_t>(from.len)});
    to.length = static_cast<std::size_t>(from.len);
  }
}

std::shared_ptr<const LearnedCommand> learn(const std::string& name) {
  send({"COMMAND", "INFO", name});
  const ServerReply info = next_reply();
  const ArenaPtr arena(Arena::create(0));
  copy(*info, arena->root(), *arena);
  return parse_command_info(arena->root());
}

std::vector<Known> commands_of_server() {
  std::vector<Known> all;
  send({"COMMAND"});
  const ServerReply reply = next_reply();
  for (std::size_t i = 0; i < reply->elements; ++i) {
    const redisReply& described = *reply->element[i];
    const std::string name = described.element[0]->str;
    const auto learned = learn(name);
    if (learned == nullptr) fail_msg("%s is not learned from COMMAND INFO", name.c_str());
    all.push_back({{name}, static_cast<int>(described.element[1]->integer), learned});
    if (described.elements < 10) continue;
    const redisReply& subcommands = *described.element[9];
    for (std::size_t j = 0; j < subcommands.elements; ++j) {
      const std::string full = subcommands.element[j]->element[0]->str;
      all.push_back({{name, full.substr(full.find('|') + 1)},
                     static_cast<int>(subcommands.element[j]->element[1]->integer),
                     learned});
    }
  }
  // A server lists them in an order of the day.
  std::sort(all.begin(), all.end(), [](const Known& a, const Known& b) { return a.name < b.name; });
  return all;
}

// Argument lists that a generator of random words would hardly make.
const char* const kWellFormed[] = {
    "MIGRATE h 1 key 0 10 COPY REPLACE AUTH p",
    "MIGRATE h 1 \"\" 0 10 KEYS a b c",
    "MIGRATE h 1 \"\" 0 10 REPLACE AUTH2 u keys KEYS a b",
    "SORT a BY nosort LIMIT 0 5 GET # STORE b",
    "SORT a STORE b STORE c",
    "GEORADIUSBYMEMBER a m 3 m STORE b",
    "GEORADIUS a 1 2 3 m COUNT 5 ASC STORE b",
    "GEORADIUSBYMEMBER a m 3 m WITHCOORD STOREDIST b",
    "XREAD COUNT 5 BLOCK 0 STREAMS a b c 0 0 0",
    "XREADGROUP GROUP streams c COUNT 1 NOACK STREAMS a b > >",
    "EVAL return 3 a b c d",
    "ZUNIONSTORE a 2 b c WEIGHTS 1 2 AGGREGATE MAX",
    "BZMPOP 0 2 a b MIN COUNT 2",
    "BITOP NOT a b",
    "MSET a 1 b 2 c 3",
};

// Plausible and adversarial words after the command's name, each number and option word where it may matter;
// every key name once, so that a key tells its position.
std::vector<std::string> make_arguments(const Known& command, std::mt19937& random) {
  static const char* const kOptions[] = {
      "STORE", "storedist", "STREAMS", "KEYS", "BY", "GET", "LIMIT", "COUNT", "AUTH",       "AUTH2", "BLOCK",
      "GROUP", "1",         "2",       "3",    "1",  "2",   "0",     "-1",    "9999999999", ""};
  const char* const favourite = kOptions[random() % std::size(kOptions)];  // so that options come twice too
  std::vector<std::string> words = command.name;
  const std::size_t least = static_cast<std::size_t>(std::abs(command.arity));
  const std::size_t size = command.arity > 0 ? least : least + random() % 7;
  while (words.size() < size) {
    const auto dice = random() % 10;
    if (dice < 6) {
      words.push_back("key" + std::to_string(words.size()));
    } else {
      words.push_back(dice < 8 ? favourite : kOptions[random() % std::size(kOptions)]);
    }
  }
  return words;
}

// What the key specs ask for: so many arguments, numbers of keys that are true, keywords with keys after
// them.
std::vector<std::string> make_well_formed(const Known& command, const CommandSpec& spec,
                                          std::mt19937& random) {
  std::vector<std::string> words = command.name;
  const auto grow = [&words](std::size_t size) {
    while (words.size() < size) words.push_back("key" + std::to_string(words.size()));
  };
  grow(spec.min_args());
  for (std::size_t i = 0; i < spec.key_spec_count; ++i) {
    const KeySpecBegin& begin = spec.key_specs[i].begin;
    const KeySpecFind& find = spec.key_specs[i].find;
    if (begin.kind == BeginSearch::kUnknown || find.kind == FindKeys::kUnknown || find.step < 1) continue;
    const std::size_t keys = 1 + random() % 3;
    const std::size_t span = keys * static_cast<std::size_t>(find.step);
    if (begin.kind == BeginSearch::kKeyword) words.push_back(begin.keyword);
    const std::size_t first =
        begin.kind == BeginSearch::kKeyword ? words.size() : static_cast<std::size_t>(begin.position);
    if (find.kind == FindKeys::kKeyNum) {
      const std::size_t count = first + static_cast<std::size_t>(find.count);
      grow(count + 1);
      words[count] = std::to_string(keys);
      grow(first + static_cast<std::size_t>(find.first) + span);
    } else if (find.last >= 0) {
      grow(first + static_cast<std::size_t>(find.last) + 1);
    } else {
      grow(first + span * static_cast<std::size_t>(std::max<int>(find.limit, 1)));
    }
  }
  if (command.arity < 0 && random() % 4 == 0) words.push_back(random() % 2 == 0 ? "COUNT" : "1");
  return words;
}

// The seed of this run.
std::uint32_t test_seed() {
  const char* given = std::getenv("RC_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10))
                                     : std::random_device{}();
  std::printf("RC_TEST_SEED=%u\n", seed);
  return seed;
}

struct Question {
  std::vector<std::string> words;
  const CommandSpec* spec;
  std::shared_ptr<const LearnedCommand> learned;  // keeps spec alive, or null
};

// The channel of SPUBLISH, a slot's number, and keys that the server itself does not call so.
bool routed_without_being_keys(const CommandSpec& spec) {
  return (spec.key_specs[0].flags & kNotKey) != 0 || spec.key_rule == KeyRule::kSlot ||
         spec.name.starts_with("debug|");
}

// STREAMS where only GROUP, or what goes with an option, may stand.
bool streams_comes_too_early(const std::vector<std::string>& words) {
  return !equals_lower(words[1], "group") &&
         std::any_of(words.begin() + 1, words.begin() + 4,
                     [](const auto& word) { return equals_lower(word, "streams"); });
}

// GEORADIUS and its like with several places to store at, or with one before its options begin.
bool stores_oddly(std::string_view name, const std::vector<std::string>& words) {
  if (!name.starts_with("georadius")) return false;
  const std::ptrdiff_t options = name.starts_with("georadiusbymember") ? 5 : 6;
  const auto is_store = [](const auto& word) {
    return equals_lower(word, "store") || equals_lower(word, "storedist");
  };
  return std::count_if(words.begin(), words.end(), is_store) > 1 ||
         std::find_if(words.begin(), words.end(), is_store) - words.begin() < options;
}

// Where COMMAND GETKEYS, which is ours to compare with, differs from how the server itself routes: PFMERGE
// with a destination alone runs, but GETKEYS takes the missing sources for an error; KEYS as the last word of
// MIGRATE is no keyword for GETKEYS. And XREADGROUP with STREAMS before its group, which no server runs:
// where the key specs find nothing GETKEYS searches once more, from the beginning. We find no keys: whatever
// node gets it refuses it.
// And GEORADIUS: with several places to store at, Redis 6.0 and Valkey 9 name only the last, which is the one
// that is written, while others name one of STORE and one of STOREDIST, as their key specs do and so do we;
// and they see such words also where no server would run the command.
bool getkeys_differs_from_routing(const Question& question) {
  const std::string& last = question.words.back();
  return stores_oddly(question.spec->name, question.words) ||
         (question.spec->name == "pfmerge" && question.words.size() == 2) ||
         (question.spec->name == "migrate" && equals_lower(last, "keys")) ||
         (question.spec->name == "xreadgroup" && question.words.size() >= 4 &&
          streams_comes_too_early(question.words));
}

struct Tally {
  std::size_t asked = 0;
  std::set<std::string> with_keys;  // commands that were seen to have keys
};

void compare(const std::vector<Question>& questions, Tally& tally) {
  for (const Question& question : questions) {
    std::vector<std::string> words = {"COMMAND", "GETKEYS"};
    words.insert(words.end(), question.words.begin(), question.words.end());
    send(words);
  }
  for (const Question& question : questions) {
    const ServerReply reply = next_reply();
    const Words words(question.words);
    Keys ours;
    const KeyScan scan =
        scan_keys(*question.spec, words.args(), [&](std::size_t i) { ours.push_back(words[i]); });
    if (scan == KeyScan::kAskServer && question.learned != nullptr) continue;  // it is asked each time
    Keys theirs;
    for (std::size_t i = 0; i < reply->elements; ++i) {
      theirs.emplace_back(reply->element[i]->str, static_cast<std::size_t>(reply->element[i]->len));
    }
    ++tally.asked;
    if (!theirs.empty()) tally.with_keys.insert(std::string(question.spec->name));
    if (routed_without_being_keys(*question.spec) || getkeys_differs_from_routing(question)) continue;
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    if (ours == theirs && scan == KeyScan::kDone) continue;
    std::string line;
    for (const std::string& word : question.words) line += (word.empty() ? "\"\"" : word) + " ";
    std::string found;
    for (const std::string& key : ours) found += key + " ";
    std::string expected = reply->type == REDIS_REPLY_ERROR ? reply->str : "";
    for (const std::string& key : theirs) expected += key + " ";
    fail_msg("%s: we find [%s], the server [%s]", line.c_str(), found.c_str(), expected.c_str());
  }
}

constexpr int kListsPerCommand = 200;

void keys_are_those_of_the_server(void**) {
  std::mt19937 random(test_seed());
  Tally tally;
  std::set<std::string> have_keys;
  for (const Known& command : commands_of_server()) {
    std::vector<Question> questions;
    const CommandSpec* spec = find_command(Words(command.name).args());
    if (spec == nullptr) continue;  // a newer server's: the next test learns it
    for (int i = 0; i < kListsPerCommand; ++i) {
      Question question{{}, nullptr, nullptr};
      question.words =
          i % 2 == 0 ? make_arguments(command, random) : make_well_formed(command, *spec, random);
      question.spec = find_command(Words(question.words).args());
      if (question.spec->key_rule != KeyRule::kNone) have_keys.insert(std::string(question.spec->name));
      questions.push_back(std::move(question));
    }
    compare(questions, tally);
  }
  std::vector<Question> questions;
  for (const char* line : kWellFormed) {
    const Words words = line;
    Question question{{}, find_command(words.args()), nullptr};
    for (std::size_t i = 0; i < words.args().size(); ++i) question.words.push_back(words[i]);
    questions.push_back(std::move(question));
  }
  compare(questions, tally);

  assert_true(tally.asked > 10000);
  for (const std::string& name : have_keys) {
    const Words words(
        std::vector<std::string>{name.substr(0, name.find('|')), name.substr(name.find('|') + 1)});
    if (routed_without_being_keys(*find_command(words.args()))) continue;
    if (tally.with_keys.count(name) == 0) fail_msg("no argument list gave %s keys", name.c_str());
  }
}

void keys_of_learned_commands_are_those_of_the_server(void**) {
  std::mt19937 random(test_seed());
  Tally tally;
  for (const Known& command : commands_of_server()) {
    std::vector<Question> questions;
    for (int i = 0; i < kListsPerCommand / 5; ++i) {
      const CommandSpec& spec = command.learned->spec_for(Words(command.name).args());
      Question question{{}, nullptr, command.learned};
      question.words = i % 2 == 0 ? make_arguments(command, random) : make_well_formed(command, spec, random);
      question.spec = &command.learned->spec_for(Words(question.words).args());
      questions.push_back(std::move(question));
    }
    compare(questions, tally);
  }
  assert_true(tally.asked > 2000);
  assert_true(tally.with_keys.size() > 100);
}

void a_command_is_learned_as_the_table_has_it(void**) {
  for (const Known& command : commands_of_server()) {
    const Words words(command.name);
    const CommandSpec* known = find_command(words.args());
    if (known == nullptr) continue;  // a newer server's
    const bool is_subcommand = known->name.find('|') != std::string_view::npos;
    if (is_subcommand != (command.name.size() == 2)) continue;  // a newer server's subcommand
    const CommandSpec& learned = command.learned->spec_for(words.args());
    assert_true(learned.name == known->name);
    if (learned.has(kReadOnly) < known->has(kReadOnly)) fail_msg("%s is no read", command.name[0].c_str());
    if (learned.has(kWrite) != known->has(kWrite)) fail_msg("%s: write or not?", command.name[0].c_str());
    const bool by_hand = known->name.starts_with("sort") || known->name == "migrate";
    if (!by_hand && learned.key_rule == KeyRule::kAskServer)
      fail_msg("%s is asked for", command.name[0].c_str());
  }
}

void http_words_close_the_connection(void**) {
  for (const char* word : {"POST", "Host:"}) {
    const Context own(redisConnect(test_node_host(server, 0), test_node_port(server, 0)));
    assert_int_equal(own->err, 0);
    assert_null(redisCommand(own.get(), "%s /", word));
    assert_non_null(find_command(Words(word).args())->refused_advice);
  }
}

int start(void**) {
  server = test_server_start(nullptr);
  return server != nullptr ? 0 : -1;
}

// A connection for each test: one that failed leaves replies behind.
int connect(void**) {
  const timeval patience{30, 0};
  connection.reset(redisConnectWithTimeout(test_node_host(server, 0), test_node_port(server, 0), patience));
  if (connection == nullptr || connection->err != 0) return -1;
  return redisSetTimeout(connection.get(), patience) == REDIS_OK ? 0 : -1;
}

int stop(void**) {
  connection.reset();
  test_cluster_stop(server);
  return 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(keys_are_those_of_the_server, connect),
      cmocka_unit_test_setup(keys_of_learned_commands_are_those_of_the_server, connect),
      cmocka_unit_test_setup(a_command_is_learned_as_the_table_has_it, connect),
      cmocka_unit_test_setup(http_words_close_the_connection, connect),
  };
  return cmocka_run_group_tests_name("command_keys_live", tests, start, stop);
}
