// What the tests of operations over several nodes share.
#pragma once

#include <map>
#include <set>

#include "suite.hpp"

#include "expect.hpp"  // last

inline CallOptions routed(int route) {
  CallOptions options(rc_call_options_new());
  assert_int_equal(rc_call_options_set_route(options.get(), route, nullptr), RC_OK);
  return options;
}

inline CallOptions by_node() {
  CallOptions options(rc_call_options_new());
  assert_int_equal(rc_call_options_set_combine(options.get(), RC_COMBINE_BY_NODE, nullptr), RC_OK);
  return options;
}

inline CallOptions at_node(int node) {
  CallOptions options(rc_call_options_new());
  assert_int_equal(rc_call_options_set_route_node(options.get(), test_node_host(cluster, node),
                                                  test_node_port(cluster, node), nullptr),
                   RC_OK);
  return options;
}

// It succeeds; else the test ends and says why.
inline Reply done(rc_cluster* handle, const Words& words, const rc_call_options* options = nullptr) {
  Error error;
  Reply reply = command(handle, words, error, options);
  if (reply == nullptr) fail_msg("%s: %s", words[0].c_str(), rc_error_message(error.get()));
  return reply;
}

inline long long number(rc_cluster* handle, const Words& words, const rc_call_options* options = nullptr) {
  const Reply reply = done(handle, words, options);
  assert_int_equal(rc_reply_type(reply.get()), RC_REPLY_INTEGER);
  return rc_reply_integer(reply.get());
}

inline Error failure(rc_cluster* handle, const Words& words, const rc_call_options* options = nullptr) {
  Error error;
  const Reply reply = command(handle, words, error, options);
  if (reply != nullptr) fail_msg("%s succeeded", words[0].c_str());
  return error;
}

inline std::vector<std::string> texts(const rc_reply* reply) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < rc_reply_length(reply); ++i) {
    const rc_reply* element = rc_reply_element(reply, i);
    all.push_back(rc_reply_type(element) == RC_REPLY_NIL       ? "(nil)"
                  : rc_reply_type(element) == RC_REPLY_INTEGER ? std::to_string(rc_reply_integer(element))
                                                               : text_of(element));
  }
  return all;
}

// Keys "key:0" ... over all slots, each set to its own name.
inline std::vector<std::string> fill(rc_cluster* handle, int count) {
  std::vector<std::string> keys;
  std::vector<Words> list;
  for (int i = 0; i < count; ++i) {
    keys.push_back("key:" + std::to_string(i));
    list.push_back({"SET", keys.back(), keys.back()});
  }
  Error error;
  assert_non_null(pipeline(handle, list, error).get());
  return keys;
}
