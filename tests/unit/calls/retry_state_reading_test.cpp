// Which way a call that may read from replicas goes on after each answer and each failure.
#include "calls/retry_state.h"

#include "scripted_node.h"
#include "unit/handle_fixture.hpp"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

constexpr int kSlot = 7;
#define SHARD "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b,c\n"

Address at(const scripted_net* net, const char* name) { return {"127.0.0.1", scripted_net_port(net, name)}; }

// Primary a with the replicas b and c.
struct Fixture : HandleFixture {
  explicit Fixture(ReadFrom how, const char* a = SHARD, const char* b = SHARD, const char* c = SHARD)
      : Fixture(how, scripted_net_start("a", a, "b", b, "c", c, nullptr)) {}
  Fixture(ReadFrom how, scripted_net* started)
      : HandleFixture({::at(started, "a")}),
        net(started),
        from(how),
        retry(context, long_enough(), kSlot, true, how) {
    if (!refresh().ok()) std::abort();
  }
  ~Fixture() { scripted_net_free(net); }

  scripted_net* net;
  ReadFrom from;
  RetryState retry;

  Address at(const char* name) const { return ::at(net, name); }
  Target target() { return retry.target(Clock::now()).take(); }
  bool is(const Target& target, const char* name) { return target.node->address() == at(name); }
  bool waits() const { return retry.due() != TimePoint{}; }  // else it goes on at once
  Decision failure(const Target& asked, Code code, Outcome outcome) {
    return retry.on_failure(asked, make_error(code, outcome, "words"));
  }
};

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
    assert_false(f.is(first, "a"));
    assert_enum(f.failure(first, row.code, row.outcome), Decision::kAgain);
    assert_false(f.waits());
    const Target second = f.target();
    assert_false(f.is(second, "a"));
    assert_ptr_not_equal(second.node, first.node);
    assert_enum(f.failure(second, row.code, row.outcome), Decision::kAgain);
    const Target third = f.target();
    assert_true(f.is(third, "a"));  // or else the primary
    assert_int_equal(f.counters.retries, 2);
  }
}

static void a_replica_that_cannot_answer_is_passed_over_at_once(void**) {
  for (const char* line : {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                           "LOADING x", "CLUSTERDOWN Hash slot not served", "READONLY x"}) {
    Fixture f(ReadFrom::kReplica);
    const Target first = f.target();
    assert_enum(f.retry.on_answer(first, line), Decision::kAgain);
    assert_false(f.waits());
    assert_true(first.node->health().ejected(Clock::now()));
    assert_ptr_not_equal(f.target().node, first.node);
    assert_int_equal(f.counters.waits, 1);
  }
}

// Its keys move: elsewhere it is the same.
static void tryagain_is_waited_out(void**) {
  Fixture f(ReadFrom::kRoundRobin);
  const Target first = f.target();
  assert_enum(f.retry.on_answer(first, "TRYAGAIN x"), Decision::kAgain);
  assert_true(f.waits());
  assert_false(first.node->health().ejected(Clock::now()));
}

static void when_all_have_failed_they_are_tried_again_until_the_deadline(void**) {
  Fixture f(ReadFrom::kReplica);
  for (int i = 0; i < 6; ++i) {
    const Target target = f.target();
    assert_non_null(target.node);
    assert_false(f.is(target, "a"));
    assert_enum(f.failure(target, Code::kConnect, Outcome::kNotSent), Decision::kAgain);
  }
  assert_failure(*f.retry.out_of_time(), Code::kConnect, Outcome::kNotSent,
                 "its time was up while trying again; last: words");
}

static void without_a_replica_the_call_ends_in_time_and_says_so(void**) {
  constexpr const char* kAlone = "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n";
  Fixture f(ReadFrom::kReplica, kAlone);
  RetryState retry(f.context, Deadline::after(milliseconds(200)), kSlot, true, ReadFrom::kReplica);
  auto target = retry.target(Clock::now());
  assert_false(target.ok());
  assert_failure(target.error(), Code::kClusterDown, Outcome::kRefused,
                 "no replica of slot 7 is known: read from primaries too (RC_READ_PREFER_REPLICA)");
}

static void a_frozen_reader_is_avoided_by_those_who_come_later(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  const TimePoint end = Clock::now();
  RetryState call(f.context, Deadline(end), kSlot, true, f.from);
  const Target first = call.target(end - std::chrono::minutes(10)).take();
  assert_enum(call.on_failure(first, no_answer()), Decision::kFailed);
  assert_true(first.node->health().ejected(Clock::now()));
  for (int i = 0; i < 20; ++i) {
    RetryState later(f.context, f.long_enough(), kSlot, true, f.from);
    assert_ptr_not_equal(later.target(Clock::now()).value().node, first.node);
  }
}

