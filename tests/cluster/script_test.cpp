// Scripts that nodes lack, lose and never had: each call runs once, and a script's own words never make it
// run again.

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

using Script = std::unique_ptr<rc_script, FreedBy<rc_script_free>>;

constexpr char kAdd[] = "return redis.call('INCRBY', KEYS[1], ARGV[1])";

Script script_of(const std::string& body, bool read_only = false) {
  Script script(rc_script_new(body.data(), body.size(), nullptr));
  if (read_only) rc_script_set_read_only(script.get(), 1, nullptr);
  return script;
}

Reply call(rc_cluster* handle, const Script& script, const Words& keys, const Words& args, Error& error,
           const rc_call_options* options = nullptr) {
  const Argv k(keys);
  const Argv a(args);
  rc_error* raw = nullptr;
  Reply reply(rc_script_call(handle, options, script.get(), k.data.size(), k.data.data(), k.lengths.data(),
                             a.data.size(), a.data.data(), a.lengths.data(), &raw));
  error.reset(raw);
  return reply;
}

void add(const Commands& list, const Script& script, const Words& keys, const Words& args) {
  const Argv k(keys);
  const Argv a(args);
  assert_int_equal(
      rc_commands_add_script(list.get(), script.get(), k.data.size(), k.data.data(), k.lengths.data(),
                             a.data.size(), a.data.data(), a.lengths.data(), nullptr),
      RC_OK);
}

void forget_scripts() {
  for (int node = 0; node < test_cluster_node_count(cluster); ++node)
    assert_true(test_node_ok(cluster, node, "SCRIPT FLUSH"));
}

long executed_anywhere(const char* command) {
  long sum = 0;
  for (int node = 0; node < test_cluster_node_count(cluster); ++node) sum += executed(node, command);
  return sum;
}

void a_script_is_sent_once_to_each_node_and_again_after_it_was_forgotten(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const Script script = script_of(kAdd);
  Error error;
  long long sum = 0;
  for (int round = 0; round < 3; ++round) {
    forget_scripts();
    const long before = executed_anywhere("eval");
    sum += 2 * 30;
    for (int tag = 0; tag < 30; ++tag) {
      assert_non_null(call(handle.get(), script, {tagged(tag, "n")}, {"1"}, error).get());
      const Reply second = call(handle.get(), script, {tagged(tag, "n")}, {"1"}, error);
      assert_non_null(second.get());
      assert_int_equal(rc_reply_integer(second.get()), 2 * (round + 1));
    }
    assert_int_equal(executed_anywhere("eval") - before, 3);
  }
}

void its_own_noscript_runs_it_once(void**) {
  const Handle handle = open_handle(cluster, 20000);
  for (const char* body :
       {"redis.call('INCR', KEYS[1]) return redis.error_reply(ARGV[1])",
        "redis.call('INCR', KEYS[1]) return redis.error_reply('NOSCRIPT No matching script. Please use "
        "EVAL.')",
        "redis.call('INCR', KEYS[1]) return redis.error_reply('NO' .. 'SCRIPT of mine')"}) {
    const Script script = script_of(body);
    for (const char* text : {"NOSCRIPT No matching script. Please use EVAL.", "NOSCRIPT x", "mine"}) {
      Error error;
      assert_null(call(handle.get(), script, {"{own}n"}, {text}, error).get());
      assert_int_equal(rc_error_code(error.get()), RC_ERR_SERVER);
      assert_int_not_equal(rc_error_outcome(error.get()), RC_OUTCOME_REFUSED);
      const Reply count = command(handle.get(), {"GETDEL", "{own}n"}, error);
      assert_string_equal(text_of(count.get()).c_str(), "1");
    }
  }
}

void many_threads_share_it_while_nodes_forget_it(void**) {
  const Handle handle = open_handle(cluster, 30000);
  const Script script = script_of(kAdd);
  constexpr int kThreads = 64;
  constexpr int kCalls = 40;
  std::atomic<int> failed{0};
  std::atomic<int> done{0};
  std::mutex telling;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kCalls; ++i) {
        Error error;
        if (call(handle.get(), script, {tagged(t % 8, "shared")}, {"1"}, error) == nullptr) {
          ++failed;
          const std::lock_guard lock(telling);
          std::fprintf(stderr, "%s\n", rc_error_message(error.get()));
        }
      }
      ++done;
    });
  }
  while (done < kThreads) forget_scripts();
  for (auto& thread : threads) thread.join();
  assert_int_equal(failed, 0);
  long long sum = 0;
  for (int tag = 0; tag < 8; ++tag) {
    Error error;
    sum += std::stoll(text_of(command(handle.get(), {"GETDEL", tagged(tag, "shared")}, error).get()));
  }
  assert_int_equal(sum, kThreads * kCalls);
}

