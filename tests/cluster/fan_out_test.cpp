// G16: commands without keys speak of the whole cluster, or of the nodes that the caller names.
#include <algorithm>
#include <thread>

#include "whole.hpp"  // last

namespace {

constexpr int kNodes = 6;
constexpr int kPrimaries = 3;

Handle opened() {
  Handle handle = open_handle(cluster, 10000);
  assert_non_null(handle.get());
  return handle;
}

void dbsize_counts_the_keys_of_all_primaries(void**) {
  const Handle handle = opened();
  fill(handle.get(), 100);
  assert_int_equal(number(handle.get(), {"DBSIZE"}), 100);
  const Reply map = done(handle.get(), {"DBSIZE"}, by_node().get());
  assert_int_equal(rc_reply_type(map.get()), RC_REPLY_MAP);
  assert_int_equal(rc_reply_length(map.get()), 2 * kPrimaries);
  long long sum = 0;
  std::set<std::string> names;
  for (std::size_t i = 0; i < kPrimaries; ++i) {
    names.insert(text_of(rc_reply_element(map.get(), 2 * i)));
    sum += rc_reply_integer(rc_reply_element(map.get(), 2 * i + 1));
  }
  assert_int_equal(sum, 100);
  for (int node = 0; node < kPrimaries; ++node)
    assert_true(names.count(test_node_address(cluster, node)) == 1);
}

void keys_are_those_of_all_primaries(void**) {
  const Handle handle = opened();
  auto expected = fill(handle.get(), 60);
  auto got = texts(done(handle.get(), {"KEYS", "*"}).get());
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  assert_true(got == expected);
}

void flushall_empties_all(void**) {
  for (const char* name : {"FLUSHALL", "FLUSHDB"}) {
    const Handle handle = opened();
    fill(handle.get(), 60);
    assert_string_equal(text_of(done(handle.get(), {name}).get()).c_str(), "OK");
    for (int node = 0; node < kPrimaries; ++node) assert_int_equal(test_node_int(cluster, node, "DBSIZE"), 0);
  }
}

void scripts_are_loaded_everywhere_and_exist_where_all_have_them(void**) {
  const Handle handle = opened();
  done(handle.get(), {"SCRIPT", "FLUSH"});
  const std::string sha = text_of(done(handle.get(), {"SCRIPT", "LOAD", "return 7"}).get());
  assert_int_equal(sha.size(), 40);
  for (int node = 0; node < kNodes; ++node)
    assert_string_equal(text_at(node, "SCRIPT EXISTS %s", sha.c_str()).c_str(), "1\n");
  const Words exists = {"SCRIPT", "EXISTS", sha, std::string(40, 'f')};
  assert_true(texts(done(handle.get(), exists).get()) == (std::vector<std::string>{"1", "0"}));
  assert_true(test_node_ok(cluster, 1, "SCRIPT FLUSH"));
  assert_true(texts(done(handle.get(), exists).get()) == (std::vector<std::string>{"0", "0"}));
}

void functions_are_loaded_on_every_primary(void**) {
  const Handle handle = opened();
  done(handle.get(), {"FUNCTION", "FLUSH"});
  const std::string library = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";
  assert_string_equal(text_of(done(handle.get(), {"FUNCTION", "LOAD", library}).get()).c_str(), "lib");
  for (const char* key : kKeys) assert_int_equal(number(handle.get(), {"FCALL", "f", "1", key}), 1);
  // One has it already, as all have: that is one error.
  const Error again = failure(handle.get(), {"FUNCTION", "LOAD", library});
  assert_int_equal(rc_error_code(again.get()), RC_ERR_SERVER);
  assert_int_equal(rc_error_part_count(again.get()), 0);
  // One lost it: then that one succeeds, and the parts tell.
  assert_true(test_node_ok(cluster, 1, "FUNCTION DELETE lib"));
  const Error partial = failure(handle.get(), {"FUNCTION", "LOAD", library});
  assert_true(is(partial, {RC_ERR_PARTIAL, RC_OUTCOME_EXECUTED, {"FUNCTION", "2 of 3"}}));
  assert_int_equal(rc_error_part_count(partial.get()), kPrimaries);
  int good = 0;
  for (std::size_t i = 0; i < kPrimaries; ++i) {
    const rc_error* why = rc_error_part_error(partial.get(), i);
    const rc_reply* reply = rc_error_part_reply(partial.get(), i);
    assert_true((why == nullptr) != (reply == nullptr));
    assert_int_equal(rc_error_part_key_count(partial.get(), i), 0);
    if (why != nullptr) {
      assert_int_equal(rc_error_code(why), RC_ERR_SERVER);
      assert_int_equal(rc_error_outcome(why), RC_OUTCOME_EXECUTED);
      continue;
    }
    ++good;
    assert_string_equal(rc_error_part_node(partial.get(), i), test_node_address(cluster, 1));
    assert_string_equal(text_of(reply).c_str(), "lib");
  }
  assert_int_equal(good, 1);
  done(handle.get(), {"FUNCTION", "DELETE", "lib"});
  done(handle.get(), {"FUNCTION", "FLUSH"});
}

void config_set_reaches_replicas_too(void**) {
  const Handle handle = opened();
  done(handle.get(), {"CONFIG", "SET", "hash-max-listpack-entries", "77"});
  for (int node = 0; node < kNodes; ++node)
    assert_non_null(std::strstr(text_at(node, "CONFIG GET hash-max-listpack-entries").c_str(), "77"));
  done(handle.get(), {"CONFIG", "SET", "hash-max-listpack-entries", "128"});
}

void slow_logs_are_counted_together(void**) {
  const Handle handle = opened();
  done(handle.get(), {"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  done(handle.get(), {"SLOWLOG", "RESET"});
  const long long length = number(handle.get(), {"SLOWLOG", "LEN"});
  done(handle.get(), {"CONFIG", "SET", "slowlog-log-slower-than", "10000"});
  assert_true(length >= kNodes);
}

void a_random_key_is_of_any_primary_by_how_many_it_has(void**) {
  const Handle handle = opened();
  assert_int_equal(rc_reply_type(done(handle.get(), {"RANDOMKEY"}).get()), RC_REPLY_NIL);
  done(handle.get(), {"SET", kKeys[1], "v"});
  for (int i = 0; i < 20; ++i)  // whoever has none is not asked in vain
    assert_string_equal(text_of(done(handle.get(), {"RANDOMKEY"}).get()).c_str(), kKeys[1]);
  for (int i = 0; i < 99; ++i) done(handle.get(), {"SET", std::string("{foo}") + std::to_string(i), "v"});
  int of_many = 0;
  for (int i = 0; i < 400; ++i) of_many += text_of(done(handle.get(), {"RANDOMKEY"}).get())[0] == '{';
  assert_true(of_many > 360);  // of 400, at 99 in 100
}

void routes_say_where_commands_without_keys_go(void**) {
  const Handle handle = opened();
  fill(handle.get(), 30);
  assert_true(number(handle.get(), {"DBSIZE"}, routed(RC_ROUTE_ONE).get()) < 30);
  assert_int_equal(number(handle.get(), {"DBSIZE"}, routed(RC_ROUTE_PRIMARIES).get()), 30);
  for (int node = 0; node < kPrimaries; ++node) {
    assert_int_equal(number(handle.get(), {"DBSIZE"}, at_node(node).get()),
                     test_node_int(cluster, node, "DBSIZE"));
  }
  const CallOptions options = routed(RC_ROUTE_NODES);
  rc_call_options_set_combine(options.get(), RC_COMBINE_BY_NODE, nullptr);
  const Reply ids = done(handle.get(), {"CLUSTER", "MYID"}, options.get());
  assert_int_equal(rc_reply_length(ids.get()), 2 * kNodes);
  for (int node = 0; node < kNodes; ++node) {
    const std::string id = text_at(node, "CLUSTER MYID");
    assert_string_equal(text_of(done(handle.get(), {"CLUSTER", "MYID"}, at_node(node).get()).get()).c_str(),
                        id.c_str());
  }
  // With keys they go where the keys are.
  assert_string_equal(
      text_of(done(handle.get(), {"GET", "key:1"}, routed(RC_ROUTE_NODES).get()).get()).c_str(), "key:1");
  const Error keys = failure(handle.get(), {"GET", "key:1"}, by_node().get());
  assert_true(is(keys, {RC_ERR_INVALID_ARGUMENT, RC_OUTCOME_NOT_SENT, {"GET", "BY_NODE"}}));
}

void a_command_at_a_node_follows_no_redirect(void**) {
  const Handle handle = opened();
  done(handle.get(), {"SET", "foo", "v"});
  const int owner = test_cluster_primary_of(cluster, slot_of("foo"));
  const int replica = test_cluster_replica_of(cluster, owner);
  assert_string_equal(text_of(done(handle.get(), {"GET", "foo"}, at_node(owner).get()).get()).c_str(), "v");
  assert_true(TEST_WAIT(text_at(replica, "DBSIZE") == "1", 5000));
  assert_string_equal(text_of(done(handle.get(), {"GET", "foo"}, at_node(replica).get()).get()).c_str(), "v");
  const Error other = failure(handle.get(), {"GET", "foo"}, at_node((owner + 1) % kPrimaries).get());
  assert_true(is(other, {RC_ERR_SERVER, RC_OUTCOME_REFUSED, {"GET", "MOVED"}}));
  const Error write = failure(handle.get(), {"FLUSHALL"}, at_node(replica).get());
  assert_true(is(write, {RC_ERR_SERVER, RC_OUTCOME_REFUSED, {"FLUSHALL", "READONLY"}}));
  assert_int_equal(rc_reply_length(done(handle.get(), {"SCAN", "0"}, at_node(owner).get()).get()), 2);
}

void a_key_says_which_primary(void**) {
  const Handle handle = opened();
  for (const char* key : kKeys) {
    CallOptions options(rc_call_options_new());
    rc_call_options_set_route_key(options.get(), key, std::strlen(key), nullptr);
    const int owner = test_cluster_primary_of(cluster, slot_of(key));
    assert_string_equal(text_of(done(handle.get(), {"CLUSTER", "MYID"}, options.get()).get()).c_str(),
                        text_at(owner, "CLUSTER MYID").c_str());
    done(handle.get(), {"SET", key, "v"}, options.get());
    const Error other = failure(handle.get(), {"SET", "another", "v"}, options.get());
    assert_true(is(other, {RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, {"SET"}}));
  }
}

void elements_of_a_pipeline_go_alike(void**) {
  const Handle handle = opened();
  Error error;
  Words set = {"MSET"};
  for (int i = 0; i < 50; ++i) set.insert(set.end(), {"key:" + std::to_string(i), "v"});
  const Reply reply =
      pipeline(handle.get(), {set, {"DBSIZE"}, {"GET", "key:7"}, {"FLUSHALL"}, {"DBSIZE"}, {"PING"}}, error);
  if (reply == nullptr) fail_msg("%s", rc_error_message(error.get()));
  assert_true(texts(reply.get()) == (std::vector<std::string>{"OK", "50", "v", "OK", "0", "PONG"}));
}

void a_script_is_killed_wherever_it_runs(void**) {
  const Handle handle = opened();
  const Error nothing = failure(handle.get(), {"SCRIPT", "KILL"});
  assert_true(is(nothing, {RC_ERR_SERVER, RC_OUTCOME_EXECUTED, {"SCRIPT", "NOTBUSY"}}));
  done(handle.get(), {"CONFIG", "SET", "busy-reply-threshold", "50"});
  const int owner = test_cluster_primary_of(cluster, slot_of("foo"));
  std::atomic<bool> ended{false};
  std::thread runner([&] {
    Error error;
    const auto options = within(8000);
    command(handle.get(), {"EVAL", "while true do end", "1", "foo"}, error, options.get());
    ended = true;
  });
  const auto busy = [&] { return text_at(owner, "DBSIZE").rfind("-BUSY", 0) == 0; };
  const bool began = TEST_WAIT(busy(), 5000) != 0;
  Error error;
  const Reply killed = command(handle.get(), {"SCRIPT", "KILL"}, error);
  runner.join();
  assert_true(began);
  if (killed == nullptr) fail_msg("%s", rc_error_message(error.get()));
  assert_string_equal(text_of(killed.get()).c_str(), "OK");
  done(handle.get(), {"CONFIG", "SET", "busy-reply-threshold", "5000"});
}

void a_frozen_primary_is_a_part_that_failed(void**) {
  const Handle handle = opened();
  fill(handle.get(), 30);
  assert_true(test_node_stop(cluster, 1));
  const auto start = test_now_ms();
  Error error = failure(handle.get(), {"DBSIZE"}, within(600).get());
  const auto took = test_now_ms() - start;
  CallOptions map_options = by_node();
  rc_call_options_set_timeout_ms(map_options.get(), 300, nullptr);
  const Reply map = done(handle.get(), {"DBSIZE"}, map_options.get());
  assert_true(test_node_continue(cluster, 1));
  assert_true(took < 3000);
  assert_true(
      is(error, {RC_ERR_PARTIAL, RC_OUTCOME_UNKNOWN, {"DBSIZE", "1 of 3", test_node_address(cluster, 1)}}));
  assert_int_equal(rc_error_part_count(error.get()), kPrimaries);
  for (std::size_t i = 0; i < kPrimaries; ++i) {
    const bool frozen = std::string(rc_error_part_node(error.get(), i)) == test_node_address(cluster, 1);
    assert_true((rc_error_part_error(error.get(), i) != nullptr) == frozen);
    if (frozen) assert_int_equal(rc_error_code(rc_error_part_error(error.get(), i)), RC_ERR_TIMEOUT);
  }
  int errors = 0;
  for (std::size_t i = 0; i < kPrimaries; ++i)
    errors += rc_reply_type(rc_reply_element(map.get(), 2 * i + 1)) == RC_REPLY_ERROR;
  assert_int_equal(errors, 1);
}

void a_shard_that_fails_over_is_asked_at_its_new_primary(void**) {
  const Handle handle = opened();
  fill(handle.get(), 60);
  const int replica = test_cluster_replica_of(cluster, 1);
  assert_true(
      TEST_WAIT(test_node_int(cluster, replica, "DBSIZE") == test_node_int(cluster, 1, "DBSIZE"), 5000));
  assert_true(test_node_kill(cluster, 1));
  assert_int_equal(number(handle.get(), {"DBSIZE"}, within(20000).get()), 60);
  assert_string_equal(text_of(done(handle.get(), {"FLUSHALL"}, within(20000).get()).get()).c_str(), "OK");
  assert_int_equal(number(handle.get(), {"DBSIZE"}), 0);
}

void one_node_does_not_run_it_in_a_transaction(void**) {
  const Handle handle = opened();
  for (const char* name : {"DBSIZE", "FLUSHALL", "RANDOMKEY"}) {
    Error error;
    assert_null(transaction(handle.get(), {{"SET", "foo", "v"}, {name}}, error).get());
    assert_true(is(error, {RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, {name}}));
  }
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      TEST(dbsize_counts_the_keys_of_all_primaries),
      TEST(keys_are_those_of_all_primaries),
      TEST(flushall_empties_all),
      TEST(scripts_are_loaded_everywhere_and_exist_where_all_have_them),
      TEST(functions_are_loaded_on_every_primary),
      TEST(config_set_reaches_replicas_too),
      TEST(slow_logs_are_counted_together),
      TEST(a_random_key_is_of_any_primary_by_how_many_it_has),
      TEST(routes_say_where_commands_without_keys_go),
      TEST(a_command_at_a_node_follows_no_redirect),
      TEST(a_key_says_which_primary),
      TEST(elements_of_a_pipeline_go_alike),
      TEST(a_script_is_killed_wherever_it_runs),
      TEST(one_node_does_not_run_it_in_a_transaction),
      TEST(a_frozen_primary_is_a_part_that_failed),
      TEST(a_shard_that_fails_over_is_asked_at_its_new_primary),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
