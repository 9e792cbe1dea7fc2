// G7: a primary dies under load. Calls that may be sent again see no error when their timeout exceeds the
// election; a write sees at most UNKNOWN, and only if it was under way. Nothing runs twice.

#include <cstdlib>
#include <cstring>

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kTags = 12;
constexpr int kThreads = 4;

// Of slots 0, 7629 and 12182: one for each of the three primaries.
constexpr const char* kTagOfEach[] = {"{06S}", "{k}", "{foo}"};

std::string key(int tag) { return tagged(tag, "count"); }

struct Books {
  std::atomic<long> acknowledged[kTags] = {};
  std::atomic<long> unknown[kTags] = {};
  Complaints of_unknown;  // what the errors said
};

void count_up(Load& load, rc_cluster* handle, Books& books, Complaints& complaints) {
  for (int thread = 0; thread < kThreads; ++thread) {
    load.add([=, &books, &complaints, n = thread]() mutable {
      const int tag = n++ % kTags;
      Error error;
      if (command(handle, {"INCR", key(tag)}, error) != nullptr) {
        ++books.acknowledged[tag];
      } else if (rc_error_outcome(error.get()) == RC_OUTCOME_UNKNOWN) {
        ++books.unknown[tag];
        books.of_unknown.add(rc_error_message(error.get()));
      } else {
        complaints.add(std::string("INCR: ") + rc_error_message(error.get()));
      }
    });
    load.add([=, &complaints, n = thread]() mutable {
      Error error;
      if (command(handle, {"GET", key(n++ % kTags)}, error) == nullptr) {
        complaints.add(std::string("GET: ") + rc_error_message(error.get()));
      }
    });
  }
}

long value(rc_cluster* handle, int tag) {
  Error error;
  const std::string text = text_of(command(handle, {"GET", key(tag)}, error).get());
  return text.empty() ? 0 : std::stol(text);
}

void kill_minus_9_of_a_primary_costs_reads_nothing_and_writes_at_most_an_unknown(void**) {
  const Handle handle = open_handle(cluster, 15000);
  assert_non_null(handle.get());
  Books books;
  Complaints complaints;
  Load load;
  count_up(load, handle.get(), books, complaints);
  assert_true(load.advance(500));
  assert_true(test_node_kill(cluster, 0));
  assert_true(TEST_WAIT(test_node_is_primary(cluster, 3), 15000));
  assert_true(load.advance(2000));
  load.stop();
  assert_true(complaints.none());
  long unknown = 0;
  for (int tag = 0; tag < kTags; ++tag) {
    unknown += books.unknown[tag];
    // A replica may have missed the last acknowledged ones; more than were sent can only come from sending
    // twice.
    assert_true(value(handle.get(), tag) <= books.acknowledged[tag] + books.unknown[tag]);
  }
  // What was under way when the node died.
  assert_true(unknown <= kThreads || books.of_unknown.none());
}

void a_failover_by_hand_costs_nothing(void**) {
  const Handle handle = open_handle(cluster, 15000);
  Books books;
  Complaints complaints;
  Load load;
  count_up(load, handle.get(), books, complaints);
  assert_true(load.advance(300));
  for (int primary = 0; primary < 3; ++primary) {
    assert_true(test_cluster_failover(cluster, primary + 3));
    assert_true(load.advance(300));
  }
  load.stop();
  assert_true(complaints.none());
  for (int tag = 0; tag < kTags; ++tag) {
    assert_int_equal(books.unknown[tag], 0);
    assert_int_equal(value(handle.get(), tag), books.acknowledged[tag]);
  }
}

void a_primary_that_restarts_at_once_is_used_again(void**) {
  const Handle handle = open_handle(cluster, 15000);
  Error error;
  assert_non_null(command(handle.get(), {"SET", key(0), "1"}, error).get());
  const int owner = test_cluster_primary_of(cluster, slot_of(key(0)));
  assert_true(test_node_kill(cluster, owner));
  assert_true(test_node_restart(cluster, owner));
  // No connection is left to the node that was killed, and the write was not under way: no reason for an
  // error.
  assert_non_null(command(handle.get(), {"SET", key(0), "2"}, error).get());
  assert_int_equal(value(handle.get(), 0), 2);
}

void a_cluster_that_was_down_altogether_is_found_again_by_the_same_handle(void**) {
  const Handle handle = open_handle(cluster, 15000);
  Error error;
  assert_non_null(command(handle.get(), {"SET", key(0), "1"}, error).get());
  for (int node = 0; node < test_cluster_node_count(cluster); ++node)
    assert_true(test_node_kill(cluster, node));

  assert_null(command(handle.get(), {"SET", key(0), "2"}, error, within(200).get()).get());
  assert_int_equal(rc_error_outcome(error.get()), RC_OUTCOME_NOT_SENT);

  for (int node = 0; node < test_cluster_node_count(cluster); ++node)
    assert_true(test_node_restart(cluster, node));
  // The nodes take a moment to find each other: the call's time covers it.
  assert_non_null(command(handle.get(), {"SET", key(0), "3"}, error).get());
  assert_int_equal(value(handle.get(), 0), 3);
}

