// A cluster that knows a user "app", whose rules and password tests change.
#pragma once

#include <cstdlib>

#include "suite.hpp"

#include "expect.hpp"  // last

inline constexpr const char* kUser = "app";
inline constexpr const char* kPassword = "first sesame";

inline int start_with_a_user(void**) {
  test_cluster_options options{};
  options.username = kUser;
  options.password = kPassword;
  return start_cluster(options);
}

inline bool user(const std::string& rules) {
  // The format splits at spaces, so that each rule is a word of its own.
  return test_cluster_ok(cluster, ("ACL SETUSER app " + rules).c_str()) != 0;
}

inline bool password(const char* rule, const char* password) {
  return test_cluster_ok(cluster, "ACL SETUSER app %b", (std::string(rule) + password).c_str(),
                         std::strlen(rule) + std::strlen(password)) != 0;
}

inline int restore(void**) {
  return user("reset on ~* +@all") && password(">", kPassword) && test_cluster_reset(cluster) ? 0 : -1;
}

inline Options seed() {
  Options options(rc_options_new());
  rc_options_add_node(options.get(), "127.0.0.1", test_node_port(cluster, 0), nullptr);
  return options;
}

inline Options as(const char* username, const char* password) {
  Options options = seed();
  rc_options_set_username(options.get(), username, nullptr);
  rc_options_set_password(options.get(), password, nullptr);
  return options;
}

inline Handle open_as_app() { return open_with(as(kUser, kPassword)); }

inline Failure auth_failure(std::vector<const char*> words, int outcome = RC_OUTCOME_NOT_SENT) {
  words.insert(words.begin(), "127.0.0.1:");
  return {RC_ERR_AUTH, outcome, std::move(words)};
}

// What opening and refreshing ask for is CLUSTER SLOTS.
inline Failure slots_failure(std::vector<const char*> words) {
  return auth_failure(std::move(words), RC_OUTCOME_REFUSED);
}

inline bool server_code_is(const Error& error, const char* code) {
  const char* is = rc_error_server_code(error.get());
  return is != nullptr && std::strcmp(is, code) == 0;
}

inline bool refused(const Error& error) {
  return is(error, {RC_ERR_SERVER, RC_OUTCOME_REFUSED, {"NOPERM"}}) && server_code_is(error, "NOPERM");
}

#define ACL_TEST(name) cmocka_unit_test_teardown(name, restore)
