// Nodes that are known by names, which the test gives an address or none.
#pragma once

#include "fake_resolver.h"
#include "scripted/scenario.h"

// Teardown of a test.
static inline int forget_names(void** state) {
  (void)state;
  fake_names_clear();
  return 0;
}

// For a cluster that is known by the name alone, at the port of `node`.
static inline rc_options* options_by_name(const scripted_net* net, const char* name, const char* node,
                                          int timeout_ms) {
  rc_options* options = rc_options_new();
  assert_int_equal(rc_options_add_node(options, name, scripted_net_port(net, node), NULL), RC_OK);
  assert_int_equal(rc_options_set_timeout_ms(options, timeout_ms, NULL), RC_OK);
  return options;
}

static inline rc_cluster* open_by_name(const scripted_net* net, const char* name, const char* node) {
  return open_with(options_by_name(net, name, node, 20000));
}