void with_partial_coverage_the_other_shards_go_on_while_one_is_down(void**) {
  test_cluster_options options{};
  options.partial_coverage = 1;
  test_cluster* lonely = test_cluster_start(&options);
  assert_non_null(lonely);
  const Handle handle = open_handle(lonely, 500, 1);
  std::vector<int> down;
  Complaints complaints;
  for (int tag = 0; tag < kTags; ++tag) {
    Error error;
    if (command(handle.get(), {"SET", key(tag), "0"}, error) == nullptr)
      complaints.add(rc_error_message(error.get()));
  }
  assert_true(test_node_kill(lonely, 0));
  for (int round = 0; round < 20; ++round) {
    for (int tag = 0; tag < kTags; ++tag) {
      const int slot = slot_of(key(tag));
      if (slot <= 5461) continue;  // the killed node's
      Error error;
      if (command(handle.get(), {"INCR", key(tag)}, error) == nullptr)
        complaints.add(rc_error_message(error.get()));
    }
  }
  assert_true(complaints.none());
  Error error;
  const std::string lost = "{06S}";  // slot 0
  assert_int_equal(slot_of(lost), 0);
  assert_null(command(handle.get(), {"SET", lost, "1"}, error).get());
  const int outcome = rc_error_outcome(error.get());
  assert_true(outcome == RC_OUTCOME_NOT_SENT || outcome == RC_OUTCOME_REFUSED);
  test_cluster_stop(lonely);
}

bool info_says(int node, const char* section, const char* line) {
  return text_at(node, "INFO %s", section).find(line) != std::string::npos;
}

// Calls that wait at one primary, each by a thread of its own, and how they ended.
class Waiters {
 public:
  // One that a value at the key ends, put there by another command.
  void add(rc_cluster* handle, const Words& blocking, const Words& value) {
    values_.push_back(value);
    threads_.emplace_back([=, this] {
      Error error;
      if (command(handle, blocking, error) != nullptr) return;
      complaints_.add(std::string(rc_outcome_name(rc_error_outcome(error.get()))) + ": " +
                      rc_error_message(error.get()));
    });
  }
  std::size_t count() const { return threads_.size(); }

  // Ends them all; true if each got an answer.
  bool served(rc_cluster* handle) {
    for (const Words& value : values_) {
      Error error;
      if (command(handle, value, error) == nullptr) complaints_.add(rc_error_message(error.get()));
    }
    for (auto& thread : threads_) thread.join();
    return complaints_.none();
  }

 private:
  Complaints complaints_;
  std::vector<Words> values_;
  std::vector<std::thread> threads_;
};

// A failover throws it out and closes its connection; it waits on at the new primary, and its outcome is
// never unknown.
void a_blocked_command_waits_on_through_failovers_there_and_back(void**) {
  std::vector<Handle> handles;
  for (int i = 0; i < 3; ++i) handles.push_back(open_handle(cluster, 60000, i));
  for (int failover = 0; failover < 6; ++failover) {
    const std::string tag = kTagOfEach[failover % 3];
    const int primary = test_cluster_primary_of(cluster, slot_of(tag));
    Waiters waiters;
    for (std::size_t i = 0; i < handles.size(); ++i) {
      const std::string key = tag + std::to_string(failover) + std::to_string(i);
      waiters.add(handles[i].get(), {"BLPOP", key + "list", "0"}, {"RPUSH", key + "list", "v"});
      waiters.add(handles[i].get(), {"BZPOPMIN", key + "set", "0"}, {"ZADD", key + "set", "1", "v"});
      waiters.add(handles[i].get(), {"XREAD", "BLOCK", "0", "STREAMS", key + "stream", "0"},
                  {"XADD", key + "stream", "*", "f", "v"});
    }
    const std::string all = "blocked_clients:" + std::to_string(waiters.count()) + "\r\n";
    const bool failed_over = TEST_WAIT(info_says(primary, "clients", all.c_str()), 10000) &&
                             test_cluster_failover(cluster, test_cluster_replica_of(cluster, primary));
    const bool served = waiters.served(handles.front().get());
    assert_true(failed_over);
    assert_true(served);
  }
}

// The server has read them, and reads nothing more from a connection that it throws out.
void what_stands_behind_a_blocked_command_runs_once_after_a_failover(void**) {
  const Handle handle = open_handle(cluster, 60000);
  for (int failover = 0; failover < 3; ++failover) {
    const std::string tag = kTagOfEach[failover];
    const std::string list = tag + "list";
    const int primary = test_cluster_primary_of(cluster, slot_of(tag));
    Reply reply;
    Error error;
    std::thread waits([&] {
      reply = pipeline(
          handle.get(),
          {{"INCR", tag + "before"}, {"BLPOP", list, "0"}, {"INCR", tag + "n"}, {"INCR", tag + "n"}}, error);
    });
    const bool failed_over = TEST_WAIT(info_says(primary, "clients", "blocked_clients:1\r\n"), 10000) &&
                             test_cluster_failover(cluster, test_cluster_replica_of(cluster, primary));
    Error push_error;
    const bool pushed = command(handle.get(), {"RPUSH", list, "v"}, push_error) != nullptr;
    waits.join();
    assert_true(failed_over && pushed);
    assert_non_null(reply.get());
    const std::int64_t wanted[] = {1, 0, 1, 2};
    for (std::size_t i = 0; i < 4; ++i) {
      const rc_reply* each = rc_reply_element(reply.get(), i);
      if (const rc_error* failure = rc_reply_error(each)) fail_msg("%s", rc_error_message(failure));
      if (i != 1) assert_int_equal(rc_reply_integer(each), wanted[i]);
    }
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(kill_minus_9_of_a_primary_costs_reads_nothing_and_writes_at_most_an_unknown,
                             reset),
      cmocka_unit_test_setup(a_failover_by_hand_costs_nothing, reset),
      cmocka_unit_test_setup(a_blocked_command_waits_on_through_failovers_there_and_back, reset),
      cmocka_unit_test_setup(what_stands_behind_a_blocked_command_runs_once_after_a_failover, reset),
      cmocka_unit_test_setup(a_primary_that_restarts_at_once_is_used_again, reset),
      cmocka_unit_test_setup(a_cluster_that_was_down_altogether_is_found_again_by_the_same_handle, reset),
      cmocka_unit_test(with_partial_coverage_the_other_shards_go_on_while_one_is_down),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
