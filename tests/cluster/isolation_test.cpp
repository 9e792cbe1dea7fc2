// G5: one bad node, one blocking call, one huge command hurts only its own keys.
#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kCalls = 2000;

// Nobody takes over from a node that is frozen.
int start_without_elections(void**) {
  test_cluster_options options{};
  options.node_timeout_ms = 120000;
  return start_cluster(options);
}

int home_of(const std::string& key) { return test_cluster_primary_of(cluster, slot_of(key)); }

// A key that the node owns.
std::string key_at(int node, const char* name) {
  for (int tag = 0;; ++tag) {
    if (home_of(tagged(tag, name)) == node) return tagged(tag, name);
  }
}

// Calls with keys of the nodes that are given; false at the first that fails.
bool calls_succeed(rc_cluster* handle, const std::vector<std::string>& keys) {
  for (int i = 0; i < kCalls; ++i) {
    Error error;
    if (command(handle, {"SET", keys[static_cast<std::size_t>(i) % keys.size()], "v"}, error) == nullptr) {
      std::fprintf(stderr, "%s\n", rc_error_message(error.get()));
      return false;
    }
  }
  return true;
}

// While a call is stuck that nothing but its own timeout ends, 2,000 others come and go.
void a_frozen_node_holds_up_nobody_elses_calls(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const int frozen = home_of("{tag0}");
  const std::string stuck_key = key_at(frozen, "stuck");
  const std::vector<std::string> others = {key_at((frozen + 1) % 3, "other"),
                                           key_at((frozen + 2) % 3, "other")};
  assert_true(calls_succeed(handle.get(), {stuck_key, others[0], others[1]}));
  assert_true(test_node_stop(cluster, frozen));
  std::atomic<bool> ended{false};
  bool others_went_on = false;
  {
    std::vector<std::thread> stuck;
    for (int i = 0; i < 8; ++i) {
      stuck.emplace_back([&] {
        const CallOptions timeout = within(60000);
        Error error;
        command(handle.get(), {"SET", stuck_key, "v"}, error, timeout.get());
        ended = true;
      });
    }
    others_went_on = calls_succeed(handle.get(), others) && !ended;
    test_node_continue(cluster, frozen);
    for (auto& thread : stuck) thread.join();
  }
  assert_true(others_went_on);
}

void a_frozen_node_is_used_again_when_it_goes_on(void**) {
  const Handle handle = open_handle(cluster, 500);
  const int frozen = home_of("{tag0}");
  const std::string key = key_at(frozen, "again");
  assert_true(calls_succeed(handle.get(), {key}));
  assert_true(test_node_stop(cluster, frozen));
  Error error;
  assert_null(command(handle.get(), {"SET", key, "v"}, error).get());
  assert_int_equal(rc_error_code(error.get()), RC_ERR_TIMEOUT);
  assert_int_equal(rc_error_outcome(error.get()), RC_OUTCOME_UNKNOWN);
  assert_true(test_node_continue(cluster, frozen));
  const auto works = [&] {
    Error ignored;
    return command(handle.get(), {"SET", key, "v"}, ignored) != nullptr;
  };
  assert_true(TEST_WAIT(works(), 30000));
  assert_true(calls_succeed(handle.get(), {key}));
}

void a_blocking_call_holds_up_nobody_at_its_node(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const std::string list = tagged(1, "list");
  const std::string other = tagged(1, "other");
  std::string popped;
  bool others_went_on = false;
  {
    std::thread blocked([&] {
      const CallOptions timeout = within(60000);
      Error error;
      const Reply reply = command(handle.get(), {"BLPOP", list, "0"}, error, timeout.get());
      popped = text_of(rc_reply_element(reply.get(), 1));
    });
    others_went_on = calls_succeed(handle.get(), {other});
    Error error;
    command(handle.get(), {"RPUSH", list, "pushed"}, error);
    blocked.join();
  }
  assert_true(others_went_on);
  assert_string_equal(popped.c_str(), "pushed");
}

void a_watch_session_holds_up_nobody_at_its_node(void**) {
  const Handle handle = open_handle(cluster, 20000);
  struct Context {
    rc_cluster* handle;
    std::string other = tagged(2, "other");
    bool others_went_on = false;
  } context{handle.get()};
  const auto use_the_handle = [](rc_watch*, rc_commands*, void* data) {
    auto& inside = *static_cast<Context*>(data);
    inside.others_went_on = calls_succeed(inside.handle, {inside.other});
    return static_cast<int>(RC_WATCH_EXECUTE);
  };
  const std::string watched = tagged(2, "watched");
  const char* keys[] = {watched.c_str()};
  const Reply reply(rc_watch_transaction(handle.get(), 1, keys, nullptr, use_the_handle, &context, nullptr));
  assert_non_null(reply.get());
  assert_true(context.others_went_on);
}

void past_its_budget_a_node_is_sent_nothing_more_and_says_busy(void**) {
  const Handle handle = open_handle(cluster, 60000);
  const int frozen = home_of("{tag0}");
  const std::string key = key_at(frozen, "huge");
  const std::string other = key_at((frozen + 1) % 3, "other");
  assert_true(calls_succeed(handle.get(), {key, other}));
  const std::string huge(std::size_t{100} << 20, 'x');
  assert_true(test_node_stop(cluster, frozen));
  const auto write = [&](int timeout_ms) {
    const CallOptions timeout = within(timeout_ms);
    Error error;
    const Reply reply = command(handle.get(), {"SET", key, huge}, error, timeout.get());
    return reply != nullptr ? std::pair(0, 0)
                            : std::pair(rc_error_code(error.get()), rc_error_outcome(error.get()));
  };
  const std::pair busy(static_cast<int>(RC_ERR_BUSY), static_cast<int>(RC_OUTCOME_NOT_SENT));
  bool was_busy = false;
  bool others_went_on = false;
  std::atomic<int> written{0};
  {
    std::vector<std::thread> writers;  // who take the budget between them
    for (int i = 0; i < 2; ++i) {
      writers.emplace_back([&] {
        auto result = busy;  // as long as the call below takes part of it
        while (result == busy) result = write(60000);
        written += result.first == 0 ? 1 : 0;
      });
    }
    was_busy = TEST_WAIT(write(300) == busy, 30000);
    others_went_on = calls_succeed(handle.get(), {other});
    test_node_continue(cluster, frozen);
    for (auto& writer : writers) writer.join();
  }
  assert_true(was_busy);
  assert_true(others_went_on);
  assert_int_equal(written, 2);
  assert_true(calls_succeed(handle.get(), {key}));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_frozen_node_holds_up_nobody_elses_calls, reset),
      cmocka_unit_test_setup(a_frozen_node_is_used_again_when_it_goes_on, reset),
      cmocka_unit_test_setup(a_blocking_call_holds_up_nobody_at_its_node, reset),
      cmocka_unit_test_setup(a_watch_session_holds_up_nobody_at_its_node, reset),
      cmocka_unit_test_setup(past_its_budget_a_node_is_sent_nothing_more_and_says_busy, reset),
  };
  return cmocka_run_group_tests(tests, start_without_elections, stop);
}
