// A cluster that speaks TLS and asks clients for certificates, and options to come in by.
#pragma once

#include "cluster/suite.hpp"
#include "test_certificates.h"

#include "expect.hpp"  // last

inline int start_with_tls(void**) {
  test_cluster_options options{};
  options.tls = TEST_MTLS;
  return start_cluster(options);
}

// The servers as they were.
inline int restore(void**) {
  const bool all =
      test_cluster_ok(cluster, "CONFIG SET tls-cert-file %s", test_tls_file("server.crt")) != 0 &&
      test_cluster_ok(cluster, "CONFIG SET tls-protocols %s", "TLSv1.2 TLSv1.3") != 0 &&
      test_cluster_ok(cluster, "CONFIG SET tls-auth-clients yes") != 0;
  return all && test_cluster_reset(cluster) ? 0 : -1;
}

inline Options seed(const char* host, int port) {
  Options options(rc_options_new());
  rc_options_add_node(options.get(), host, port, nullptr);
  return options;
}
inline Options seed() { return seed("127.0.0.1", test_node_port(cluster, 0)); }

inline void trust(const Options& options, const char* name = "ca.crt") {
  assert_int_equal(rc_options_set_tls_ca_file(options.get(), test_tls_file(name), nullptr), RC_OK);
}

inline void identify(const Options& options, const char* certificate = "client.crt",
                     const char* key = "client.key") {
  assert_int_equal(
      rc_options_set_tls_certificate(options.get(), test_tls_file(certificate), test_tls_file(key), nullptr),
      RC_OK);
}

inline Options usual() {
  Options options = seed();
  trust(options);
  identify(options);
  return options;
}

inline bool opens_and_serves(const Options& options) {
  const Handle handle = open_with(options);
  return handle != nullptr && all_nodes_serve(handle.get());
}

// Node 0 shows another certificate.
inline void let_node_show(const char* certificate) {
  assert_true(test_node_ok(cluster, 0, "CONFIG SET tls-cert-file %s", test_tls_file(certificate)));
}

inline Failure tls_failure(std::vector<const char*> words) {
  return {RC_ERR_TLS, RC_OUTCOME_NOT_SENT, std::move(words)};
}

#define TLS_TEST(name) cmocka_unit_test_teardown(name, restore)
