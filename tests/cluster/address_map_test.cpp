// Real nodes that tell addresses which lead nowhere, and maps that make them reachable.
#include <map>

#include "endpoints.hpp"  // last

namespace {

std::vector<std::string> announced() {
  std::vector<std::string> words{kNowhere};
  for (int node = 0; node < 3; ++node) words.push_back(std::to_string(announced_port(node)));
  return words;
}

void hide_nodes() {
  if (!tell_names(kNowhere)) skip();  // Redis 6
  assert_true(tell_ports(false));
  assert_true(all_tell(announced()));
}

void without_a_map_nodes_that_lead_nowhere_are_told_by_their_addresses(void**) {
  hide_nodes();
  const Options options = seed();
  rc_options_set_timeout_ms(options.get(), 1000, nullptr);
  const Handle handle = open_with(options);  // the seed itself is reached
  assert_non_null(handle.get());
  assert_true(known_nodes(handle.get()).find(std::string(kNowhere) + ":1 ") != std::string::npos);
  Error error;
  assert_null(command(handle.get(), {"SET", kKeys[1], "v"}, error).get());
  assert_true(is(error, {rc_error_code(error.get()), RC_OUTCOME_NOT_SENT, {kNowhere}}));
}

void a_fixed_map_leads_to_the_nodes(void**) {
  hide_nodes();
  const Options options = seed();
  for (int node = 0; node < 3; ++node) {
    assert_int_equal(rc_options_add_mapped_address(options.get(), kNowhere, announced_port(node), "127.0.0.1",
                                                   test_node_port(cluster, node), nullptr),
                     RC_OK);
  }
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
  // They are known by what they are told to be.
  assert_string_equal(known_nodes(handle.get()).c_str(),
                      "nodes.nowhere.invalid:1 nodes.nowhere.invalid:2 nodes.nowhere.invalid:3 ");
  assert_true(redirects_are_followed(handle.get()));
  assert_int_equal(rc_cluster_refresh(handle.get(), nullptr), RC_OK);
  assert_true(end_all_connections(cluster));
  assert_true(all_nodes_serve(handle.get()));
}

// Seeds may be what nodes announce, too.
void a_seed_is_looked_up_in_the_map_like_any_address(void**) {
  hide_nodes();
  const Options options = options_for(kNowhere, announced_port(1), kTimeoutMs);
  for (int node = 0; node < 3; ++node) {
    rc_options_add_mapped_address(options.get(), kNowhere, announced_port(node), "127.0.0.1",
                                  test_node_port(cluster, node), nullptr);
  }
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
}

// Knows the nodes by the ports that they announce.
struct Guide {
  std::map<int, int> ports;
  std::atomic<int> asked{0};
  std::atomic<int> lost{0};  // a port that it says nothing good of

  static int lead(const char* host, int port, rc_address* address, void* data) {
    auto& guide = *static_cast<Guide*>(data);
    ++guide.asked;
    if (port == guide.lost) return RC_ERR_CALLBACK;
    const auto found = guide.ports.find(port);
    if (std::strcmp(host, kNowhere) != 0 || found == guide.ports.end()) return RC_OK;  // it stays as it is
    return rc_address_set(address, "127.0.0.1", found->second, nullptr);
  }

  Guide() {
    for (int node = 0; node < test_cluster_node_count(cluster); ++node)
      ports[announced_port(node)] = test_node_port(cluster, node);
  }
};

Options by(Guide& guide) {
  Options options = seed();
  assert_int_equal(rc_options_set_address_map(options.get(), Guide::lead, &guide, nullptr), RC_OK);
  return options;
}

void a_callback_leads_to_the_nodes(void**) {
  hide_nodes();
  Guide guide;
  const Handle handle = open_with(by(guide));
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
  assert_true(redirects_are_followed(handle.get()));
  const int before = guide.asked;
  for (int i = 0; i < 100; ++i) assert_true(all_nodes_serve(handle.get()));
  assert_int_equal(guide.asked, before);  // at each connect, and at no command
  assert_true(end_all_connections(cluster));
  assert_true(all_nodes_serve(handle.get()));
  assert_true(guide.asked >= before + 2);  // the slots of kKeys are those of two nodes by now
}

void a_node_of_which_the_callback_knows_nothing_costs_only_its_own_keys(void**) {
  hide_nodes();
  Guide guide;
  guide.lost = announced_port(1);
  const Handle handle = open_with(by(guide));
  assert_non_null(handle.get());
  Error error;
  assert_non_null(command(handle.get(), {"SET", kKeys[0], "v"}, error).get());
  assert_non_null(command(handle.get(), {"SET", kKeys[2], "v"}, error).get());
  assert_null(command(handle.get(), {"SET", kKeys[1], "v"}, error, within(500).get()).get());
  assert_true(is(error, {RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, {"nodes.nowhere.invalid:2"}}));
  guide.lost = 0;
  assert_true(all_nodes_serve(handle.get()));
}

void a_failover_under_load_is_followed_through_the_map(void**) {
  test_cluster* const other = cluster;
  test_cluster_options servers{};
  servers.replicas_per_primary = 1;
  cluster = test_cluster_start(&servers);
  assert_non_null(cluster);
  // Replicas find their primaries by the announced ports: only the names are hidden.
  const bool hidden = tell_names(kNowhere) && all_tell({kNowhere});
  const Options options = options_for("127.0.0.1", test_node_port(cluster, 0), 20000);
  for (int node = 0; node < 6; ++node) {
    const int port = test_node_port(cluster, node);
    rc_options_add_mapped_address(options.get(), kNowhere, port, "127.0.0.1", port, nullptr);
  }
  const Handle handle = open_with(options);
  Complaints complaints;
  bool went_on = handle != nullptr;
  {
    Load load;
    for (int thread = 0; thread < 4 && handle != nullptr; ++thread) {
      load.add([&, n = thread]() mutable {
        Error error;
        const std::string key = "key" + std::to_string(n++ % 100);
        if (command(handle.get(), {"INCR", key}, error) == nullptr)
          complaints.add(rc_error_message(error.get()));
      });
    }
    for (int primary = 0; primary < 3 && went_on; ++primary) {
      went_on = load.advance(300) && test_cluster_failover(cluster, primary + 3) && load.advance(300);
    }
  }
  test_cluster_stop(cluster);
  cluster = other;
  if (!hidden) skip();  // Redis 6
  assert_true(went_on);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      ENDPOINTS_TEST(without_a_map_nodes_that_lead_nowhere_are_told_by_their_addresses),
      ENDPOINTS_TEST(a_fixed_map_leads_to_the_nodes),
      ENDPOINTS_TEST(a_seed_is_looked_up_in_the_map_like_any_address),
      ENDPOINTS_TEST(a_callback_leads_to_the_nodes),
      ENDPOINTS_TEST(a_node_of_which_the_callback_knows_nothing_costs_only_its_own_keys),
      ENDPOINTS_TEST(a_failover_under_load_is_followed_through_the_map),
  };
  return cmocka_run_group_tests(tests, start_without_replicas, stop);
}
