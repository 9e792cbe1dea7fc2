// Which way a call that may read from replicas goes on after each answer and each failure.
#include "calls/retry_state.h"

#include "unit/calls/played_driver.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

constexpr int kSlot = 7;
const Address kA{"127.0.0.1", 11};  // ports where nobody listens
const Address kB{"127.0.0.1", 12};
const Address kC{"127.0.0.1", 13};

// Primary a with the replicas b and c.
struct Fixture : HandleFixture, PlayedDriver {
  explicit Fixture(ReadFrom how, std::vector<Address> replicas = {kB, kC})
      : HandleFixture({kA}, {.ranges = {{0, 16383, kA, std::move(replicas)}}}),
        from(how),
        retry(context, long_enough(), kSlot, true, how) {}

  const ReadFrom from;
  RetryState retry;

  Target target() { return PlayedDriver::target(retry); }
  Decision answer(const Target& asked, std::string_view line) { return retry.on_answer(asked, line, now); }
  Decision failure(const Target& asked, ErrorPtr error) {
    return retry.on_failure(asked, std::move(error), now);
  }
  Decision failure(const Target& asked, Code code, Outcome outcome) {
    return failure(asked, make_error(code, outcome, "words"));
  }
  bool waits() const { return retry.due() > now; }  // else it goes on at once
  bool ejected(const Target& asked) const { return asked.node->health().ejected(now); }
};

bool is(const Target& target, const Address& address) { return target.node->address() == address; }
ErrorPtr no_answer() { return make_error(Code::kTimeout, Outcome::kUnknown, "no answer"); }

}  // namespace

static void a_reader_that_fails_is_passed_over_at_once(void**) {
  const struct {
    Code code;
    Outcome outcome;
  } table[] = {
      {Code::kConnect, Outcome::kNotSent}, {Code::kIo, Outcome::kNotSent}, {Code::kIo, Outcome::kUnknown}};
  for (const auto& row : table) {
    Fixture f(ReadFrom::kPreferReplica);
    const Target first = f.target();
    assert_true(first.reading);
    assert_false(is(first, kA));
    assert_enum(f.failure(first, row.code, row.outcome), Decision::kAgain);
    assert_false(f.waits());
    const Target second = f.target();
    assert_false(is(second, kA));
    assert_ptr_not_equal(second.node, first.node);
    assert_enum(f.failure(second, row.code, row.outcome), Decision::kAgain);
    const Target third = f.target();
    assert_true(is(third, kA));  // or else the primary
    assert_int_equal(f.counters.retries, 2);
  }
}

static void a_replica_that_cannot_answer_is_passed_over_at_once(void**) {
  for (const char* line : {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                           "LOADING x", "CLUSTERDOWN Hash slot not served", "READONLY x"}) {
    Fixture f(ReadFrom::kReplica);
    const Target first = f.target();
    assert_enum(f.answer(first, line), Decision::kAgain);
    assert_false(f.waits());
    assert_true(f.ejected(first));
    assert_ptr_not_equal(f.target().node, first.node);
    assert_int_equal(f.counters.waits, 1);
  }
}

// Its keys move: elsewhere it is the same.
static void tryagain_is_waited_out(void**) {
  Fixture f(ReadFrom::kRoundRobin);
  const Target first = f.target();
  assert_enum(f.answer(first, "TRYAGAIN x"), Decision::kAgain);
  assert_true(f.waits());
  assert_false(f.ejected(first));
}

static void when_all_have_failed_they_are_tried_again_until_the_deadline(void**) {
  Fixture f(ReadFrom::kReplica);
  for (int i = 0; i < 6; ++i) {
    const Target target = f.target();
    assert_non_null(target.node);
    assert_false(is(target, kA));
    assert_enum(f.failure(target, Code::kConnect, Outcome::kNotSent), Decision::kAgain);
  }
  assert_failure(*f.retry.out_of_time(), Code::kConnect, Outcome::kNotSent,
                 "its time was up while trying again; last: words");
}

static void without_a_replica_the_call_ends_in_time_and_says_so(void**) {
  Fixture f(ReadFrom::kReplica, {});
  RetryState retry(f.context, Deadline(f.now + milliseconds(200)), kSlot, true, ReadFrom::kReplica);
  assert_enum(f.step(retry).kind, Step::kDone);
  assert_failure(*retry.take_error(), Code::kClusterDown, Outcome::kRefused,
                 "no replica of slot 7 is known: read from primaries too (RC_READ_PREFER_REPLICA)");
}

static void a_frozen_reader_is_avoided_by_those_who_come_later(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  const TimePoint end = f.now;
  RetryState call(f.context, Deadline(end), kSlot, true, f.from);
  const Target first = call.next(end - std::chrono::minutes(10)).target;
  assert_enum(call.on_failure(first, no_answer(), end), Decision::kFailed);
  assert_true(f.ejected(first));
  for (int i = 0; i < 20; ++i) {
    RetryState later(f.context, f.long_enough(), kSlot, true, f.from);
    assert_ptr_not_equal(later.next(f.now).target.node, first.node);
  }
}