void pipelines_and_transactions_need_no_node_that_has_it(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const Script script = script_of(kAdd);
  Error error;
  forget_scripts();
  const Commands list(rc_commands_new());
  for (int i = 0; i < 1000; ++i) add(list, script, {tagged(i % 500, "piped")}, {std::to_string(i + 1)});
  rc_error* raw = nullptr;
  Reply reply(rc_pipeline(handle.get(), list.get(), &raw));
  error.reset(raw);
  assert_non_null(reply.get());
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto expected = static_cast<long long>(i < 500 ? i + 1 : 2 * i + 2 - 500);
    assert_int_equal(rc_reply_integer(rc_reply_element(reply.get(), i)), expected);
  }
  forget_scripts();
  const Commands unit(rc_commands_new());
  add(unit, script, {"{unit}n"}, {"2"});
  add(unit, script, {"{unit}n"}, {"3"});
  reply.reset(rc_transaction(handle.get(), unit.get(), &raw));
  assert_non_null(reply.get());
  assert_int_equal(rc_reply_integer(rc_reply_element(reply.get(), 1)), 5);
}

void one_that_reads_may_be_run_by_replicas(void**) {
  if (!test_node_ok(cluster, 0, "EVAL_RO %s 0", "return redis.status_reply('OK')")) skip();  // before 7.0
  const Handle handle = open_handle(cluster, 20000);
  const Script script = script_of("return redis.call('GET', KEYS[1])", true);
  Error error;
  assert_non_null(command(handle.get(), {"SET", "{read}k", "v"}, error).get());
  const CallOptions options(rc_call_options_new());
  assert_int_equal(rc_call_options_set_read_from(options.get(), RC_READ_REPLICA, nullptr), RC_OK);
  const long before = executed_anywhere("eval_ro");
  for (int i = 0; i < 20; ++i) {
    forget_scripts();
    const auto is_there = [&] {
      return text_of(call(handle.get(), script, {"{read}k"}, {}, error, options.get()).get()) == "v";
    };
    assert_true(TEST_WAIT(is_there(), 5000));
    assert_string_equal(text_of(call(handle.get(), script, {"{read}k"}, {}, error).get()).c_str(), "v");
  }
  assert_true(executed_anywhere("eval_ro") > before);
  const Script writer = script_of(kAdd, true);
  assert_null(call(handle.get(), writer, {"{read}n"}, {"1"}, error).get());
  assert_int_equal(rc_error_code(error.get()), RC_ERR_SERVER);
}

void without_keys_any_primary_runs_it_and_several_slots_are_refused(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const Script script = script_of("return #KEYS + #ARGV");
  Error error;
  for (int i = 0; i < 20; ++i) {
    const Reply reply = call(handle.get(), script, {}, {"a", ""}, error);
    assert_int_equal(rc_reply_integer(reply.get()), 2);
  }
  assert_null(call(handle.get(), script, {"a", "b"}, {}, error).get());
  assert_int_equal(rc_error_code(error.get()), RC_ERR_CROSS_SLOT);
  assert_int_equal(rc_error_outcome(error.get()), RC_OUTCOME_NOT_SENT);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_script_is_sent_once_to_each_node_and_again_after_it_was_forgotten, reset),
      cmocka_unit_test_setup(its_own_noscript_runs_it_once, reset),
      cmocka_unit_test_setup(many_threads_share_it_while_nodes_forget_it, reset),
      cmocka_unit_test_setup(pipelines_and_transactions_need_no_node_that_has_it, reset),
      cmocka_unit_test_setup(one_that_reads_may_be_run_by_replicas, reset),
      cmocka_unit_test_setup(without_keys_any_primary_runs_it_and_several_slots_are_refused, reset),
  };
  return cmocka_run_group_tests_name("script", tests, start, stop);
}
