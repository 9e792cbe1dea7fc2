// Addresses that go from a node to one of another cluster: what was meant for the one cluster never lands in
// the other. And clusters that really were replaced, node by node or as a whole, are found.
#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "admin.h"
#include "test_process.h"

#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

constexpr int kTimeoutMs = 20000;

// The whole of another cluster: a node that owns every slot.
class Stranger {
 public:
  explicit Stranger(int port) : admin_("127.0.0.1", port, "") {
    static int count = 0;
    const std::string folder = std::string(test_process_folder()) + "/stranger" + std::to_string(++count);
    mkdir(folder.c_str(), 0700);
    const char* given = std::getenv("RC_TEST_REDIS_SERVER");
    const std::string program = given == nullptr ? "redis-server" : given;
    const std::string port_text = std::to_string(port);
    const char* argv[] = {program.c_str(),
                          "--port",
                          port_text.c_str(),
                          "--bind",
                          "127.0.0.1",
                          "--dir",
                          folder.c_str(),
                          "--save",
                          "",
                          "--cluster-enabled",
                          "yes",
                          "--cluster-node-timeout",
                          "1000",
                          nullptr};
    pid_ = test_process_spawn(argv, (folder + "/log").c_str());
    TEST_WAIT(test_support::ok(admin_.command("PING")), 10000);
    std::vector<std::string> words{"CLUSTER", "ADDSLOTS"};
    for (int slot = 0; slot < 16384; ++slot) words.push_back(std::to_string(slot));
    test_support::ok(admin_.command(words));
  }
  ~Stranger() { test_process_kill(pid_); }

  bool serves() {
    return TEST_WAIT(test_support::text(admin_.command("CLUSTER INFO")).find("cluster_state:ok") !=
                         std::string::npos,
                     10000) != 0;
  }
  std::string ask(const char* command) { return test_support::text(admin_.command(command)); }

 private:
  test_support::AdminConnection admin_;
  pid_t pid_ = -1;
};

std::unique_ptr<Stranger> stranger_now;

int end_stranger(void**) {
  stranger_now.reset();
  return 0;
}

Stranger& start_stranger(int port) {
  stranger_now = std::make_unique<Stranger>(port);
  assert_true(stranger_now->serves());
  return *stranger_now;
}

bool with_tls() { return std::getenv("RC_TEST_TLS") != nullptr; }

bool set(rc_cluster* handle, const std::string& key, const std::string& value, int timeout_ms = kTimeoutMs) {
  Error error;
  if (command(handle, {"SET", key, value}, error, within(timeout_ms).get()) != nullptr) return true;
  std::fprintf(stderr, "SET %s: %s\n", key.c_str(), rc_error_message(error.get()));
  return false;
}

std::string get(rc_cluster* handle, const std::string& key) {
  Error error;
  const Reply reply = command(handle, {"GET", key}, error);
  return reply == nullptr ? rc_error_message(error.get()) : text_of(reply.get());
}

// Slot 0 has another owner than node 0.
bool replica_took_over() {
  return TEST_WAIT(test_node_is_primary(cluster, 3) && test_node_ok(cluster, 3, "GET %s", kKeys[0]), 20000) !=
         0;
}

// A write straight to the stranger's address, before anything was refreshed, and then to everybody's.
void the_address_of_a_dead_node_goes_to_another_cluster(void**) {
  if (with_tls()) skip();
  const Handle handle = open_handle(cluster, kTimeoutMs, 1);
  assert_true(all_nodes_serve(handle.get()));
  const int port = test_node_port(cluster, 0);
  assert_true(test_node_kill(cluster, 0));
  assert_true(replica_took_over());
  Stranger& stranger = start_stranger(port);
  for (int i = 0; i < 300; ++i) {
    assert_true(set(handle.get(), i == 0 ? kKeys[0] : "key" + std::to_string(i), std::to_string(i)));
    if (i % 50 == 0) assert_int_equal(rc_cluster_refresh(handle.get(), nullptr), RC_OK);
  }
  assert_string_equal(stranger.ask("DBSIZE").c_str(), "0");
  const Handle other = open_handle(cluster, kTimeoutMs, 1);
  for (int i = 1; i < 300; ++i)
    assert_string_equal(get(other.get(), "key" + std::to_string(i)).c_str(), std::to_string(i).c_str());
}

