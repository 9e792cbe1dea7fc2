// What would become of a command. Nobody is asked: the map is given, and nobody listens.
#include "operations/explain.h"

#include "unit/commands/words.h"
#include "unit/handle_fixture.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// All slots of p, which has the replica r.
struct Fixture : HandleFixture {
  explicit Fixture(bool with_nodes = true) : HandleFixture({{"127.0.0.1", 1}}, view_of(with_nodes)) {}
  static ClusterView view_of(bool with_nodes) {
    ClusterView view;
    if (with_nodes) view.ranges.push_back({0, 16383, {"p", 1}, {{"r", 2}}});
    return view;
  }

  Explanation explain(const Words& words, const CallOptions& options = {}) {
    auto explained = explain_command(context, words.args(), options);
    if (!explained.ok()) fail_msg("%s", explained.error().message);
    return explained.take();
  }
  std::string keys(const Words& words) {
    std::string line;
    for (const auto& key : explain(words).keys) line += (line.empty() ? "" : " ") + key;
    return line;
  }
};

CallOptions reading(ReadFrom from) {
  CallOptions options;
  options.read_from = from;
  return options;
}

void assert_holds(const std::string& text, const char* words) {
  if (text.find(words) == std::string::npos) fail_msg("\"%s\" does not hold \"%s\"", text.c_str(), words);
}

}  // namespace

static void a_read_and_a_write_go_to_the_owner_of_the_slot(void**) {
  Fixture f;
  const Explanation get = f.explain("GET foo");
  assert_int_equal(get.keys.size(), 1);
  assert_text(get.keys[0], "foo");
  assert_int_equal(get.slot, 12182);
  assert_text(get.host, "p");
  assert_int_equal(get.port, 1);
  assert_true(get.read_only);
  assert_false(get.may_block);
  assert_text(
      get.text,
      "GET: 1 key, slot 12182, only reads (sent again if its reply is lost); goes to the primary, now "
      "p:1, over the connection that all callers share");
  const Explanation set = f.explain("set foo s3cret");
  assert_false(set.read_only);
  assert_text(
      set.text,
      "SET: 1 key, slot 12182, may write (never sent again when its outcome is not known); goes to the "
      "primary, now p:1, over the connection that all callers share");
}

static void the_options_of_the_call_count(void**) {
  Fixture f;
  CallOptions idempotent;
  idempotent.idempotent = true;
  assert_holds(f.explain("SET foo 1", idempotent).text, "sent again if its reply is lost");
  const struct {
    ReadFrom from;
    const char* host;  // null: either
    const char* words;
  } table[] = {
      {ReadFrom::kPrimary, "p", "goes to the primary, now p:1"},
      {ReadFrom::kPreferReplica, "r", "goes to a replica, or else the primary, now r:2"},
      {ReadFrom::kReplica, "r", "goes to a replica, now r:2"},
      {ReadFrom::kRoundRobin, nullptr, "the primary and its replicas in turn"},
      {ReadFrom::kLowestLatency, nullptr, "the quickest"},
  };
  for (const auto& row : table) {
    const Explanation get = f.explain("GET foo", reading(row.from));
    if (row.host != nullptr) assert_text(get.host, row.host);
    assert_holds(get.text, row.words);
    assert_text(f.explain("SET foo 1", reading(row.from)).host, "p");
    assert_holds(f.explain("TIME", reading(row.from)).text, "goes to any primary, such as p:1");
    f.context.read_from = row.from;  // of the handle
    assert_holds(f.explain("GET foo").text, row.words);
    assert_text(f.explain("GET foo", reading(ReadFrom::kPrimary)).host, "p");
    f.context.read_from = ReadFrom::kPrimary;
  }
}

