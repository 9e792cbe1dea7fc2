#include "calls/zones.h"

#include "scripted_node.h"
#include "unit/handle_fixture.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

constexpr int kSlot = 7;

// A handle on scripted nodes: a with the replicas b and c.
struct Handle : HandleFixture {
  explicit Handle(const scripted_net* net, std::string_view zone)
      : HandleFixture({{"127.0.0.1", scripted_net_port(net, "a")}}) {
    context.zone = zone;
    if (!refresh().ok()) std::abort();
  }

  NodeFacts::Zone zone(const scripted_net* net, const char* name) {
    return nodes.at({"127.0.0.1", scripted_net_port(net, name)}).facts().zone();
  }
  void learn() { learn_zones(context, kSlot, long_enough()); }
};

#define SHARD "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b,c\n"

}  // namespace

static void zones_are_asked_for_once(void**) {
  scripted_net* net = scripted_net_start(
      "a", SHARD "EXPECT INFO server\nBULK # Server\\r\\navailability_zone:eu-1a\\r\\nuptime:1\\r\\n\n",  //
      "b", SHARD "EXPECT INFO server\nBULK # Server\\r\\nuptime:1\\r\\navailability_zone:eu-1\\r\\n\n",   //
      "c", SHARD "EXPECT INFO server\nBULK # Server\\r\\nuptime:1\\r\\n\n", nullptr);
  Handle handle(net, "eu-1a");
  for (int i = 0; i < 3; ++i) handle.learn();
  assert_enum(handle.zone(net, "a"), NodeFacts::Zone::kSame);
  assert_enum(handle.zone(net, "b"), NodeFacts::Zone::kOther);  // the beginning alone is not the same
  assert_enum(handle.zone(net, "c"), NodeFacts::Zone::kOther);  // it does not say
  assert_true(scripted_net_passed(net));
}

static void nobody_is_in_the_zone_of_a_caller_without_one(void**) {
  scripted_net* net = scripted_net_start("a", SHARD "EXPECT INFO server\nBULK availability_zone:\\r\\n\n",
                                         "b", SHARD "EXPECT INFO server\nREPLY -NOPERM no INFO\n", "c",
                                         SHARD "EXPECT INFO server\nBULK\n", nullptr);
  Handle handle(net, "");
  handle.learn();
  for (const char* name : {"a", "b", "c"}) assert_enum(handle.zone(net, name), NodeFacts::Zone::kOther);
  assert_true(scripted_net_passed(net));
}

static void a_node_that_does_not_tell_its_zone_is_asked_again_after_a_while(void**) {
  scripted_net* net = scripted_net_start(
      "a", SHARD "EXPECT INFO server\nBULK availability_zone:z\\r\\n\n", "b",
      SHARD "EXPECT INFO server\nCLOSE\nEXPECT INFO server\nBULK availability_zone:z\\r\\n\n", "c",
      "REFUSE\n", nullptr);
  Handle handle(net, "z");
  handle.learn();
  assert_enum(handle.zone(net, "a"), NodeFacts::Zone::kSame);
  assert_enum(handle.zone(net, "b"), NodeFacts::Zone::kNotAsked);
  assert_enum(handle.zone(net, "c"), NodeFacts::Zone::kNotAsked);
  handle.learn();  // not yet
  assert_int_equal(scripted_net_count(net, "b", "INFO"), 1);
  NodeHealth& health = handle.nodes.at({"127.0.0.1", scripted_net_port(net, "b")}).health();
  health.eject(Clock::now() - std::chrono::hours(1));
  handle.learn();
  assert_enum(handle.zone(net, "b"), NodeFacts::Zone::kSame);
  assert_true(scripted_net_passed(net));
}

// It must leave the call time for those that answer.
static void a_frozen_node_takes_a_part_of_the_calls_time_only(void**) {
  scripted_net* net =
      scripted_net_start("a", SHARD "EXPECT INFO server\nBULK availability_zone:z\\r\\n\n",  //
                         "b", "ACCEPT\nSILENCE\n", "c", "ACCEPT\nSILENCE\n", nullptr);
  Handle handle(net, "z");
  const Deadline deadline = Deadline::after(milliseconds(400));
  learn_zones(handle.context, kSlot, deadline);
  assert_false(deadline.passed(Clock::now()));
  assert_enum(handle.zone(net, "a"), NodeFacts::Zone::kSame);
  assert_enum(handle.zone(net, "b"), NodeFacts::Zone::kNotAsked);
  scripted_net_free(net);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(zones_are_asked_for_once),
      cmocka_unit_test(nobody_is_in_the_zone_of_a_caller_without_one),
      cmocka_unit_test(a_node_that_does_not_tell_its_zone_is_asked_again_after_a_while),
      cmocka_unit_test(a_frozen_node_takes_a_part_of_the_calls_time_only),
  };
  return cmocka_run_group_tests_name("zones", tests, nullptr, nullptr);
}
