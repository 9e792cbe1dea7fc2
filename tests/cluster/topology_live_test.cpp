// G6 against real nodes that tell their endpoints in every way they can: by name, not at all, as "?", by
// IPv6.
#include <array>
#include <cstdlib>

#include "fake_resolver.h"
#include "handle.hpp"
#include "scripted_node.h"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kNodes = 3;
constexpr std::array<const char*, kNodes> kNames = {"node0.test", "node1.test", "node2.test"};

bool has_ipv6;

// A tag whose slot was that node's at the start.
std::string key_at(int node) {
  for (int i = 0;; ++i) {
    const std::string key = "key" + std::to_string(i);
    if (slot_of(key) * kNodes / 16384 == node) return key;
  }
}

bool set_everywhere(const char* setting, const char* value) {
  bool all = true;
  for (int node = 0; node < kNodes; ++node) {
    all = test_node_ok(cluster, node, "CONFIG SET %s %s", setting, value) != 0 && all;
  }
  return all;
}

// That one node says of all of them, in CLUSTER SLOTS.
bool tells(int node, const std::string& host, int times) {
  const std::string slots = text_at(node, "CLUSTER SLOTS");
  int found = 0;
  for (std::size_t at = 0; (at = slots.find(host + "\n", at)) != std::string::npos; at += host.size())
    ++found;
  return found == times;
}

// Names travel from node to node.
bool all_tell(const std::string& host, int times) {
  for (int node = 0; node < kNodes; ++node) {
    if (!TEST_WAIT(tells(node, host, times), 10000)) return false;
  }
  return true;
}

bool give_name(int node, const char* name) {
  return test_node_ok(cluster, node, "CONFIG SET cluster-announce-hostname %s", name) != 0;
}

int start_on_both_protocols(void**) {
  has_ipv6 = scripted_net_has_ipv6() != 0;
  static const char* const both[] = {"--bind", "127.0.0.1", "::1", nullptr};
  test_cluster_options options{};
  options.partial_coverage = 1;
  if (has_ipv6) options.server_arguments = both;
  return start_cluster(options);
}

int back_to_addresses(void** state) {
  fake_names_clear();
  set_everywhere("cluster-preferred-endpoint-type", "ip");
  for (int node = 0; node < kNodes; ++node) give_name(node, "");
  set_everywhere("cluster-announce-ip", "");
  return reset(state);
}

Handle open_by(const char* host, int node, int timeout_ms) {
  return open_with(options_for(host, test_node_port(cluster, node), timeout_ms));
}

std::string hosts(rc_cluster* handle) {
  rc_info* info = rc_cluster_info(handle, nullptr);
  std::string all;
  for (std::size_t i = 0; i < rc_info_node_count(info); ++i) {
    const std::string host = rc_info_node_host(info, i);
    if (all.find(host + " ") == std::string::npos) all += host + " ";
  }
  rc_info_free(info);
  return all;
}

void assert_set(rc_cluster* handle, const std::string& key) {
  Error error;
  const Reply reply = command(handle, {"SET", key, "v"}, error);
  if (reply == nullptr) std::fprintf(stderr, "%s\n", rc_error_message(error.get()));
  assert_non_null(reply.get());
}

void assert_all_reached(rc_cluster* handle) {
  for (int node = 0; node < kNodes; ++node) assert_set(handle, key_at(node));
}

// The node that had the slot redirects, in its own way of telling where to.
void assert_moved_is_followed(rc_cluster* handle) {
  const std::string key = key_at(0);
  const auto before = counter(handle, "moved");
  assert_true(test_cluster_move_slot(cluster, slot_of(key), 1));
  assert_set(handle, key);
  assert_true(counter(handle, "moved") > before);
}

void nodes_that_are_told_by_name_are_reached(void**) {
  if (!set_everywhere("cluster-preferred-endpoint-type", "hostname")) skip();  // before Redis 7
  for (int node = 0; node < kNodes; ++node) {
    fake_name_resolves(kNames[static_cast<std::size_t>(node)], "127.0.0.1");
    assert_true(give_name(node, kNames[static_cast<std::size_t>(node)]));
  }
  for (const char* name : kNames) assert_true(all_tell(name, 1));
  const Handle handle = open_by("node0.test", 0, 10000);
  assert_non_null(handle.get());
  assert_string_equal(hosts(handle.get()).c_str(), "node0.test node1.test node2.test ");
  assert_all_reached(handle.get());
  assert_moved_is_followed(handle.get());
}

