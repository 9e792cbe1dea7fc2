#include "nodes/node_facts.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void nothing_is_known_of_a_new_node(void**) {
  NodeFacts facts;
  assert_enum(facts.zone(), NodeFacts::Zone::kNotAsked);
  assert_enum(facts.multi(), NodeFacts::Multi::kNotAsked);
  facts.set_zone(NodeFacts::Zone::kSame);
  assert_enum(facts.zone(), NodeFacts::Zone::kSame);
  facts.note_multi(NodeFacts::Multi::kTaken);
  assert_enum(facts.multi(), NodeFacts::Multi::kTaken);
}

static void turns_count_up(void**) {
  NodeFacts facts;
  for (std::uint32_t turn = 0; turn < 3; ++turn) assert_int_equal(facts.next_turn(), turn);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_known_of_a_new_node),
      cmocka_unit_test(turns_count_up),
  };
  return cmocka_run_group_tests_name("node_facts", tests, nullptr, nullptr);
}
