// How handles get into clusters of the harness where RC_TEST_TLS is set: TLS, a client certificate, a user
// and a password. Without the variable all of it does nothing.
#pragma once

#include <stdlib.h>
#include <string.h>

#include "test_certificates.h"

#define TEST_ACCESS_USERNAME "suite"
#define TEST_ACCESS_PASSWORD "of the whole suite"

static inline int test_access_is_restricted(void) {
  const char* value = getenv("RC_TEST_TLS");
  return value != NULL && *value != '\0' && strcmp(value, "0") != 0;
}

// For files that include <rediscluster/rediscluster.h> before this one; the harness itself does not know it.
#ifdef REDISCLUSTER_REDISCLUSTER_H

// Without user and password: for clusters that have their own.
static inline void test_access_by_tls(rc_options* options) {
  if (!test_access_is_restricted()) return;
  rc_options_set_tls_ca_file(options, test_tls_file("ca.crt"), NULL);
  rc_options_set_tls_certificate(options, test_tls_file("client.crt"), test_tls_file("client.key"), NULL);
}

static inline void test_access(rc_options* options) {
  if (!test_access_is_restricted()) return;
  test_access_by_tls(options);
  rc_options_set_username(options, TEST_ACCESS_USERNAME, NULL);
  rc_options_set_password(options, TEST_ACCESS_PASSWORD, NULL);
}

#endif
