// Which way a call goes on after each answer and each failure.
#include "calls/retry_state.h"

#include <cstring>

#include "unit/calls/played_driver.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

constexpr int kSlot = 7;
const Address kA{"127.0.0.1", 1};  // ports where nobody listens
const Address kB{"127.0.0.1", 2};

struct Fixture : HandleFixture, PlayedDriver {
  explicit Fixture(bool repeatable = false)
      : HandleFixture({kA}), retry(context, long_enough(), kSlot, repeatable) {
    topology.learn_moved(kSlot, a, now);
  }
  Node& a = nodes.at(kA);
  Node& b = nodes.at(kB);
  Target asked{&a, false};
  RetryState retry;

  Decision answer(std::string_view line) { return retry.on_answer(asked, line, now); }
  Decision failure(Code code, Outcome outcome) {
    return retry.on_failure(asked, make_error(code, outcome, "words"), now);
  }
  Target target() { return PlayedDriver::target(retry); }
  bool waits() const { return retry.due() > now; }  // else it goes on at once
  std::uint64_t total() const {
    return counters.moved + counters.ask + counters.waits + counters.retries + counters.timeouts +
           counters.unknown;
  }
};

}  // namespace

static void a_call_goes_to_the_owner_of_its_slot(void**) {
  Fixture f;
  const Target target = f.target();
  assert_ptr_equal(target.node, &f.a);
  assert_false(target.asking);
}

static void a_call_without_keys_goes_to_any_primary(void**) {
  Fixture f;
  RetryState retry(f.context, Deadline::after(std::chrono::minutes(10)), -1, false);
  assert_ptr_equal(f.PlayedDriver::target(retry).node, &f.a);
}

static void moved_is_followed_and_learned(void**) {
  Fixture f;
  assert_enum(f.answer("MOVED 7 127.0.0.1:2"), Decision::kAgain);
  assert_false(f.waits());
  const Target target = f.target();
  assert_ptr_equal(target.node, &f.b);
  assert_false(target.asking);
  assert_ptr_equal(f.topology.map()->owner(kSlot), &f.b);
  assert_int_equal(f.counters.moved, 1);
  assert_int_equal(f.total(), 1);
}

static void ask_is_followed_once_and_not_learned(void**) {
  Fixture f;
  assert_enum(f.answer("ASK 7 127.0.0.1:2"), Decision::kAgain);
  assert_false(f.waits());
  const Target target = f.target();
  assert_ptr_equal(target.node, &f.b);
  assert_true(target.asking);
  assert_ptr_equal(f.topology.map()->owner(kSlot), &f.a);
  const Target next = f.target();
  assert_ptr_equal(next.node, &f.a);
  assert_false(next.asking);
  assert_int_equal(f.counters.ask, 1);
  assert_int_equal(f.total(), 1);
}

static void an_empty_host_is_that_of_the_node_that_was_asked(void**) {
  Fixture f;
  assert_enum(f.answer("MOVED 7 :2"), Decision::kAgain);
  assert_ptr_equal(f.target().node, &f.b);
}

static void a_host_that_the_server_does_not_know_is_waited_for(void**) {
  Fixture f;
  assert_enum(f.answer("MOVED 7 ?:2"), Decision::kAgain);
  assert_true(f.waits());
  assert_ptr_equal(f.target().node, &f.a);
}

static void a_redirect_to_the_same_node_is_waited_for(void**) {
  Fixture f;
  assert_enum(f.answer("MOVED 7 127.0.0.1:1"), Decision::kAgain);
  assert_true(f.waits());
  assert_ptr_equal(f.target().node, &f.a);
}

static void moved_tells_the_slot_of_a_command_whose_keys_only_the_server_knows(void**) {
  Fixture f;
  RetryState retry(f.context, Deadline::after(std::chrono::minutes(10)), -1, false);
  assert_enum(retry.on_answer(f.asked, "MOVED 9 127.0.0.1:2", f.now), Decision::kAgain);
  assert_int_equal(retry.slot(), 9);
  assert_ptr_equal(f.topology.map()->owner(9), &f.b);
}

static void a_redirect_that_cannot_be_read_ends_the_call(void**) {
  Fixture f;
  assert_enum(f.answer("MOVED seven"), Decision::kFailed);
  assert_failure(*f.retry.take_error(), Code::kProtocol, Outcome::kRefused,
                 "127.0.0.1:1 sent a redirect that cannot be read: MOVED seven");
}

