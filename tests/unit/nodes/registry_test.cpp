#include "nodes/registry.h"

#include "unit/connection/caller.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void an_address_has_one_node(void**) {
  const ConnectionSettings settings;
  Counters counters;
  Nodes nodes(settings, counters);
  Node& a = nodes.at({"a", 1});
  Node& b = nodes.at({"a", 2});
  assert_ptr_not_equal(&a, &b);
  assert_ptr_equal(&nodes.at({"a", 1}), &a);
  assert_text(b.name(), "a:2");
}

static void closing_reaches_nodes_of_before_and_after(void**) {
  const ConnectionSettings settings;
  Counters counters;
  Nodes nodes(settings, counters);
  Node& before = nodes.at({"127.0.0.1", 1});
  nodes.close();
  Node& after = nodes.at({"127.0.0.1", 2});
  assert_enum(ask(before.connection(), "PING")->failure->code, Code::kClosed);
  assert_enum(ask(after.connection(), "PING")->failure->code, Code::kClosed);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_address_has_one_node),
      cmocka_unit_test(closing_reaches_nodes_of_before_and_after),
  };
  return cmocka_run_group_tests_name("nodes", tests, nullptr, nullptr);
}
