// The driver of calls waits as they ask for, over real sockets.
#include "calls/blocking_driver.h"

#include "scripted_node.h"
#include "unit/handle_fixture.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

constexpr int kSlot = 7;

Address at(const scripted_net* net, const char* name) { return {"127.0.0.1", scripted_net_port(net, name)}; }

// What is to be sent, after all waiting; no node: the call has failed.
Target target(const Context& context, RetryState& retry) {
  for (;;) {
    const Step step = retry.next(Clock::now());
    if (step.kind == Step::kDone) return {};
    if (step.kind == Step::kSend) return step.target;
    wait_for(context, retry, step);
  }
}

}  // namespace

static void a_slot_without_owner_is_waited_for_until_the_deadline(void**) {
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 100-16383 a\n", nullptr);
  {
    HandleFixture handle({at(net, "a")});
    RetryState retry(handle.context, Deadline::after(milliseconds(300)), kSlot, false);
    assert_null(target(handle.context, retry).node);
    assert_failure(*retry.take_error(), Code::kClusterDown, Outcome::kRefused, "no node owns slot 7");
    RetryState elsewhere(handle.context, HandleFixture::long_enough(), 100, false);
    assert_non_null(target(handle.context, elsewhere).node);
  }
  assert_true(scripted_net_passed(net));
}

static void a_node_that_nobody_can_reach_is_told_at_the_deadline(void**) {
  HandleFixture handle({{"127.0.0.1", 1}});
  RetryState retry(handle.context, Deadline::after(milliseconds(300)), kSlot, false);
  assert_null(target(handle.context, retry).node);
  assert_failure(*retry.take_error(), Code::kClusterDown, Outcome::kRefused, "no node owns slot 7");
}

// The new owner is no replica, and its replicas have to be asked for.
static void replicas_only_waits_for_those_of_the_new_owner(void**) {
  constexpr const char* kAfter = "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-6 a,b 7 d,c 8-16383 a,b\n";
  const std::string before = std::string("EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a,b\n") + kAfter;
  scripted_net* net = scripted_net_start("a", before.c_str(), "b", kAfter, "c", kAfter, "d", kAfter, nullptr);
  {
    HandleFixture handle({at(net, "a")});
    assert_true(handle.refresh().ok());
    RetryState retry(handle.context, HandleFixture::long_enough(), kSlot, true, ReadFrom::kReplica);
    const Target first = target(handle.context, retry);
    assert_true(first.node->address() == at(net, "b"));
    assert_enum(retry.on_answer(first, "MOVED 7 " + to_string(at(net, "d")), Clock::now()), Decision::kAgain);
    assert_true(retry.due() > TimePoint{});
    const Target next = target(handle.context, retry);
    assert_true(next.node->address() == at(net, "c"));
    assert_true(next.reading);
  }
  assert_true(scripted_net_passed(net));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_slot_without_owner_is_waited_for_until_the_deadline),
      cmocka_unit_test(a_node_that_nobody_can_reach_is_told_at_the_deadline),
      cmocka_unit_test(replicas_only_waits_for_those_of_the_new_owner),
  };
  return cmocka_run_group_tests_name("blocking_driver", tests, nullptr, nullptr);
}