static void redirects_are_counted(void**) {
  for (const int most : {0, 1, 5}) {
    HandleFixture handle({kA});
    const TimePoint now = Clock::now();
    handle.context.max_redirects = most;
    RetryState retry(handle.context, HandleFixture::long_enough(), kSlot, false);
    const Target asked{&handle.nodes.at(kA), false};
    for (int i = 0; i < most; ++i) {
      assert_enum(retry.on_answer(asked, i % 2 == 0 ? "MOVED 7 127.0.0.1:2" : "ASK 7 127.0.0.1:2", now),
                  Decision::kAgain);
    }
    assert_enum(retry.on_answer(asked, "MOVED 7 127.0.0.1:2", now), Decision::kFailed);
    const ErrorPtr error = retry.take_error();
    assert_failure(
        *error, Code::kTooManyRedirects, Outcome::kRefused,
        "redirected more than " + std::to_string(most) + " times, last by 127.0.0.1:1: MOVED 7 127.0.0.1:2");
    assert_string_equal(error->server_code, "MOVED");
  }
}

static void patience_starts_the_count_of_redirects_again(void**) {
  Fixture f;
  for (int i = 0; i < 30; ++i) {
    assert_enum(f.answer("ASK 7 127.0.0.1:2"), Decision::kAgain);
    assert_enum(f.answer("TRYAGAIN x"), Decision::kAgain);
  }
}

static void answers_that_ask_for_patience_are_waited_out(void**) {
  for (const char* line : {"TRYAGAIN a", "CLUSTERDOWN b", "LOADING c", "MASTERDOWN d", "READONLY e"}) {
    Fixture f;
    for (std::uint64_t i = 1; i <= 20; ++i) {
      assert_enum(f.answer(line), Decision::kAgain);
      assert_true(f.retry.due() > f.now);
      assert_true(f.retry.due() <= f.now + milliseconds(25));
      assert_int_equal(f.counters.waits, i);
      assert_int_equal(f.total(), i);
    }
    assert_ptr_equal(f.target().node, &f.a);
    assert_true(f.now == f.retry.due());
    const ErrorPtr error = f.retry.out_of_time();
    assert_failure(*error, std::strcmp(line, "CLUSTERDOWN b") == 0 ? Code::kClusterDown : Code::kTimeout,
                   Outcome::kRefused,
                   std::string("its time was up while trying again; last: 127.0.0.1:1 answered ") + line);
    assert_int_equal(f.counters.timeouts, 1);
  }
}

static void what_a_failure_means(void**) {
  using enum Code;
  using enum Outcome;
  using enum Decision;
  const struct {
    Code code;
    Outcome outcome;
    bool repeatable;
    Decision decision;
    int retries, timeouts, unknown;
  } table[] = {
      // Not sent: tried again wherever that may help.
      {kConnect, kNotSent, false, kAgain, 1, 0, 0},
      {kConnect, kNotSent, true, kAgain, 1, 0, 0},
      {kIo, kNotSent, false, kAgain, 1, 0, 0},
      {kIo, kNotSent, true, kAgain, 1, 0, 0},
      {kProtocol, kNotSent, false, kAgain, 1, 0, 0},
      {kProtocol, kNotSent, true, kAgain, 1, 0, 0},
      {kAuth, kNotSent, false, kFailed, 0, 0, 0},
      {kAuth, kNotSent, true, kFailed, 0, 0, 0},
      {kNoMemory, kNotSent, true, kFailed, 0, 0, 0},
      {kBusy, kNotSent, true, kAgain, 0, 0, 0},
      {kClosed, kNotSent, false, kFailed, 0, 0, 0},
      {kClosed, kNotSent, true, kFailed, 0, 0, 0},
      {kTimeout, kNotSent, false, kFailed, 0, 1, 0},
      {kTimeout, kNotSent, true, kFailed, 0, 1, 0},
      // Perhaps executed: again only what may run twice.
      {kIo, kUnknown, false, kFailed, 0, 0, 1},
      {kIo, kUnknown, true, kAgain, 1, 0, 1},
      {kProtocol, kUnknown, false, kFailed, 0, 0, 1},
      {kProtocol, kUnknown, true, kAgain, 1, 0, 1},
      {kNoMemory, kUnknown, true, kFailed, 0, 0, 1},
      {kClosed, kUnknown, false, kFailed, 0, 0, 1},
      {kClosed, kUnknown, true, kFailed, 0, 0, 1},
      {kTimeout, kUnknown, false, kFailed, 0, 1, 1},
      {kTimeout, kUnknown, true, kFailed, 0, 1, 1},
  };
  for (const auto& row : table) {
    Fixture f(row.repeatable);
    const std::string name = std::string(code_name(row.code)) +
                             (row.outcome == kUnknown ? ", unknown" : ", not sent") +
                             (row.repeatable ? ", repeatable" : "");
    const Decision decision = f.failure(row.code, row.outcome);
    if (decision != row.decision) fail_msg("%s: the other decision", name.c_str());
    const auto same = [](const std::atomic<std::uint64_t>& counter, int expected) {
      return counter == static_cast<std::uint64_t>(expected);
    };
    if (!same(f.counters.retries, row.retries)) fail_msg("%s: retries", name.c_str());
    if (!same(f.counters.timeouts, row.timeouts)) fail_msg("%s: timeouts", name.c_str());
    if (!same(f.counters.unknown, row.unknown)) fail_msg("%s: unknown", name.c_str());
    if (decision == kFailed) {
      const ErrorPtr error = f.retry.take_error();
      if (error->code != row.code || error->outcome != row.outcome)
        fail_msg("%s: another error", name.c_str());
    } else {
      assert_ptr_equal(f.target().node, &f.a);
    }
  }
}