// What it answers would look like the truth: MOVED, too, to a node that takes everything.
void a_handle_that_only_refreshes_is_not_led_astray(void**) {
  if (with_tls()) skip();
  const Handle handle = open_handle(cluster, kTimeoutMs, 1);
  const int port = test_node_port(cluster, 0);
  assert_true(test_node_kill(cluster, 0));
  Stranger& stranger = start_stranger(port);
  for (int i = 0; i < 10; ++i) {
    assert_int_equal(rc_cluster_refresh(handle.get(), nullptr), RC_OK);
    rc_info* info = rc_cluster_info(handle.get(), nullptr);
    const std::size_t count = rc_info_node_count(info);
    rc_info_free(info);
    assert_true(count > 1);
  }
  // Servers that find a stranger in the place of a node soon enough elect nobody, and say MOVED 0 :0.
  Error error;
  const Reply early = command(handle.get(), {"SET", kKeys[0], "v"}, error, within(300).get());
  if (early == nullptr) assert_int_not_equal(rc_error_outcome(error.get()), RC_OUTCOME_UNKNOWN);
  if (!test_node_is_primary(cluster, 3)) test_node_ok(cluster, 3, "CLUSTER FAILOVER TAKEOVER");
  assert_true(all_nodes_serve(handle.get()));
  assert_string_equal(stranger.ask("DBSIZE").c_str(), "0");
}

// A user who may not ask a node who it is.
void a_user_with_few_rights_is_not_led_astray_either(void**) {
  if (with_tls()) skip();
  for (int node = 0; node < 6; ++node) {
    assert_true(test_node_ok(cluster, node, "ACL SETUSER few on nopass ~* +set +get +cluster|slots"));
  }
  Options options = options_for("127.0.0.1", test_node_port(cluster, 1), kTimeoutMs);
  rc_options_set_username(options.get(), "few", nullptr);
  const Handle handle = open_with(options);
  assert_true(all_nodes_serve(handle.get()));
  const int port = test_node_port(cluster, 0);
  assert_true(test_node_kill(cluster, 0));
  assert_true(replica_took_over());
  Stranger& stranger = start_stranger(port);
  stranger.ask("ACL SETUSER few on nopass ~* +set +get +cluster|slots");
  for (int i = 0; i < 30; ++i) assert_true(set(handle.get(), kKeys[0], "w"));
  assert_string_equal(stranger.ask("DBSIZE").c_str(), "0");
}

void a_stranger_among_the_replicas_is_not_read_from(void**) {
  if (with_tls()) skip();
  Options options = options_for("127.0.0.1", test_node_port(cluster, 0), kTimeoutMs);
  rc_options_set_read_from(options.get(), RC_READ_PREFER_REPLICA, nullptr);
  const Handle handle = open_with(options);
  assert_true(all_nodes_serve(handle.get()));
  for (const char* key : kKeys) assert_true(TEST_WAIT(get(handle.get(), key) == "v", 10000));
  std::vector<int> ports;
  for (int node = 3; node < 6; ++node) {
    ports.push_back(test_node_port(cluster, node));
    assert_true(test_node_kill(cluster, node));
  }
  for (const int port : ports) {
    Stranger& stranger = start_stranger(port);
    for (const char* key : kKeys) stranger.ask((std::string("SET ") + key + " foreign").c_str());
    for (int i = 0; i < 50; ++i) {
      for (const char* key : kKeys) assert_string_equal(get(handle.get(), key).c_str(), "v");
    }
    end_stranger(nullptr);
  }
}

