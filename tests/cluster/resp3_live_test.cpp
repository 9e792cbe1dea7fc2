// What a real server sends to a connection that said HELLO 3, as the parser reads it. Skipped where the
// hiredis linked has no RESP3.
#include <hiredis/hiredis.h>
#include <unistd.h>

#include <cmath>
#include <memory>
#include <string>

#include "cluster/suite.hpp"
#include "commands/command_info.h"
#include "resp/reply_parser.h"
#include "topology/cluster_view.h"
#include "unit/commands/words.h"
#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// One connection, of which hiredis does no more than connect.
class Connection {
 public:
  explicit Connection(Protocol protocol)
      : connection_(redisConnect(test_node_host(cluster, 0), test_node_port(cluster, 0)), redisFree),
        parser_(protocol) {
    if (connection_ == nullptr || connection_->err != 0) fail_msg("cannot connect");
    if (protocol == Protocol::kResp3) assert_enum(ask("HELLO 3")->type, ReplyType::kMap);
  }

  ReplyPtr ask(const std::string& line) {
    const std::string bytes = line + "\r\n";
    assert_int_equal(write(connection_->fd, bytes.data(), bytes.size()), bytes.size());
    Parsed parsed = next();
    for (; parsed == Parsed::kPush; parsed = next()) ++pushes;
    assert_enum(parsed, Parsed::kReply);
    return into_reply(std::move(arena_));
  }
  std::string shown_of(const std::string& line) { return shown(*ask(line)); }
  Parsed next() {
    for (;;) {
      if (parser_.has_bytes()) {
        const Parsed parsed = parser_.next({&arena_, nullptr});
        if (parsed == Parsed::kFailed) fail_msg("%s", parser_.failure().c_str());
        if (parsed != Parsed::kIncomplete) return parsed;
      }
      const ssize_t size = read(connection_->fd, bytes_, sizeof bytes_);
      if (size <= 0) fail_msg("the server is gone");
      parser_.feed(bytes_, static_cast<std::size_t>(size));
    }
  }

  int pushes = 0;

 private:
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection_;
  char bytes_[ReplyParser::kFeed];
  ReplyParser parser_;
  ArenaPtr arena_;
};

int start_one(void**) {
  test_cluster_options options{};
  options.primaries = 1;
  return start_cluster(options);
}

void every_type_that_the_server_can_send_is_understood(void**) {
  if (!resp3_offered()) skip();
  Connection it(Protocol::kResp3);
  assert_text(it.shown_of("DEBUG PROTOCOL string"), "$Hello World");
  assert_text(it.shown_of("DEBUG PROTOCOL integer"), ":12345");
  assert_true(it.ask("DEBUG PROTOCOL double")->number == 3.141);
  assert_text(it.shown_of("DEBUG PROTOCOL null"), "nil");
  assert_text(it.shown_of("DEBUG PROTOCOL array"), "[:0 :1 :2]");
  assert_text(it.shown_of("DEBUG PROTOCOL set"), "~[:0 :1 :2]");
  assert_text(it.shown_of("DEBUG PROTOCOL map"), "{:0 #f :1 #t :2 #f}");
  assert_text(it.shown_of("DEBUG PROTOCOL verbatim"), "=This is a verbatim\nstring");
  assert_text(it.shown_of("DEBUG PROTOCOL bignum"), "(1234567999999999999999999999999999999");
  assert_text(it.shown_of("DEBUG PROTOCOL true"), "#t");
  assert_text(it.shown_of("DEBUG PROTOCOL false"), "#f");
  assert_text(it.shown_of("DEBUG PROTOCOL attrib"), "$Some real reply following the attribute");
  assert_int_equal(it.pushes, 0);
  assert_text(it.shown_of("DEBUG PROTOCOL push"), "$Some real reply following the push reply");
  if (it.pushes == 0) assert_enum(it.next(), Parsed::kPush);  // or before the reply
}

