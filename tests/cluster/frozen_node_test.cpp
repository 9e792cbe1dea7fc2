// G5: a node that is stopped hurts its own keys only, and is used again when it goes on.
#include "handle.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kTimeoutMs = 400;
constexpr int kMarginMs = 3000;  // only a hang takes so much longer

// Of three primaries, as the slots are at the start.
std::string key_at(int node) {
  for (int i = 0;; ++i) {
    const std::string key = "key" + std::to_string(i);
    if (slot_of(key) * 3 / 16384 == node) return key;
  }
}

bool set(rc_cluster* handle, int node, Error& error) {
  return command(handle, {"SET", key_at(node), "v"}, error) != nullptr;
}
bool set(rc_cluster* handle, int node) {
  Error error;
  return set(handle, node, error);
}

bool connected(rc_cluster* handle, int port) {
  rc_info* info = rc_cluster_info(handle, nullptr);
  bool is = false;
  for (std::size_t i = 0; i < rc_info_node_count(info); ++i) {
    if (rc_info_node_port(info, i) == port) is = rc_info_node_is_connected(info, i) != 0;
  }
  rc_info_free(info);
  return is;
}

// Threads that use the nodes 1 and 2, which are well all the time.
struct Others {
  explicit Others(rc_cluster* handle) {
    for (const int node : {1, 2}) {
      load.add([this, handle, node] {
        Error error;
        const long long start = test_now_ms();
        if (!set(handle, node, error)) complaints.add(rc_error_message(error.get()));
        if (test_now_ms() - start > kMarginMs) complaints.add("a call took too long");
        test_nap();  // the servers need their time to elect
      });
    }
  }
  // They went on while something happened, and none of them failed.
  bool unaffected() {
    const bool go_on = load.advance(200);
    load.stop();
    return complaints.none() && go_on;
  }
  Complaints complaints;
  Load load;
};

test_cluster* start_cluster(int replicas) {
  test_cluster_options options{};
  options.replicas_per_primary = replicas;
  options.partial_coverage = 1;  // else the servers themselves refuse the other keys
  return test_cluster_start(&options);
}

void a_stopped_node_costs_only_its_own_keys_and_is_used_again_when_it_goes_on(void**) {
  test_cluster* cluster = start_cluster(0);
  assert_non_null(cluster);
  const Handle handle = open_handle(cluster, kTimeoutMs, 1);
  for (int node = 0; node < 3; ++node) assert_true(set(handle.get(), node));
  Others others(handle.get());
  assert_true(others.load.advance(100));
  assert_true(test_node_stop(cluster, 0));
  // Calls to it end in time.
  for (int i = 0; i < 4; ++i) {
    Error error;
    const long long start = test_now_ms();
    assert_false(set(handle.get(), 0, error));
    assert_in_range(test_now_ms() - start, 0, kTimeoutMs + kMarginMs);
    const int outcome = rc_error_outcome(error.get());
    assert_true(outcome == RC_OUTCOME_UNKNOWN || outcome == RC_OUTCOME_NOT_SENT ||
                outcome == RC_OUTCOME_REFUSED);
  }
  assert_true(counter(handle.get(), "timeouts") >= 4);
  assert_true(test_node_continue(cluster, 0));
  assert_true(TEST_WAIT(set(handle.get(), 0), 10000));
  assert_true(others.unaffected());
  for (int node = 0; node < 3; ++node) assert_true(set(handle.get(), node));
  test_cluster_stop(cluster);
}

// Some of them share a connection with calls whose time runs out meanwhile.
void calls_that_have_time_left_when_a_node_goes_on_get_their_answers(void**) {
  constexpr int kCallMs = 1000;
  constexpr int kStoppedMs = 1500;
  constexpr int kEnoughMs = 500;  // for the node to answer all that it finds
  test_cluster* cluster = start_cluster(0);
  assert_non_null(cluster);
  const Handle handle = open_handle(cluster, kCallMs, 1);
  assert_true(set(handle.get(), 0));
  std::atomic<long long> goes_on_at{0};
  std::atomic<int> in_vain{0};
  Complaints complaints;
  Load load;
  for (int i = 0; i < 12; ++i) {
    load.add([&] {
      Error error;
      const long long start = test_now_ms();
      if (set(handle.get(), 0, error)) return test_nap();
      ++in_vain;
      const long long at = goes_on_at;
      if (at != 0 && start + kCallMs > at + kEnoughMs) complaints.add(rc_error_message(error.get()));
    });
  }
  const bool began = load.advance(100);
  assert_true(test_node_stop(cluster, 0));
  const long long start = test_now_ms();
  while (test_now_ms() < start + kStoppedMs) test_nap();
  goes_on_at = test_now_ms();
  assert_true(test_node_continue(cluster, 0));
  const bool went_on = load.advance(100);
  load.stop();
  assert_true(began && went_on);
  assert_true(in_vain >= 12);
  assert_true(complaints.none());
  test_cluster_stop(cluster);
}

void a_stopped_primary_is_replaced_by_its_replica_and_used_again_later(void**) {
  test_cluster* cluster = start_cluster(1);
  assert_non_null(cluster);
  const Handle handle = open_handle(cluster, kTimeoutMs, 1);
  for (int node = 0; node < 3; ++node) assert_true(set(handle.get(), node));
  Others others(handle.get());
  assert_true(others.load.advance(100));
  assert_true(test_node_stop(cluster, 0));
  // With the handle alone: nothing else tells it of the promotion.
  assert_true(TEST_WAIT(set(handle.get(), 0), 20000));
  assert_true(test_node_is_primary(cluster, 3));
  assert_true(connected(handle.get(), test_node_port(cluster, 3)));
  assert_true(others.unaffected());
  assert_true(test_node_continue(cluster, 0));
  assert_true(TEST_WAIT(!test_node_is_primary(cluster, 0), 10000));
  assert_true(test_cluster_wait_ok(cluster, 30000));
  assert_true(set(handle.get(), 0));
  assert_true(test_cluster_failover(cluster, 0));
  assert_true(set(handle.get(), 0));
  assert_true(connected(handle.get(), test_node_port(cluster, 0)));
  test_cluster_stop(cluster);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_stopped_node_costs_only_its_own_keys_and_is_used_again_when_it_goes_on),
      cmocka_unit_test(calls_that_have_time_left_when_a_node_goes_on_get_their_answers),
      cmocka_unit_test(a_stopped_primary_is_replaced_by_its_replica_and_used_again_later),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