void nodes_that_tell_no_host_are_reached_at_the_one_that_was_asked(void**) {
  if (!set_everywhere("cluster-preferred-endpoint-type", "unknown-endpoint")) skip();
  const Handle handle = open_by("127.0.0.1", 1, 10000);
  assert_non_null(handle.get());
  assert_string_equal(hosts(handle.get()).c_str(), "127.0.0.1 ");
  assert_all_reached(handle.get());
  assert_moved_is_followed(handle.get());
}

// A node without a name where all should have one: nobody can tell where it is.
void a_node_that_is_told_as_a_question_mark_costs_only_its_own_keys_until_it_has_a_name(void**) {
  if (!set_everywhere("cluster-preferred-endpoint-type", "hostname")) skip();
  for (int node = 0; node < 2; ++node) {
    fake_name_resolves(kNames[static_cast<std::size_t>(node)], "127.0.0.1");
    assert_true(give_name(node, kNames[static_cast<std::size_t>(node)]));
    assert_true(all_tell(kNames[static_cast<std::size_t>(node)], 1));
  }
  const Handle handle = open_by("node0.test", 0, 10000);
  assert_non_null(handle.get());
  assert_string_equal(hosts(handle.get()).c_str(), "node0.test node1.test ");
  assert_set(handle.get(), key_at(0));
  assert_set(handle.get(), key_at(1));
  Error error;
  assert_null(command(handle.get(), {"SET", key_at(2), "v"}, error, within(300).get()).get());
  assert_int_equal(rc_error_outcome(error.get()), RC_OUTCOME_REFUSED);

  fake_name_resolves("node2.test", "127.0.0.1");
  assert_true(give_name(2, "node2.test"));
  assert_set(handle.get(), key_at(2));
}

void nodes_at_ipv6_addresses_are_reached(void**) {
  if (!has_ipv6) skip();
  assert_true(set_everywhere("cluster-announce-ip", "::1"));
  assert_true(all_tell("::1", kNodes));
  assert_true(test_cluster_wait_ok(cluster, 10000));
  const Handle handle = open_by("::1", 2, 10000);
  assert_non_null(handle.get());
  assert_string_equal(hosts(handle.get()).c_str(), "::1 ");
  assert_all_reached(handle.get());
  assert_moved_is_followed(handle.get());
}

// All addresses of a running cluster change under a handle that is in use.
void a_handle_follows_a_cluster_from_addresses_to_names(void**) {
  const Handle handle = open_by("127.0.0.1", 0, 10000);
  assert_non_null(handle.get());
  assert_all_reached(handle.get());
  if (!set_everywhere("cluster-preferred-endpoint-type", "hostname")) skip();
  for (int node = 0; node < kNodes; ++node) {
    fake_name_resolves(kNames[static_cast<std::size_t>(node)], "127.0.0.1");
    assert_true(give_name(node, kNames[static_cast<std::size_t>(node)]));
  }
  for (const char* name : kNames) assert_true(all_tell(name, 1));
  assert_int_equal(rc_cluster_refresh(handle.get(), nullptr), RC_OK);
  assert_string_equal(hosts(handle.get()).c_str(), "node0.test node1.test node2.test ");
  assert_all_reached(handle.get());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_teardown(nodes_that_are_told_by_name_are_reached, back_to_addresses),
      cmocka_unit_test_teardown(nodes_that_tell_no_host_are_reached_at_the_one_that_was_asked,
                                back_to_addresses),
      cmocka_unit_test_teardown(
          a_node_that_is_told_as_a_question_mark_costs_only_its_own_keys_until_it_has_a_name,
          back_to_addresses),
      cmocka_unit_test_teardown(nodes_at_ipv6_addresses_are_reached, back_to_addresses),
      cmocka_unit_test_teardown(a_handle_follows_a_cluster_from_addresses_to_names, back_to_addresses),
  };
  return cmocka_run_group_tests(tests, start_on_both_protocols, stop);
}