void commands_answer_with_types_of_their_own(void**) {
  if (!resp3_offered()) skip();
  Connection it(Protocol::kResp3);
  it.ask("DEL {t}h {t}s {t}z");
  it.ask("HSET {t}h f v");
  it.ask("SADD {t}s m");
  it.ask("ZADD {t}z 1.5 a inf b -inf c");
  assert_text(it.shown_of("HGETALL {t}h"), "{$f $v}");
  assert_text(it.shown_of("SMEMBERS {t}s"), "~[$m]");
  assert_text(it.shown_of("ZRANGE {t}z 0 -1 WITHSCORES"), "[[$c ,-inf] [$a ,1.5] [$b ,inf]]");
  assert_true(it.ask("ZSCORE {t}z a")->number == 1.5);
  assert_true(it.ask("ZSCORE {t}z b")->number == HUGE_VAL);
  assert_text(it.shown_of("GET {t}nothing"), "nil");
  assert_text(it.shown_of("LRANGE {t}nothing 0 -1"), "[]");
  assert_enum(it.ask("INFO server")->type, ReplyType::kVerbatim);
  assert_text(it.shown_of("GET {t}s").substr(0, 10), "-WRONGTYPE");
  it.ask("MULTI");
  it.ask("GET {t}nothing");
  it.ask("HGETALL {t}h");
  assert_text(it.shown_of("EXEC"), "[nil {$f $v}]");
}

void invalidations_come_beside_the_replies(void**) {
  if (!resp3_offered()) skip();
  Connection tracking(Protocol::kResp3);
  Connection other(Protocol::kResp2);
  assert_text(tracking.shown_of("CLIENT TRACKING ON"), "+OK");
  assert_text(other.shown_of("SET k v"), "+OK");
  assert_text(tracking.shown_of("GET k"), "$v");
  assert_text(other.shown_of("SET k w"), "+OK");
  assert_enum(tracking.next(), Parsed::kPush);  // nothing was asked
  assert_text(tracking.shown_of("GET k"), "$w");
}

std::string described(const CommandSpec& spec) {
  std::string all = std::to_string(spec.flags) + "/" + std::to_string(static_cast<int>(spec.key_rule));
  for (std::size_t i = 0; i < spec.key_spec_count; ++i) {
    const KeySpec& keys = spec.key_specs[i];
    for (const int number :
         {static_cast<int>(keys.begin.kind), int{keys.begin.position}, static_cast<int>(keys.find.kind),
          int{keys.find.last}, int{keys.find.limit}, int{keys.find.count}, int{keys.find.first},
          int{keys.find.step}, int{keys.flags}})
      all += " " + std::to_string(number);
    if (keys.begin.keyword != nullptr) all += keys.begin.keyword;
  }
  return all;
}

void slots_and_commands_are_described_as_by_resp2(void**) {
  if (!resp3_offered()) skip();
  Connection by2(Protocol::kResp2);
  Connection by3(Protocol::kResp3);
  const Address asked{test_node_host(cluster, 0), test_node_port(cluster, 0)};
  auto view2 = parse_cluster_slots(*by2.ask("CLUSTER SLOTS"), asked);
  auto view3 = parse_cluster_slots(*by3.ask("CLUSTER SLOTS"), asked);
  assert_true(view2.ok() && view3.ok());
  assert_int_equal(view3.value().ranges.size(), 1);
  assert_int_equal(view3.value().ranges[0].last, 16383);
  assert_text(to_string(view3.value().ranges[0].primary), to_string(view2.value().ranges[0].primary));
  for (const char* name : {"get", "mset", "eval", "xread", "blpop", "ping", "memory"}) {
    const auto learned2 = parse_command_info(*by2.ask(std::string("COMMAND INFO ") + name));
    const auto learned3 = parse_command_info(*by3.ask(std::string("COMMAND INFO ") + name));
    assert_non_null(learned2.get());
    assert_non_null(learned3.get());
    assert_text(described(learned3->spec_for(Words(name).args())),
                described(learned2->spec_for(Words(name).args())));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_type_that_the_server_can_send_is_understood),
      cmocka_unit_test(commands_answer_with_types_of_their_own),
      cmocka_unit_test(invalidations_come_beside_the_replies),
      cmocka_unit_test(slots_and_commands_are_described_as_by_resp2),
  };
  return cmocka_run_group_tests_name("resp3_live", tests, start_one, stop);
}