// Another had left it next to nothing of the call's time.
static void a_reader_that_was_asked_at_the_last_moment_is_not_blamed(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  const TimePoint end = f.now;
  RetryState call(f.context, Deadline(end), kSlot, true, f.from);
  const Target first = call.next(end - std::chrono::minutes(10)).target;
  assert_enum(call.on_failure(first, make_error(Code::kIo, Outcome::kUnknown, "lost"), end),
              Decision::kAgain);
  const Target second = call.next(end - milliseconds(1)).target;
  assert_ptr_not_equal(second.node, first.node);
  assert_enum(call.on_failure(second, no_answer(), end), Decision::kFailed);
  assert_true(f.ejected(first));
  assert_false(f.ejected(second));
}

static void a_cancelled_call_says_nothing_of_its_node(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  const Target asked = f.target();
  assert_enum(f.failure(asked, no_answer()), Decision::kFailed);
  assert_false(f.ejected(asked));
}

static void when_all_have_failed_lately_the_first_leaves_time_for_another(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  f.nodes.at(kA).health().eject(f.now);
  for (const Address& replica : {kB, kC}) f.nodes.at(replica).for_reading().health().eject(f.now);
  const Target first = f.target();
  assert_true(first.is_probe);
  assert_enum(f.failure(first, no_answer()), Decision::kAgain);
  const Target second = f.target();
  assert_ptr_not_equal(second.node, first.node);
  assert_enum(f.failure(second, no_answer()), Decision::kAgain);
  const Target last = f.target();
  assert_true(is(last, kA));
  assert_false(last.is_probe);
}

static void what_ends_a_call_ends_one_that_reads_too(void**) {
  for (const Code code : {Code::kAuth, Code::kTls, Code::kClosed, Code::kNoMemory}) {
    Fixture f(ReadFrom::kPreferReplica);
    assert_enum(f.failure(f.target(), code, Outcome::kNotSent), Decision::kFailed);
    assert_enum(f.retry.take_error()->code, code);
  }
}

static void a_slot_that_has_left_the_shard_is_followed_to_its_new_primary(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  const Target first = f.target();
  assert_enum(f.answer(first, "MOVED 7 127.0.0.1:1"), Decision::kAgain);
  assert_false(f.waits());
  assert_true(f.topology.map()->owner(kSlot)->address() == (Address{"127.0.0.1", 1}));
  assert_true(f.topology.map()->owner(kSlot + 1)->address() == kA);
  const Target next = f.target();
  assert_true(next.node->address() == (Address{"127.0.0.1", 1}));
  assert_false(next.reading);
}

static void ask_is_followed_and_not_learned(void**) {
  Fixture f(ReadFrom::kRoundRobin);
  assert_enum(f.answer(f.target(), "ASK 7 127.0.0.1:1"), Decision::kAgain);
  const Target next = f.target();
  assert_true(next.asking);
  assert_false(next.reading);
  assert_true(f.topology.map()->owner(kSlot)->address() == kA);
}

// The new owner is no replica, and its replicas are not known yet.
static void replicas_only_waits_for_a_map_that_knows_those_of_the_new_owner(void**) {
  Fixture f(ReadFrom::kReplica);
  const Target first = f.target();
  assert_false(is(first, kA));
  assert_enum(f.answer(first, "MOVED 7 127.0.0.1:1"), Decision::kAgain);
  assert_true(f.waits());
  const Step next = f.retry.next(f.retry.due());
  assert_enum(next.kind, Step::kWaitForMap);
  assert_false(f.topology.satisfied(next.ticket));
}

static void a_call_that_writes_does_not_read_elsewhere(void**) {
  Fixture f(ReadFrom::kPrimary);
  const Target target = f.target();
  assert_true(is(target, kA));
  assert_false(target.reading);
  assert_enum(f.answer(target, "CLUSTERDOWN x"), Decision::kAgain);
  assert_true(f.waits());
  assert_false(f.ejected(target));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_reader_that_fails_is_passed_over_at_once),
      cmocka_unit_test(a_replica_that_cannot_answer_is_passed_over_at_once),
      cmocka_unit_test(tryagain_is_waited_out),
      cmocka_unit_test(when_all_have_failed_they_are_tried_again_until_the_deadline),
      cmocka_unit_test(without_a_replica_the_call_ends_in_time_and_says_so),
      cmocka_unit_test(a_frozen_reader_is_avoided_by_those_who_come_later),
      cmocka_unit_test(a_reader_that_was_asked_at_the_last_moment_is_not_blamed),
      cmocka_unit_test(a_cancelled_call_says_nothing_of_its_node),
      cmocka_unit_test(when_all_have_failed_lately_the_first_leaves_time_for_another),
      cmocka_unit_test(what_ends_a_call_ends_one_that_reads_too),
      cmocka_unit_test(a_slot_that_has_left_the_shard_is_followed_to_its_new_primary),
      cmocka_unit_test(ask_is_followed_and_not_learned),
      cmocka_unit_test(replicas_only_waits_for_a_map_that_knows_those_of_the_new_owner),
      cmocka_unit_test(a_call_that_writes_does_not_read_elsewhere),
  };
  return cmocka_run_group_tests_name("retry_state_reading", tests, nullptr, nullptr);
}