static void keys_are_found_wherever_they_stand(void**) {
  Fixture f;
  assert_text(f.keys("EVAL script 2 {t}a {t}b argument"), "{t}a {t}b");
  assert_text(f.keys("MSET {t}a 1 {t}b 2"), "{t}a {t}b");
  assert_text(f.keys("XREAD COUNT 1 STREAMS {t}a {t}b 0 0"), "{t}a {t}b");
  assert_text(f.keys("SORT {t}a BY nosort STORE {t}b"), "{t}a {t}b");
  assert_text(f.keys("MIGRATE h 1 {t}a 0 100"), "{t}a");
  assert_text(f.keys("MIGRATE h 1 \"\" 0 100 KEYS {t}a {t}b"), "{t}a {t}b");
  assert_text(f.keys("ZUNIONSTORE {t}d 2 {t}a {t}b"), "{t}d {t}a {t}b");
  assert_text(f.keys("EVAL script 0"), "");
  assert_text(f.keys("PING"), "");
}

static void a_command_without_keys_goes_to_any_primary(void**) {
  Fixture f;
  const Explanation ping = f.explain("PING");
  assert_int_equal(ping.slot, -1);
  assert_int_equal(ping.keys.size(), 0);
  assert_text(ping.host, "p");
  assert_holds(ping.text, "PING: 0 keys, no slot");
  assert_holds(ping.text, "goes to any primary, such as p:1");
}

static void what_may_block_is_told(void**) {
  Fixture f;
  for (const char* line : {"BLPOP foo 1", "XREAD BLOCK 0 STREAMS foo 0"}) {
    const Explanation blocking = f.explain(line);
    assert_true(blocking.may_block);
    assert_holds(blocking.text, "over a connection of its own because it may block");
  }
  assert_false(f.explain("XREAD STREAMS foo 0").may_block);
  assert_true(f.explain("XREAD BLOCK 0 STREAMS foo 0").read_only);
}

static void a_large_command_has_a_connection_of_its_own(void**) {
  Fixture f;
  const Words words({"SET", "foo", std::string(4 << 20, 'x')});
  assert_holds(f.explain(words).text, "over a connection of its own because it is large");
}

static void what_would_be_refused_has_no_node(void**) {
  Fixture f;
  const Explanation mset = f.explain("MSETNX a 1 b 2");
  assert_int_equal(mset.keys.size(), 2);
  assert_int_equal(mset.slot, -1);
  assert_text(mset.host, "");
  assert_int_equal(mset.port, 0);
  assert_holds(mset.text, "refused before it is sent: MSETNX: its keys are in several slots");
  for (const char* line : {"SUBSCRIBE channel", "MULTI", "SELECT 1", "AUTH s3cret"}) {
    const Explanation refused = f.explain(line);
    assert_text(refused.host, "");
    assert_holds(refused.text, "refused before it is sent: ");
    assert_true(refused.text.find("s3cret") == std::string::npos);
  }
}

static void a_slot_without_an_owner_is_told(void**) {
  Fixture f(false);
  for (const ReadFrom from : {ReadFrom::kPrimary, ReadFrom::kPreferReplica, ReadFrom::kRoundRobin}) {
    const Explanation get = f.explain("GET foo", reading(from));
    assert_int_equal(get.slot, 12182);
    assert_text(get.host, "");
    assert_int_equal(get.port, 0);
    assert_holds(get.text, "but none is known: the map is asked for first");
  }
  assert_text(f.explain("PING").host, "");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_read_and_a_write_go_to_the_owner_of_the_slot),
      cmocka_unit_test(the_options_of_the_call_count),
      cmocka_unit_test(keys_are_found_wherever_they_stand),
      cmocka_unit_test(a_command_without_keys_goes_to_any_primary),
      cmocka_unit_test(what_may_block_is_told),
      cmocka_unit_test(a_large_command_has_a_connection_of_its_own),
      cmocka_unit_test(what_would_be_refused_has_no_node),
      cmocka_unit_test(a_slot_without_an_owner_is_told),
  };
  return cmocka_run_group_tests_name("explain", tests, nullptr, nullptr);
}
