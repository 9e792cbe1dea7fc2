// What tests of three primaries expect of a handle, and of its failures.
#pragma once

#include <cstring>

#include "handle.hpp"

#include "unit/cmocka.hpp"  // last

// Of slots 0, 7629 and 12182: one for each of the three primaries.
inline constexpr const char* kKeys[] = {"{06S}", "k", "foo"};

// A write at each node. Says why not.
inline bool all_nodes_serve(rc_cluster* handle) {
  for (const char* key : kKeys) {
    Error error;
    if (command(handle, {"SET", key, "v"}, error) != nullptr) continue;
    std::fprintf(stderr, "SET %s: %s\n", key, rc_error_message(error.get()));
    return false;
  }
  return true;
}

struct Failure {
  int code;
  int outcome;
  std::vector<const char*> words;  // of the message, each
};

inline bool is(const Error& error, const Failure& expected) {
  bool same =
      rc_error_code(error.get()) == expected.code && rc_error_outcome(error.get()) == expected.outcome;
  for (const char* word : expected.words) {
    same = same && std::strstr(rc_error_message(error.get()), word) != nullptr;
  }
  if (same) return true;
  std::fprintf(stderr, "got %s, %s: \"%s\"\nnot %s, %s with", rc_error_name(rc_error_code(error.get())),
               rc_outcome_name(rc_error_outcome(error.get())), rc_error_message(error.get()),
               rc_error_name(expected.code), rc_outcome_name(expected.outcome));
  for (const char* word : expected.words) std::fprintf(stderr, " \"%s\"", word);
  std::fprintf(stderr, "\n");
  return false;
}

// Opening fails, in time, and so.
inline bool open_fails(const Options& options, const Failure& expected, int within_ms = 4000) {
  Error error;
  const long long start = test_now_ms();
  if (open_with(options, error) != nullptr) {
    std::fprintf(stderr, "it opened\n");
    return false;
  }
  const long long took = test_now_ms() - start;
  if (took > within_ms) std::fprintf(stderr, "it took %lld ms\n", took);
  return is(error, expected) && took <= within_ms;
}

// Ends the connections of all clients, so that the next call of each makes new ones. What was heard from a
// moment ago would be written to without another look.
inline bool end_all_connections(test_cluster* servers) {
  const bool all = test_cluster_ok(servers, "CLIENT KILL TYPE normal SKIPME yes") != 0;
  test_nap();
  return all;
}