// No known node confirms the map.
void a_cluster_that_was_replaced_as_a_whole_is_found(void**) {
  if (with_tls()) skip();
  const Handle handle = open_handle(cluster, kTimeoutMs);
  assert_true(all_nodes_serve(handle.get()));
  for (int node = 0; node < 6; ++node) assert_true(test_node_kill(cluster, node));
  Stranger& successor = start_stranger(test_node_port(cluster, 0));
  assert_true(set(handle.get(), "foo", "new", 5000));
  assert_true(all_nodes_serve(handle.get()));
  assert_string_equal(successor.ask("GET foo").c_str(), "v");
}

// All of them again at the same addresses, with new ids.
void a_cluster_that_was_made_anew_at_its_addresses_is_found(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  assert_true(all_nodes_serve(handle.get()));
  assert_true(test_cluster_add_node(cluster) >= 0);  // so that the reset is one
  assert_true(test_cluster_reset(cluster));
  assert_true(all_nodes_serve(handle.get()));
}

// Without its id a node is nobody: its replica takes over, and it comes back as another.
void a_node_that_is_reset_and_comes_back_serves_again(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs, 1);
  assert_true(all_nodes_serve(handle.get()));
  assert_true(test_node_ok(cluster, 0, "FLUSHALL"));
  assert_true(test_node_ok(cluster, 0, "CLUSTER RESET HARD"));
  assert_true(test_node_ok(cluster, 3, "CLUSTER FAILOVER TAKEOVER"));  // nobody is elected by itself
  assert_true(set(handle.get(), kKeys[0], "w"));
  assert_string_equal(get(handle.get(), kKeys[0]).c_str(), "w");
  assert_true(test_node_ok(cluster, 0, "CLUSTER MEET 127.0.0.1 %d", test_node_port(cluster, 1)));
  const auto joined = [] {
    return text_at(0, "CLUSTER INFO").find("cluster_slots_ok:16384") != std::string::npos;
  };
  assert_true(TEST_WAIT(joined(), 20000));
  for (int i = 0; i < 30; ++i) assert_true(set(handle.get(), "key" + std::to_string(i), "v"));
  assert_string_equal(get(handle.get(), kKeys[0]).c_str(), "w");
}

// Every primary in turn gives way to its replica, forgets who it was, and follows it under a new id.
void ids_that_change_one_by_one_are_followed(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  assert_true(all_nodes_serve(handle.get()));
  Complaints complaints;
  Load load;
  load.add([&] {
    for (const char* key : kKeys) {
      if (!set(handle.get(), key, "v")) complaints.add(key);
    }
  });
  for (int node = 0; node < 3; ++node) {
    assert_true(test_cluster_failover(cluster, node + 3));
    assert_true(test_node_ok(cluster, node, "CLUSTER RESET HARD"));
    assert_true(test_node_ok(cluster, node, "CLUSTER MEET 127.0.0.1 %d", test_node_port(cluster, node + 3)));
    const std::string id = text_at(node + 3, "CLUSTER MYID");
    assert_true(TEST_WAIT(test_node_ok(cluster, node, "CLUSTER REPLICATE %s", id.c_str()), 20000));
    assert_true(load.advance(5));
  }
  load.stop();
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_address_of_a_dead_node_goes_to_another_cluster, reset,
                                      end_stranger),
      cmocka_unit_test_setup_teardown(a_handle_that_only_refreshes_is_not_led_astray, reset, end_stranger),
      cmocka_unit_test_setup_teardown(a_user_with_few_rights_is_not_led_astray_either, reset, end_stranger),
      cmocka_unit_test_setup_teardown(a_stranger_among_the_replicas_is_not_read_from, reset, end_stranger),
      cmocka_unit_test_setup_teardown(a_cluster_that_was_replaced_as_a_whole_is_found, reset, end_stranger),
      cmocka_unit_test_setup_teardown(a_cluster_that_was_made_anew_at_its_addresses_is_found, reset,
                                      end_stranger),
      cmocka_unit_test_setup_teardown(a_node_that_is_reset_and_comes_back_serves_again, reset, end_stranger),
      cmocka_unit_test_setup_teardown(ids_that_change_one_by_one_are_followed, reset, end_stranger),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
