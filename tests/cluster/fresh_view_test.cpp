// A handle that nothing gives a reason to ask again: replicas that are new, and a primary that was cut off
// and goes on answering.
#include <cstdlib>

#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

constexpr int kTimeoutMs = 20000;
constexpr int kIntervalMs = 500;
constexpr int kManyIntervalsMs = 20000;

int start_with_reads_when_down(void**) {
  static const char* const reads_when_down[] = {"--cluster-allow-reads-when-down", "yes", nullptr};
  test_cluster_options options{};
  options.replicas_per_primary = 1;
  options.server_arguments = reads_when_down;
  return start_cluster(options);
}

Handle open_looking(int from) {
  Options options = options_for("127.0.0.1", test_node_port(cluster, 0), kTimeoutMs);
  rc_options_set_refresh_interval_ms(options.get(), kIntervalMs, nullptr);
  rc_options_set_read_from(options.get(), from, nullptr);
  return open_with(options);
}

std::string id_of(int node) { return text_at(node, "CLUSTER MYID"); }

std::string get(rc_cluster* handle, const char* key) {
  Error error;
  const Reply reply = command(handle, {"GET", key}, error);
  return reply == nullptr ? rc_error_message(error.get()) : text_of(reply.get());
}

void a_replica_that_is_added_gets_reads(void**) {
  const Handle handle = open_looking(RC_READ_PREFER_REPLICA);
  assert_true(all_nodes_serve(handle.get()));
  const int node = test_cluster_add_node(cluster);
  assert_true(node >= 0);
  assert_true(test_node_ok(cluster, node, "CLUSTER REPLICATE %s", id_of(0).c_str()));
  assert_true(TEST_WAIT((get(handle.get(), kKeys[0]), executed(node, "get") > 0), kManyIntervalsMs));
}

// The others elect another, and it does not hear of that: nor does who only reads from it.
void a_primary_that_is_cut_off_is_noticed(void**) {
  const Handle handle = open_looking(RC_READ_PRIMARY);
  assert_true(all_nodes_serve(handle.get()));
  const int replica = test_cluster_replica_of(cluster, 0);
  const std::string cut_off = id_of(0);
  for (int node = 1; node < 6; ++node) {
    assert_true(test_node_ok(cluster, 0, "CLUSTER FORGET %s", id_of(node).c_str()));
    if (node != replica) assert_true(test_node_ok(cluster, node, "CLUSTER FORGET %s", cut_off.c_str()));
  }
  assert_true(test_node_ok(cluster, replica, "CLUSTER FAILOVER TAKEOVER"));
  assert_true(TEST_WAIT(test_node_ok(cluster, replica, "SET %s new", kKeys[0]), 20000));
  assert_true(TEST_WAIT(get(handle.get(), kKeys[0]) == "new", kManyIntervalsMs));
  // And it stays so, whoever is asked next.
  const auto refreshes = counter(handle.get(), "refreshes");
  assert_true(TEST_WAIT((assert_string_equal(get(handle.get(), kKeys[0]).c_str(), "new"),
                         counter(handle.get(), "refreshes") > refreshes + 8),
                        kManyIntervalsMs));
}

void looks_are_rare_and_cost_no_call_its_time(void**) {
  const Handle handle = open_looking(RC_READ_PRIMARY);
  const auto before = counter(handle.get(), "refreshes");
  const long long start_at = test_now_ms();
  while (test_now_ms() - start_at < 3 * kIntervalMs) assert_true(all_nodes_serve(handle.get()));
  const long long took = test_now_ms() - start_at;
  const auto looks = counter(handle.get(), "refreshes") - before;
  assert_in_range(looks, 2, 2 * (took / (kIntervalMs * 3 / 4) + 1));  // each hears two nodes
  assert_int_equal(counter(handle.get(), "moved"), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_replica_that_is_added_gets_reads, reset),
      cmocka_unit_test_setup(a_primary_that_is_cut_off_is_noticed, reset),
      cmocka_unit_test_setup(looks_are_rare_and_cost_no_call_its_time, reset),
  };
  return cmocka_run_group_tests(tests, start_with_reads_when_down, stop);
}