// Another had left it next to nothing of the call's time.
static void a_reader_that_was_asked_at_the_last_moment_is_not_blamed(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  const TimePoint end = Clock::now();
  RetryState call(f.context, Deadline(end), kSlot, true, f.from);
  const Target first = call.target(end - std::chrono::minutes(10)).take();
  assert_enum(call.on_failure(first, make_error(Code::kIo, Outcome::kUnknown, "lost")), Decision::kAgain);
  const Target second = call.target(end - milliseconds(1)).take();
  assert_ptr_not_equal(second.node, first.node);
  assert_enum(call.on_failure(second, no_answer()), Decision::kFailed);
  assert_true(first.node->health().ejected(Clock::now()));
  assert_false(second.node->health().ejected(Clock::now()));
}

static void a_cancelled_call_says_nothing_of_its_node(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  const Target asked = f.target();
  assert_enum(f.retry.on_failure(asked, no_answer()), Decision::kFailed);
  assert_false(asked.node->health().ejected(Clock::now()));
}

static void when_all_have_failed_lately_the_first_leaves_time_for_another(void**) {
  Fixture f(ReadFrom::kPreferReplica);
  for (const char* name : {"a", "b", "c"}) {
    Node& node = f.nodes.at(f.at(name));
    (name[0] == 'a' ? node : node.for_reading()).health().eject(Clock::now());
  }
  const Target first = f.target();
  assert_true(first.is_probe);
  assert_enum(f.retry.on_failure(first, no_answer()), Decision::kAgain);
  const Target second = f.target();
  assert_ptr_not_equal(second.node, first.node);
  assert_enum(f.retry.on_failure(second, no_answer()), Decision::kAgain);
  const Target last = f.target();
  assert_true(f.is(last, "a"));
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
  assert_enum(f.retry.on_answer(first, "MOVED 7 127.0.0.1:1"), Decision::kAgain);
  assert_false(f.waits());
  assert_true(f.topology.map()->owner(kSlot)->address() == (Address{"127.0.0.1", 1}));
  assert_true(f.topology.map()->owner(kSlot + 1)->address() == f.at("a"));
  const Target next = f.target();
  assert_true(next.node->address() == (Address{"127.0.0.1", 1}));
  assert_false(next.reading);
}

static void ask_is_followed_and_not_learned(void**) {
  Fixture f(ReadFrom::kRoundRobin);
  assert_enum(f.retry.on_answer(f.target(), "ASK 7 127.0.0.1:1"), Decision::kAgain);
  const Target next = f.target();
  assert_true(next.asking);
  assert_false(next.reading);
  assert_true(f.topology.map()->owner(kSlot)->address() == f.at("a"));
}

// The new owner is no replica, and its replicas have to be asked for.
static void replicas_only_waits_for_those_of_the_new_owner(void**) {
  constexpr const char* kMoved =
      "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a,b\n"
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-6 a,b 7 d,c 8-16383 a,b\n";
  scripted_net* net =
      scripted_net_start("a", kMoved, "b", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-6 a,b 7 d,c 8-16383 a,b\n",
                         "c", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-6 a,b 7 d,c 8-16383 a,b\n", "d",
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-6 a,b 7 d,c 8-16383 a,b\n", nullptr);
  {
    HandleFixture handle({at(net, "a")});
    assert_true(handle.refresh().ok());
    RetryState retry(handle.context, HandleFixture::long_enough(), kSlot, true, ReadFrom::kReplica);
    const Target first = retry.target(Clock::now()).take();
    assert_true(first.node->address() == at(net, "b"));
    assert_enum(retry.on_answer(first, "MOVED 7 " + to_string(at(net, "d"))), Decision::kAgain);
    assert_true(retry.due() != TimePoint{});
    const Target next = retry.target(Clock::now()).take();
    assert_true(next.node->address() == at(net, "c"));
    assert_true(next.reading);
  }
  assert_true(scripted_net_passed(net));
}

static void a_call_that_writes_does_not_read_elsewhere(void**) {
  Fixture f(ReadFrom::kPrimary);
  const Target target = f.target();
  assert_true(f.is(target, "a"));
  assert_false(target.reading);
  assert_enum(f.retry.on_answer(target, "CLUSTERDOWN x"), Decision::kAgain);
  assert_true(f.waits());
  assert_false(target.node->health().ejected(Clock::now()));
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
      cmocka_unit_test(replicas_only_waits_for_those_of_the_new_owner),
      cmocka_unit_test(a_call_that_writes_does_not_read_elsewhere),
  };
  return cmocka_run_group_tests_name("course_reading", tests, nullptr, nullptr);
}
