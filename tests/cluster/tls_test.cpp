// TLS against real servers: the ways in which a handle is let in, and what it then does.
#include <cstdlib>

#include "fake_resolver.h"
#include "silent_peer.hpp"
#include "test_process.h"

#include "tls_servers.hpp"  // last

namespace {

void a_file_of_authorities_and_a_certificate_of_its_own_let_a_client_in(void**) {
  assert_true(opens_and_serves(usual()));
}

void a_folder_of_authorities_will_do(void**) {
  const Options options = seed();
  assert_int_equal(rc_options_set_tls_ca_dir(options.get(), test_tls_file("ca-dir"), nullptr), RC_OK);
  identify(options);
  assert_true(opens_and_serves(options));
}

void a_url_turns_tls_on(void**) {
  const std::string url = "rediss://127.0.0.1:" + std::to_string(test_node_port(cluster, 0)) +
                          "/?tls_ca_file=" + test_tls_file("ca.crt") +
                          "&tls_certificate_file=" + test_tls_file("client.crt") +
                          "&tls_key_file=" + test_tls_file("client.key") + "&tls_min_version=1.3";
  rc_error* raw = nullptr;
  const Options options(rc_options_from_url(url.c_str(), &raw));
  const Error error(raw);
  if (options == nullptr) fail_msg("%s", rc_error_message(error.get()));
  assert_true(opens_and_serves(options));
}

void a_locked_key_is_opened_by_its_password(void**) {
  const Options options = seed();
  trust(options);
  identify(options, "client.crt", "client-locked.key");
  assert_int_equal(rc_options_set_tls_key_password(options.get(), TEST_TLS_KEY_PASSWORD, nullptr), RC_OK);
  assert_true(opens_and_serves(options));
}

void a_server_may_be_verified_by_another_name_than_its_address(void**) {
  const Options options = usual();
  assert_int_equal(rc_options_set_tls_server_name(options.get(), "node2.test", nullptr), RC_OK);
  assert_true(opens_and_serves(options));
}

void a_host_name_is_verified_as_it_is_written(void**) {
  const Options options = seed("localhost", test_node_port(cluster, 0));
  trust(options);
  identify(options);
  assert_true(opens_and_serves(options));
}

void where_servers_ask_for_no_certificate_none_is_needed(void**) {
  assert_true(test_cluster_ok(cluster, "CONFIG SET tls-auth-clients no"));
  const Options options = seed();
  trust(options);
  assert_true(opens_and_serves(options));
}

void verification_is_turned_off_by_name_only(void**) {
  let_node_show("wrong-name.crt");
  const Options options = seed();
  identify(options);
  assert_true(open_fails(options, tls_failure({"127.0.0.1:"})));
  assert_int_equal(rc_options_set_tls_verify(options.get(), 0, nullptr), RC_OK);
  assert_true(opens_and_serves(options));
  assert_int_equal(rc_options_set_tls_verify(options.get(), 1, nullptr), RC_OK);
  assert_true(open_fails(options, tls_failure({"127.0.0.1:"})));
}

void the_least_version_is_kept(void**) {
  const Options options = usual();
  assert_int_equal(rc_options_set_tls_min_version(options.get(), RC_TLS_1_3, nullptr), RC_OK);
  assert_true(opens_and_serves(options));
  assert_true(test_cluster_ok(cluster, "CONFIG SET tls-protocols TLSv1.2"));
  assert_true(open_fails(options, tls_failure({"127.0.0.1:", "version"})));
  assert_int_equal(rc_options_set_tls_min_version(options.get(), RC_TLS_1_2, nullptr), RC_OK);
  assert_true(opens_and_serves(options));
}

// Larger than any buffer on the way, and more at once than a record holds.
void large_values_and_long_pipelines_arrive_whole(void**) {
  const Handle handle = open_with(usual());
  assert_non_null(handle.get());
  for (const std::size_t size : {16383U, 16384U, 16385U, 100000U, 5000000U}) {
    std::string value(size, 'x');
    value[size / 2] = '\n';
    Error error;
    assert_non_null(command(handle.get(), {"SET", "large", value}, error).get());
    const Reply reply = command(handle.get(), {"GET", "large"}, error);
    assert_true(text_of(reply.get()) == value);
  }
  std::vector<Words> list;
  for (int i = 0; i < 20000; ++i)
    list.push_back({"ECHO", std::to_string(i) + std::string(static_cast<std::size_t>(i % 100), 'y')});
  Error error;
  const Reply replies = pipeline(handle.get(), list, error);
  assert_int_equal(rc_reply_length(replies.get()), list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (text_of(rc_reply_element(replies.get(), i)) != list[i][1]) fail_msg("reply %zu is another's", i);
  }
}

void blocking_calls_transactions_and_watches_go_over_tls_too(void**) {
  const Handle handle = open_with(usual());
  assert_non_null(handle.get());
  Error error;
  assert_null(rc_reply_element(command(handle.get(), {"BLPOP", "nothing", "0.05"}, error).get(), 0));
  assert_null(error.get());
  assert_int_equal(
      rc_reply_length(transaction(handle.get(), {{"SET", "k", "1"}, {"INCR", "k"}}, error).get()), 2);
  const auto read_and_add = [](rc_watch* watch, rc_commands* to_execute, void*) {
    const Argv get({"GET", "k"});
    const Reply now(rc_watch_command(watch, get.data.size(), get.data.data(), get.lengths.data(), nullptr));
    const Argv set({"SET", "k", text_of(now.get()) + "0"});
    rc_commands_add(to_execute, set.data.size(), set.data.data(), set.lengths.data(), nullptr);
    return static_cast<int>(RC_WATCH_EXECUTE);
  };
  const char* const keys[] = {"k"};
  const Reply done(rc_watch_transaction(handle.get(), 1, keys, nullptr, read_and_add, nullptr, nullptr));
  assert_non_null(done.get());
  assert_string_equal(text_of(command(handle.get(), {"GET", "k"}, error).get()).c_str(), "20");
}

void files_are_read_again_at_the_next_connect(void**) {
  const std::string folder = test_process_folder();
  const std::string authority = folder + "/my-ca.pem";
  const std::string certificate = folder + "/my.crt";
  const std::string key = folder + "/my.key";
  assert_true(test_tls_replace(authority.c_str(), "ca.crt"));
  assert_true(test_tls_replace(certificate.c_str(), "client.crt"));
  assert_true(test_tls_replace(key.c_str(), "client.key"));
  const Options options = seed();
  rc_options_set_tls_ca_file(options.get(), authority.c_str(), nullptr);
  rc_options_set_tls_certificate(options.get(), certificate.c_str(), key.c_str(), nullptr);
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));

  // Connections that are there do not care.
  assert_true(test_tls_replace(authority.c_str(), "other-ca.crt"));
  assert_true(all_nodes_serve(handle.get()));
  assert_true(end_all_connections(cluster));
  Error error;
  assert_null(command(handle.get(), {"SET", "k", "v"}, error, within(500).get()).get());
  assert_true(is(error, tls_failure({"not trusted"})));
  assert_true(test_tls_replace(authority.c_str(), "ca.crt"));
  assert_true(all_nodes_serve(handle.get()));

  assert_true(test_tls_replace(certificate.c_str(), "other.crt"));
  assert_true(test_tls_replace(key.c_str(), "other.key"));
  assert_true(end_all_connections(cluster));
  assert_null(command(handle.get(), {"SET", "k", "v"}, error, within(500).get()).get());
  assert_true(is(error, tls_failure({"certificate"})));
  assert_true(test_tls_replace(certificate.c_str(), "client.crt"));
  assert_true(test_tls_replace(key.c_str(), "client.key"));
  assert_true(all_nodes_serve(handle.get()));
}

