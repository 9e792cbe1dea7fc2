// G4 and G5 in large pipelines: every node's commands go on by themselves, and the deadline holds whatever
// the size.
#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

constexpr int kMarginMs = 700;  // a late pipeline of a million took seconds more

int start_with_partial_coverage(void**) {
  test_cluster_options options{};
  options.partial_coverage = 1;  // else the servers themselves refuse the other keys
  return start_cluster(options);
}

std::string key(int i) { return "key:" + std::to_string(i); }

Commands gets(int count) {
  Commands commands(rc_commands_new());
  for (int i = 0; i < count; ++i) {
    const std::string name = key(i);
    const char* argv[] = {"GET", name.c_str()};
    rc_commands_add(commands.get(), 2, argv, nullptr, nullptr);
  }
  return commands;
}

Reply run(rc_cluster* handle, const rc_commands* commands, int timeout_ms) {
  rc_error* error = nullptr;
  Reply reply(rc_pipeline_with(handle, within(timeout_ms).get(), commands, &error));
  if (reply == nullptr) print_error("%s\n", rc_error_message(error));
  rc_error_free(error);
  return reply;
}

// All that is not at the first node has its reply; of what is, each says so.
void assert_only_its_own_fail(const rc_reply* reply, int count) {
  int failed = 0;
  for (int i = 0; i < count; ++i) {
    const rc_error* error = rc_reply_error(rc_reply_element(reply, static_cast<std::size_t>(i)));
    const std::string name = key(i);
    const int slot = slot_of(name);
    if (slot > 5460) {
      if (error != nullptr && failed++ < 3) print_error("%s\n", rc_error_message(error));
      continue;
    }
    assert_non_null(error);
    const std::string told = "GET (slot " + std::to_string(slot) + "): ";
    if (std::string(rc_error_message(error)).rfind(told, 0) != 0)
      fail_msg("%s, not %s", rc_error_message(error), told.c_str());
  }
  assert_int_equal(failed, 0);
}

void a_node_that_is_gone_fails_its_own_commands_only(int (*hurt)(test_cluster*, int)) {
  constexpr int kCommands = 60000;  // several windows for each node
  const Handle handle = open_handle(cluster, 20000, 1);
  const Commands commands = gets(kCommands);
  Reply reply = run(handle.get(), commands.get(), 20000);
  assert_non_null(reply.get());
  assert_true(hurt(cluster, 0));
  reply = run(handle.get(), commands.get(), 4000);
  assert_non_null(reply.get());
  assert_only_its_own_fail(reply.get(), kCommands);
}

void a_dead_node_fails_its_own_commands_only(void**) {
  a_node_that_is_gone_fails_its_own_commands_only(test_node_kill);
}
void a_frozen_node_fails_its_own_commands_only(void**) {
  a_node_that_is_gone_fails_its_own_commands_only(test_node_stop);
  assert_true(test_node_continue(cluster, 0));
}

void assert_in_time(const char* what, rc_cluster* handle, const rc_commands* commands, int timeout_ms) {
  const long long begin = test_now_ms();
  rc_error* error = nullptr;
  rc_reply* reply = rc_pipeline_with(handle, within(timeout_ms).get(), commands, &error);
  const long long took = test_now_ms() - begin;
  rc_reply_free(reply);
  const long long freed = test_now_ms() - begin - took;
  std::printf("%s: %zu commands with %d ms came back after %lld ms, freed in %lld ms\n", what,
              rc_commands_count(commands), timeout_ms, took, freed);
  if (reply == nullptr) assert_int_equal(rc_error_outcome(error), RC_OUTCOME_NOT_SENT);
  rc_error_free(error);
  assert_in_range(took, 0, timeout_ms + kMarginMs);
  assert_in_range(freed, 0, kMarginMs);
}

void the_deadline_holds_for_a_million_commands(void**) {
  const Handle handle = open_handle(cluster, 20000, 1);
  assert_true(all_nodes_serve(handle.get()));
  const Commands commands = gets(1000000);
  for (const int timeout_ms : {1, 50, 300})
    assert_in_time("all well", handle.get(), commands.get(), timeout_ms);
  assert_true(test_node_stop(cluster, 0));
  for (const int timeout_ms : {50, 300})
    assert_in_time("one frozen", handle.get(), commands.get(), timeout_ms);
  assert_true(test_node_continue(cluster, 0));
  assert_true(test_node_kill(cluster, 0));
  for (const int timeout_ms : {50, 300, 1000})
    assert_in_time("one dead", handle.get(), commands.get(), timeout_ms);
  assert_true(test_node_restart(cluster, 0));
}

// A million of one slot: each says what it is about, and none of the texts is written a million times.
void the_deadline_holds_for_a_million_of_one_slot(void**) {
  const Handle handle = open_handle(cluster, 20000, 1);
  Commands commands(rc_commands_new());
  for (int i = 0; i < 1000000; ++i) {
    const char* argv[] = {i % 2 == 0 ? "GET" : "STRLEN", "foo"};
    rc_commands_add(commands.get(), 2, argv, nullptr, nullptr);
  }
  const int owner = test_cluster_primary_of(cluster, slot_of("foo"));
  assert_in_time("one slot", handle.get(), commands.get(), 100);
  assert_true(test_node_kill(cluster, owner));
  assert_in_time("one slot of a dead node", handle.get(), commands.get(), 100);
  assert_true(test_node_restart(cluster, owner));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_frozen_node_fails_its_own_commands_only, reset),
      cmocka_unit_test_setup(a_dead_node_fails_its_own_commands_only, reset),
      cmocka_unit_test_setup(the_deadline_holds_for_a_million_commands, reset),
      cmocka_unit_test_setup(the_deadline_holds_for_a_million_of_one_slot, reset),
  };
  return cmocka_run_group_tests(tests, start_with_partial_coverage, stop);
}