static void a_lost_connection_is_replaced_at_once_and_then_with_patience(void**) {
  Fixture f(true);
  assert_enum(f.failure(Code::kIo, Outcome::kUnknown), Decision::kAgain);
  assert_false(f.waits());
  assert_enum(f.failure(Code::kIo, Outcome::kUnknown), Decision::kAgain);
  assert_true(f.waits());
  Fixture g;
  assert_enum(g.failure(Code::kConnect, Outcome::kNotSent), Decision::kAgain);
  assert_true(g.waits());
}

static void what_may_have_run_stays_unknown_whatever_follows(void**) {
  Fixture refused(true);
  assert_enum(refused.failure(Code::kIo, Outcome::kUnknown), Decision::kAgain);
  assert_enum(refused.answer("MOVED seven"), Decision::kFailed);
  assert_failure(*refused.retry.take_error(), Code::kProtocol, Outcome::kUnknown, "MOVED seven");

  Fixture late(true);
  assert_enum(late.failure(Code::kIo, Outcome::kUnknown), Decision::kAgain);
  assert_enum(late.answer("TRYAGAIN x"), Decision::kAgain);
  assert_failure(*late.retry.out_of_time(), Code::kTimeout, Outcome::kUnknown, "TRYAGAIN x");

  Fixture not_sent(true);
  assert_enum(not_sent.failure(Code::kIo, Outcome::kUnknown), Decision::kAgain);
  assert_enum(not_sent.failure(Code::kAuth, Outcome::kNotSent), Decision::kFailed);
  assert_enum(not_sent.retry.take_error()->outcome, Outcome::kUnknown);
}

static void a_deadline_that_passes_while_trying_again_tells_why(void**) {
  Fixture f;
  assert_enum(f.failure(Code::kConnect, Outcome::kNotSent), Decision::kAgain);
  assert_enum(f.failure(Code::kTimeout, Outcome::kNotSent), Decision::kFailed);
  assert_failure(*f.retry.take_error(), Code::kConnect, Outcome::kNotSent, "last: words");
}

static void no_target_after_the_deadline(void**) {
  Fixture f;
  RetryState retry(f.context, Deadline(f.now), kSlot, false);
  assert_enum(retry.next(f.now).kind, Step::kDone);
  assert_failure(*retry.take_error(), Code::kTimeout, Outcome::kNotSent,
                 "its time was up before it could be sent");
  assert_int_equal(f.counters.timeouts, 1);
}

static void no_target_once_the_handle_is_closed(void**) {
  Fixture f;
  assert_enum(f.answer("TRYAGAIN x"), Decision::kAgain);
  f.stop.stop();
  assert_enum(f.retry.next(f.now).kind, Step::kDone);
  assert_failure(*f.retry.take_error(), Code::kClosed, Outcome::kNotSent, "closed");
}

static void what_is_not_due_is_waited_for(void**) {
  Fixture f;
  assert_enum(f.answer("TRYAGAIN x"), Decision::kAgain);
  const Step early = f.retry.next(f.now);
  assert_enum(early.kind, Step::kWaitUntil);
  assert_true(early.until == f.retry.due());
  assert_enum(f.retry.next(early.until - milliseconds(1)).kind, Step::kWaitUntil);
  assert_enum(f.retry.next(early.until).kind, Step::kSend);
}

// What is known is that the node has refused it. An attempt that cannot be answered in time would leave less.
static void an_attempt_that_has_no_time_for_its_answer_is_not_made(void**) {
  constexpr Duration kRoundTrip = milliseconds(20);
  for (int i = 0; i < 30; ++i) {  // the pauses are random
    Fixture f;
    RetryState retry(f.context, Deadline(f.now + milliseconds(300 + i)), kSlot, false);
    int attempts = 0;
    for (Step step = f.step(retry); step.kind == Step::kSend; step = f.step(retry)) {
      ++attempts;
      f.now += kRoundTrip;
      assert_true(f.now < retry.deadline().at());
      assert_enum(retry.on_answer(step.target, "TRYAGAIN x", f.now), Decision::kAgain);
    }
    assert_true(attempts > 3);
    assert_failure(*retry.take_error(), Code::kTimeout, Outcome::kRefused, "TRYAGAIN x");
  }
}