std::string greeting_for(const char* host, const char* server_name) {
  const SilentPeer peer;
  const Options options = seed(host, peer.port());
  trust(options);
  if (server_name != nullptr) rc_options_set_tls_server_name(options.get(), server_name, nullptr);
  rc_options_set_timeout_ms(options.get(), 300, nullptr);
  Error error;
  open_with(options, error);
  return peer.heard();
}

void the_server_is_told_by_which_name_it_is_asked_for(void**) {
  assert_true(greeting_for("localhost", nullptr).find("localhost") != std::string::npos);
  assert_true(greeting_for("127.0.0.1", "node2.test").find("node2.test") != std::string::npos);
  assert_true(greeting_for("127.0.0.1", nullptr).find("127.0.0.1") ==
              std::string::npos);  // RFC 6066: names only
}

// What they announce beside their addresses, or instead of them.
bool announce_names(const char* preferred) {
  bool all = true;
  for (int node = 0; node < 3; ++node) {
    const std::string name = "node" + std::to_string(node) + ".test";
    fake_name_resolves(name.c_str(), "127.0.0.1");
    all = test_node_ok(cluster, node, "CONFIG SET cluster-announce-hostname %s", name.c_str()) != 0 &&
          test_node_ok(cluster, node, "CONFIG SET cluster-preferred-endpoint-type %s", preferred) != 0 && all;
  }
  if (!all) return false;  // before Redis 7
  for (int node = 0; node < 3; ++node) {
    const auto tells_all = [node] {
      const std::string slots = text_at(node, "CLUSTER SLOTS");
      return slots.find("node0.test") != std::string::npos && slots.find("node1.test") != std::string::npos &&
             slots.find("node2.test") != std::string::npos;
    };
    if (!TEST_WAIT(tells_all(), 10000)) return false;
  }
  return true;
}

int restore_names(void** state) {
  fake_names_clear();
  const bool all = test_cluster_ok(cluster, "CONFIG SET cluster-announce-hostname %s", "") != 0 &&
                   test_cluster_ok(cluster, "CONFIG SET cluster-preferred-endpoint-type ip") != 0;
  return restore(state) == 0 && all ? 0 : -1;
}

