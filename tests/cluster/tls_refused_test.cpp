// What can be wrong with TLS: each has an error of its own, in time.
#include <cstdlib>

#include "silent_peer.hpp"

#include "tls_servers.hpp"  // last

namespace {

void a_servers_certificate_that_is_not_good_is_refused(void**) {
  static const struct {
    const char* certificate;
    const char* word;
  } bad[] = {{"expired.crt", "expired"}, {"self-signed.crt", "self"}, {"wrong-name.crt", "mismatch"}};
  for (const auto& it : bad) {
    let_node_show(it.certificate);
    assert_true(open_fails(usual(), tls_failure({"127.0.0.1:", it.word})));
  }
}

void a_server_of_an_authority_that_is_not_trusted_is_refused(void**) {
  const Options other = seed();
  trust(other, "other-ca.crt");
  identify(other);
  assert_true(open_fails(other, tls_failure({"127.0.0.1:", "not trusted"})));
  const Options nobody = seed();
  assert_int_equal(rc_options_set_tls_ca_dir(nobody.get(), test_tls_file("empty-dir"), nullptr), RC_OK);
  identify(nobody);
  assert_true(open_fails(nobody, tls_failure({"127.0.0.1:", "not trusted"})));
  const Options the_systems = seed();
  assert_int_equal(rc_options_set_tls(the_systems.get(), 1, nullptr), RC_OK);
  identify(the_systems);
  assert_true(open_fails(the_systems, tls_failure({"127.0.0.1:", "not trusted"})));
}

void a_server_of_another_name_is_refused(void**) {
  const Options options = usual();
  assert_int_equal(rc_options_set_tls_server_name(options.get(), "elsewhere.invalid", nullptr), RC_OK);
  assert_true(open_fails(options, tls_failure({"127.0.0.1:", "mismatch"})));
}

// The others go on, and it is used again when it is better.
void one_node_with_a_bad_certificate_costs_only_its_own_keys(void**) {
  const Options options = usual();
  rc_options_add_node(options.get(), "127.0.0.1", test_node_port(cluster, 1), nullptr);
  let_node_show("expired.crt");
  const Handle handle = open_with(options);
  assert_non_null(handle.get());
  Error error;
  assert_non_null(command(handle.get(), {"SET", kKeys[1], "v"}, error).get());
  assert_non_null(command(handle.get(), {"SET", kKeys[2], "v"}, error).get());
  assert_null(command(handle.get(), {"SET", kKeys[0], "v"}, error, within(500).get()).get());
  assert_true(is(error, tls_failure({"127.0.0.1:", "expired"})));
  let_node_show("server.crt");
  assert_true(all_nodes_serve(handle.get()));
}

void a_client_whose_certificate_is_missing_or_not_good_is_told_so(void**) {
  const Options nothing = seed();
  trust(nothing);
  assert_true(open_fails(nothing, tls_failure({"127.0.0.1:", "rc_options_set_tls_certificate"})));
  const Options other = seed();
  trust(other);
  identify(other, "other.crt", "other.key");
  assert_true(open_fails(other, tls_failure({"127.0.0.1:", "certificate"})));
  const Options expired = seed();
  trust(expired);
  identify(expired, "expired-client.crt", "client.key");
  assert_true(open_fails(expired, tls_failure({"127.0.0.1:", "expired"})));
}

void files_that_cannot_be_used_are_named(void**) {
  static const struct {
    const char* authority;
    const char* certificate;
    const char* key;
    const char* bad;  // the one that the message names
    const char* why = "";
  } cases[] = {
      {"missing.pem", "client.crt", "client.key", "missing.pem", "No such file"},
      {"garbage.pem", "client.crt", "client.key", "garbage.pem"},
      {"ca-dir", "client.crt", "client.key", "ca-dir"},
      {"ca.crt", "missing.pem", "client.key", "missing.pem", "No such file"},
      {"ca.crt", "garbage.pem", "client.key", "garbage.pem"},
      {"ca.crt", "client.crt", "missing.pem", "missing.pem"},
      {"ca.crt", "client.crt", "garbage.pem", "garbage.pem"},
      {"ca.crt", "client.crt", "other.key", "other.key"},
      {"ca.crt", "client.crt", "client-locked.key", "client-locked.key"},  // without its password
  };
  for (const auto& it : cases) {
    const Options options = seed();
    trust(options, it.authority);
    identify(options, it.certificate, it.key);
    assert_true(open_fails(options, tls_failure({it.bad, it.why})));
  }
  for (const char* folder : {"missing.pem", "garbage.pem"}) {
    const Options options = seed();
    assert_int_equal(rc_options_set_tls_ca_dir(options.get(), test_tls_file(folder), nullptr), RC_OK);
    identify(options);
    assert_true(open_fails(options, tls_failure({folder})));
  }
}

void a_wrong_password_of_a_key_is_told_and_not_shown(void**) {
  const Options options = seed();
  trust(options);
  identify(options, "client.crt", "client-locked.key");
  assert_int_equal(rc_options_set_tls_key_password(options.get(), "sesame", nullptr), RC_OK);
  Error error;
  assert_null(open_with(options, error).get());
  assert_true(is(error, tls_failure({"client-locked.key", "password"})));
  assert_null(std::strstr(rc_error_message(error.get()), "sesame"));
}

void tls_against_a_plain_port_is_told_to_be_that(void**) {
  test_cluster* plain = test_server_start(nullptr);
  assert_non_null(plain);
  const Options options = seed("127.0.0.1", test_node_port(plain, 0));
  trust(options);
  // The server takes it for the beginning of a command, and waits for the rest.
  assert_true(
      open_fails(options, {RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, {"127.0.0.1:", "is the port one for TLS?"}}));
  rc_options_set_timeout_ms(options.get(), 500, nullptr);  // less than it may take to connect
  assert_true(
      open_fails(options, {RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, {"127.0.0.1:", "is the port one for TLS?"}}));
  test_cluster_stop(plain);
}

void no_tls_against_a_tls_port_is_told_to_be_that(void**) {
  Error error;
  const long long start = test_now_ms();
  assert_null(open_with(seed(), error).get());
  assert_true(test_now_ms() - start < 4000);
  assert_true(
      is(error, {rc_error_code(error.get()), RC_OUTCOME_NOT_SENT, {"127.0.0.1:", "rc_options_set_tls"}}));
  assert_int_not_equal(rc_error_code(error.get()), RC_ERR_TIMEOUT);
}

void a_peer_that_accepts_and_says_nothing_is_given_up_in_time(void**) {
  const SilentPeer peer;
  const Options options = seed("127.0.0.1", peer.port());
  trust(options);
  rc_options_set_timeout_ms(options.get(), 20000, nullptr);
  rc_options_set_connect_timeout_ms(options.get(), 200, nullptr);
  assert_true(open_fails(options, {RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, {"127.0.0.1:", "TLS"}}, 10000));
  rc_options_set_timeout_ms(options.get(), 200, nullptr);
  rc_options_set_connect_timeout_ms(options.get(), 20000, nullptr);
  assert_true(open_fails(options, {RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, {"127.0.0.1:"}}, 10000));
}

void a_frozen_node_holds_up_a_handshake_no_longer_than_its_call(void**) {
  const Handle handle = open_with(usual());
  assert_non_null(handle.get());
  assert_true(test_node_stop(cluster, 2));
  Error error;
  const long long start = test_now_ms();
  assert_null(command(handle.get(), {"SET", kKeys[2], "v"}, error, within(300).get()).get());
  const bool in_time = test_now_ms() - start < 4000;
  assert_true(test_node_continue(cluster, 2));
  assert_true(in_time);
  assert_true(is(error, {RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, {}}));
  assert_true(all_nodes_serve(handle.get()));
}

}  // namespace

int main() {
  unsetenv("RC_TEST_TLS");  // these tests say themselves how they are let in
  const CMUnitTest tests[] = {
      TLS_TEST(a_servers_certificate_that_is_not_good_is_refused),
      TLS_TEST(a_server_of_an_authority_that_is_not_trusted_is_refused),
      TLS_TEST(a_server_of_another_name_is_refused),
      TLS_TEST(one_node_with_a_bad_certificate_costs_only_its_own_keys),
      TLS_TEST(a_client_whose_certificate_is_missing_or_not_good_is_told_so),
      TLS_TEST(files_that_cannot_be_used_are_named),
      TLS_TEST(a_wrong_password_of_a_key_is_told_and_not_shown),
      TLS_TEST(tls_against_a_plain_port_is_told_to_be_that),
      TLS_TEST(no_tls_against_a_tls_port_is_told_to_be_that),
      TLS_TEST(a_peer_that_accepts_and_says_nothing_is_given_up_in_time),
      TLS_TEST(a_frozen_node_holds_up_a_handshake_no_longer_than_its_call),
  };
  return cmocka_run_group_tests(tests, start_with_tls, stop);
}
