// The ways in which real nodes tell clients where they are. With names that a test invents:
// topology_live_test.
#include "scripted_node.h"

#include "endpoints.hpp"  // last

namespace {

void each_type_of_endpoint_is_reached(void**) {
  static const struct {
    const char* type;
    const char* told;  // instead of a host
  } types[] = {{"ip", "127.0.0.1"}, {"hostname", "localhost"}, {"unknown-endpoint", ""}};
  for (const auto& it : types) {
    if (!test_node_ok(cluster, 0, "CONFIG SET cluster-preferred-endpoint-type %s", it.type))
      skip();  // Redis 6
    assert_true(test_cluster_ok(cluster, "CONFIG SET cluster-announce-hostname localhost"));
    assert_true(test_cluster_ok(cluster, "CONFIG SET cluster-preferred-endpoint-type %s", it.type));
    assert_true(all_tell({it.told}));
    const Handle handle = open_with(seed());
    assert_non_null(handle.get());
    assert_true(known_nodes(handle.get()).find(std::string(*it.told == '\0' ? "127.0.0.1" : it.told) + ":") ==
                0);
    assert_true(all_nodes_serve(handle.get()));
    assert_true(redirects_are_followed(handle.get()));
    assert_int_equal(restore(nullptr), 0);
  }
}

void a_cluster_at_ipv6_addresses_is_used_like_any_other(void**) {
  if (!scripted_net_has_ipv6()) skip();
  test_cluster* const other = cluster;
  test_cluster_options options{};
  options.ipv6 = 1;
  options.replicas_per_primary = 1;
  cluster = test_cluster_start(&options);
  assert_non_null(cluster);
  const Handle handle = open_with(seed("::1"));
  const bool serves =
      handle != nullptr && all_nodes_serve(handle.get()) && redirects_are_followed(handle.get());
  const bool known = known_nodes(handle.get()).find("::1:") == 0;
  const bool failed_over = test_cluster_failover(cluster, 4) && all_nodes_serve(handle.get());
  Options by_address(rc_options_new());
  const bool added = rc_options_add_address(by_address.get(), test_node_address(cluster, 0), nullptr) ==
                     RC_OK;  // "[::1]:port"
  test_access(by_address.get());
  const bool serves_by_address = added && all_nodes_serve(open_with(by_address).get());
  test_cluster_stop(cluster);
  cluster = other;
  assert_true(serves);
  assert_true(known);
  assert_true(failed_over);
  assert_true(serves_by_address);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      ENDPOINTS_TEST(each_type_of_endpoint_is_reached),
      ENDPOINTS_TEST(a_cluster_at_ipv6_addresses_is_used_like_any_other),
  };
  return cmocka_run_group_tests(tests, start_without_replicas, stop);
}
