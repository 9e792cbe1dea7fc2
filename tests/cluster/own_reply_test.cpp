// G1: every caller gets the reply to its own command, whatever times out beside it.
#include <cstdlib>
#include <random>

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kThreads = 16;
constexpr int kPipeline = 50;

int start_without_replicas(void**) {
  test_cluster_options options{};
  options.primaries = 3;
  return start_cluster(options);
}

// How many operations: RC_TEST_OPERATIONS, for longer runs by hand.
long operations() {
  const char* text = std::getenv("RC_TEST_OPERATIONS");
  return text == nullptr ? 300000 : std::atol(text);
}

struct Tally {
  std::atomic<long> operations{0};
  std::atomic<long> replies{0};
  std::atomic<long> timeouts{0};
};

// Which calls are in haste, and how much.
struct Haste {
  unsigned every;
  int timeout_ms;
};

// Unique values, by commands and pipelines.
class Caller {
 public:
  Caller(rc_cluster* handle, int thread, Haste haste, Tally& tally, Complaints& complaints)
      : handle_(handle),
        name_(std::to_string(thread)),
        random_(static_cast<unsigned>(thread)),
        every_(haste.every),
        tally_(tally),
        complaints_(complaints),
        hasty_(within(haste.timeout_ms)) {}

  void step() {
    const rc_call_options* options = random_() % every_ == 0 ? hasty_.get() : nullptr;
    if (random_() % 4 == 0) {
      pipeline_of_echoes(options);
    } else {
      const std::string value = unique();
      const std::string key = "key" + std::to_string(random_() % 1000);
      const Words words =
          random_() % 2 == 0 ? Words{"ECHO", value} : Words{"EVAL", "return ARGV[1]", "1", key, value};
      Error error;
      const Reply reply = command(handle_, words, error, options);
      take(reply.get(), error.get(), value);
    }
  }

 private:
  std::string unique() { return name_ + ":" + std::to_string(count_++); }

  void pipeline_of_echoes(const rc_call_options* options) {
    std::vector<Words> list;
    for (int i = 0; i < kPipeline; ++i) {
      list.push_back({"EVAL", "return ARGV[1]", "1", "key" + std::to_string(random_() % 1000), unique()});
    }
    rc_error* raw = nullptr;
    const Reply replies(rc_pipeline_with(handle_, options, commands_of(list).get(), &raw));
    const Error error(raw);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const rc_reply* reply = rc_reply_element(replies.get(), i);
      const rc_error* failure = replies == nullptr ? error.get() : rc_reply_error(reply);
      take(failure == nullptr ? reply : nullptr, failure, list[i].back());
    }
  }

  void take(const rc_reply* reply, const rc_error* error, const std::string& value) {
    ++tally_.operations;
    if (reply == nullptr) {
      ++tally_.timeouts;
      if (rc_error_code(error) != RC_ERR_TIMEOUT) complaints_.add(rc_error_message(error));
    } else {
      ++tally_.replies;
      if (text_of(reply) != value) complaints_.add("wanted " + value + ", got " + text_of(reply));
    }
  }

  rc_cluster* handle_;
  std::string name_;
  std::mt19937 random_;
  unsigned every_;
  Tally& tally_;
  Complaints& complaints_;
  CallOptions hasty_;
  long count_ = 0;
};

void every_caller_gets_its_own_reply_while_a_third_time_out(void**) {
  const Handle handle = open_handle(cluster, 30000);
  assert_non_null(handle.get());
  Complaints complaints;
  Tally tally;
  Load load;
  for (int thread = 0; thread < kThreads; ++thread) {
    load.add([caller = std::make_shared<Caller>(handle.get(), thread, Haste{3, 1}, tally, complaints)] {
      caller->step();
    });
  }
  const auto connects = counter(handle.get(), "connects");
  assert_true(TEST_WAIT(tally.operations >= operations(), 240000));
  load.stop();
  assert_true(complaints.none());
  assert_true(tally.replies > tally.operations / 2);
  std::printf("%ld operations, %ld timed out\n", tally.operations.load(), tally.timeouts.load());
  // A timeout never costs a shared connection: there are at most two a node, and one each for refreshes.
  assert_true(counter(handle.get(), "connects") <= connects + 12);
}

void a_frozen_node_takes_no_reply_from_its_neighbours(void**) {
  const Handle handle = open_handle(cluster, 30000);
  Complaints complaints;
  Tally tally;
  Load load;
  for (int thread = 0; thread < 4; ++thread) {
    load.add([caller = std::make_shared<Caller>(handle.get(), thread, Haste{1, 20}, tally, complaints)] {
      caller->step();
    });
  }
  for (int i = 0; i < 5; ++i) {
    assert_true(load.advance(200));
    assert_true(test_node_stop(cluster, i % 3));
    const long before = tally.timeouts;
    assert_true(TEST_WAIT(tally.timeouts > before + 4, 20000));
    assert_true(test_node_continue(cluster, i % 3));
  }
  load.stop();
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_caller_gets_its_own_reply_while_a_third_time_out),
      cmocka_unit_test(a_frozen_node_takes_no_reply_from_its_neighbours),
  };
  return cmocka_run_group_tests(tests, start_without_replicas, stop);
}