static void a_slot_without_owner_waits_for_a_map_and_then_asks_any_primary(void**) {
  Fixture f;
  RetryState retry(f.context, Deadline(f.now + std::chrono::minutes(10)), kSlot + 1, false);
  const Step waits = retry.next(f.now);
  assert_enum(waits.kind, Step::kWaitForMap);
  assert_true(waits.until > f.now);
  assert_false(f.topology.satisfied(waits.ticket));
  const Step still = retry.next(waits.until - milliseconds(1));
  assert_enum(still.kind, Step::kWaitForMap);
  assert_true(still.until == waits.until);
  const Step asks = retry.next(waits.until);  // no map has come
  assert_enum(asks.kind, Step::kSend);
  assert_ptr_equal(asks.target.node, &f.a);
}

static void without_any_node_a_call_waits_for_a_map_until_its_deadline(void**) {
  HandleFixture handle({kA});
  PlayedDriver play;
  RetryState retry(handle.context, Deadline(play.now + milliseconds(700)), kSlot, false);
  assert_enum(play.step(retry).kind, Step::kDone);
  assert_true(play.now >= retry.deadline().at());
  assert_failure(*retry.take_error(), Code::kClusterDown, Outcome::kRefused, "no node owns slot 7");
}

static void replicas_of_a_dead_primary_are_tried_until_one_is_promoted(void**) {
  HandleFixture handle({kA}, {.ranges = {{0, 16383, kA, {kB}}}});
  PlayedDriver play;
  RetryState retry(handle.context, HandleFixture::long_enough(), kSlot, false);
  const auto dead = [] { return make_error(Code::kConnect, Outcome::kNotSent, "refused"); };
  Target asked = play.target(retry);
  assert_true(asked.node->address() == kA);
  int replica = 0;
  int primary = 0;
  for (int i = 0; i < 40; ++i) {
    if (asked.node->address() == kA) {
      ++primary;
      assert_enum(retry.on_failure(asked, dead(), play.now), Decision::kAgain);
    } else {
      ++replica;
      assert_enum(retry.on_answer(asked, "MOVED 7 " + to_string(kA), play.now), Decision::kAgain);
    }
    asked = play.target(retry);
  }
  assert_true(replica > primary);
  assert_true(primary > 1);  // it may have come back
  while (asked.node->address() == kA) {
    retry.on_failure(asked, dead(), play.now);
    asked = play.target(retry);
  }
  assert_true(retry.is_probing_replicas());
  retry.on_promotion(asked, play.now);
  assert_true(handle.topology.keep_map()->owner(kSlot)->address() == kB);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_call_goes_to_the_owner_of_its_slot),
      cmocka_unit_test(a_call_without_keys_goes_to_any_primary),
      cmocka_unit_test(moved_is_followed_and_learned),
      cmocka_unit_test(ask_is_followed_once_and_not_learned),
      cmocka_unit_test(an_empty_host_is_that_of_the_node_that_was_asked),
      cmocka_unit_test(a_host_that_the_server_does_not_know_is_waited_for),
      cmocka_unit_test(a_redirect_to_the_same_node_is_waited_for),
      cmocka_unit_test(moved_tells_the_slot_of_a_command_whose_keys_only_the_server_knows),
      cmocka_unit_test(a_redirect_that_cannot_be_read_ends_the_call),
      cmocka_unit_test(redirects_are_counted),
      cmocka_unit_test(patience_starts_the_count_of_redirects_again),
      cmocka_unit_test(answers_that_ask_for_patience_are_waited_out),
      cmocka_unit_test(what_a_failure_means),
      cmocka_unit_test(a_lost_connection_is_replaced_at_once_and_then_with_patience),
      cmocka_unit_test(what_may_have_run_stays_unknown_whatever_follows),
      cmocka_unit_test(a_deadline_that_passes_while_trying_again_tells_why),
      cmocka_unit_test(no_target_after_the_deadline),
      cmocka_unit_test(no_target_once_the_handle_is_closed),
      cmocka_unit_test(what_is_not_due_is_waited_for),
      cmocka_unit_test(an_attempt_that_has_no_time_for_its_answer_is_not_made),
      cmocka_unit_test(a_slot_without_owner_waits_for_a_map_and_then_asks_any_primary),
      cmocka_unit_test(without_any_node_a_call_waits_for_a_map_until_its_deadline),
      cmocka_unit_test(replicas_of_a_dead_primary_are_tried_until_one_is_promoted),
  };
  return cmocka_run_group_tests_name("retry", tests, nullptr, nullptr);
}