void let_every_node_show_its_name_only() {
  for (int node = 0; node < 3; ++node) {
    const std::string file = "only-node" + std::to_string(node) + ".test.crt";
    assert_true(test_node_ok(cluster, node, "CONFIG SET tls-cert-file %s", test_tls_file(file.c_str())));
  }
}

void nodes_that_announce_addresses_may_have_certificates_for_their_names(void**) {
  if (!announce_names("ip")) skip();
  let_every_node_show_its_name_only();
  const Options options = seed("node0.test", test_node_port(cluster, 0));
  trust(options);
  identify(options);
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
  // The name of another node is none of its own.
  assert_true(test_node_ok(cluster, 1, "CONFIG SET tls-cert-file %s", test_tls_file("only-node2.test.crt")));
  assert_true(end_all_connections(cluster));
  Error error;
  assert_null(command(handle.get(), {"SET", kKeys[1], "v"}, error).get());
  assert_true(is(error, tls_failure({"127.0.0.1:"})));
}

void nodes_that_announce_names_may_have_certificates_for_their_addresses(void**) {
  if (!announce_names("hostname")) skip();
  assert_true(test_cluster_ok(cluster, "CONFIG SET tls-cert-file %s", test_tls_file("only-address.crt")));
  const Options options = usual();
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
}

void a_mapped_node_is_verified_by_the_names_that_it_announces(void**) {
  if (!announce_names("ip")) skip();
  let_every_node_show_its_name_only();
  const Options options = seed("node0.test", test_node_port(cluster, 0));
  trust(options);
  identify(options);
  for (int node = 0; node < 3; ++node) {
    const int port = test_node_port(cluster, node);
    rc_options_add_mapped_address(options.get(), "127.0.0.1", port, "localhost", port, nullptr);
  }
  assert_true(opens_and_serves(options));
}

void the_users_own_name_goes_before_those_that_are_announced(void**) {
  if (!announce_names("ip")) skip();
  let_every_node_show_its_name_only();
  const Options options = seed("node0.test", test_node_port(cluster, 0));
  trust(options);
  identify(options);
  rc_options_set_tls_server_name(options.get(), "node0.test", nullptr);
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  Error error;
  assert_null(command(handle.get(), {"SET", kKeys[1], "v"}, error).get());
  assert_true(is(error, tls_failure({"127.0.0.1:"})));
}

// The connection cannot be written to any more, and nobody has looked: a reply is due on it. What has been
// learned of it is not true of the next.
void a_node_that_dies_with_a_reply_due_is_used_as_soon_as_it_is_back(void**) {
  const Options options = usual();
  rc_options_set_timeout_ms(options.get(), 20000, nullptr);
  const Handle handle = open_with(options);
  assert_true(all_nodes_serve(handle.get()));
  for (int i = 0; i < 3; ++i) {
    assert_true(test_node_stop(cluster, 0));
    Error error;
    assert_null(command(handle.get(), {"GET", kKeys[0]}, error, within(100).get()).get());
    assert_true(test_node_kill(cluster, 0));
    assert_true(test_node_restart(cluster, 0));
    assert_true(test_cluster_wait_ok(cluster, 20000));
    assert_true(all_nodes_serve(handle.get()));
  }
}

}  // namespace

int main() {
  unsetenv("RC_TEST_TLS");  // these tests say themselves how they are let in
  const CMUnitTest tests[] = {
      TLS_TEST(a_file_of_authorities_and_a_certificate_of_its_own_let_a_client_in),
      TLS_TEST(a_folder_of_authorities_will_do),
      TLS_TEST(a_url_turns_tls_on),
      TLS_TEST(a_locked_key_is_opened_by_its_password),
      TLS_TEST(a_server_may_be_verified_by_another_name_than_its_address),
      TLS_TEST(a_host_name_is_verified_as_it_is_written),
      TLS_TEST(where_servers_ask_for_no_certificate_none_is_needed),
      TLS_TEST(verification_is_turned_off_by_name_only),
      TLS_TEST(the_least_version_is_kept),
      TLS_TEST(large_values_and_long_pipelines_arrive_whole),
      TLS_TEST(blocking_calls_transactions_and_watches_go_over_tls_too),
      TLS_TEST(files_are_read_again_at_the_next_connect),
      TLS_TEST(the_server_is_told_by_which_name_it_is_asked_for),
      TLS_TEST(a_node_that_dies_with_a_reply_due_is_used_as_soon_as_it_is_back),
      cmocka_unit_test_teardown(nodes_that_announce_addresses_may_have_certificates_for_their_names,
                                restore_names),
      cmocka_unit_test_teardown(nodes_that_announce_names_may_have_certificates_for_their_addresses,
                                restore_names),
      cmocka_unit_test_teardown(a_mapped_node_is_verified_by_the_names_that_it_announces, restore_names),
      cmocka_unit_test_teardown(the_users_own_name_goes_before_those_that_are_announced, restore_names),
  };
  return cmocka_run_group_tests(tests, start_with_tls, stop);
}
