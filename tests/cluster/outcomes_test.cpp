// G3: every failure tells its outcome, and no write runs twice, whatever gets lost between client and nodes.
// RC_TEST_SEED repeats the faults of a run, as far as threads let.
#include <cstdlib>
#include <map>
#include <random>

#include "behind_proxy.hpp"
#include "unit/cmocka.hpp"

namespace {

constexpr int kThreads = 8;
constexpr int kTags = 12;
constexpr int kPipeline = 12;
constexpr int kOneIn = 60;

unsigned seed;

int start_with_a_seed(void** state) {
  const char* given = std::getenv("RC_TEST_SEED");
  seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::printf("seed %u\n", seed);
  return start_behind_proxy(state);
}

// How many calls a test makes. RC_TEST_OPERATIONS is for all tests that are under load: shorter runs under
// tools.
long operations() {
  const char* text = std::getenv("RC_TEST_OPERATIONS");
  return (text == nullptr ? 300000 : std::atol(text)) / 25;
}

void misbehave() { fault_proxy_random(proxy, FAULT_ALL_NODES, kOneIn, FAULT_CLOSING, seed); }

// What became of every write of one kind, by its unique id.
class Book {
 public:
  Book(const char* name, Complaints& complaints) : name_(name), complaints_(complaints) {}

  std::string issue(int tag) {
    const std::lock_guard lock(mutex_);
    const std::string id = std::to_string(++issued_);
    fates_[tag][id] = Fate::kUnknown;
    return id;
  }

  // `error` is NULL when the write was acknowledged.
  void settle(int tag, const std::string& id, const rc_error* error) {
    const std::lock_guard lock(mutex_);
    if (error == nullptr) {
      ++acknowledged_;
      fates_[tag][id] = Fate::kAcknowledged;
    } else if (rc_error_outcome(error) == RC_OUTCOME_UNKNOWN && rc_error_code(error) == RC_ERR_IO) {
      ++unknown_;
    } else {
      // With time enough to try again nothing else can fail.
      complaints_.add(std::string(name_) + ": " + rc_error_message(error));
      fates_[tag][id] = Fate::kNotExecuted;
    }
  }

  // Compares with the lists of ids at the servers.
  void check() const {
    for (const auto& [tag, fates] : fates_) {
      std::map<std::string, int> found;
      for (const auto& id : ids_of(tag, name_)) ++found[id];
      for (const auto& [id, times] : found) {
        if (times > 1) complain("executed twice", id);
        if (!fates.contains(id)) complain("never issued", id);
      }
      for (const auto& [id, fate] : fates) {
        if (fate == Fate::kAcknowledged && !found.contains(id)) complain("acknowledged, but lost", id);
        if (fate == Fate::kNotExecuted && found.contains(id))
          complain("executed in spite of its outcome", id);
      }
    }
  }

  long acknowledged(int tag) const { return count(tag, Fate::kAcknowledged); }
  long unknown(int tag) const { return count(tag, Fate::kUnknown); }
  long acknowledged() const { return acknowledged_; }
  long unknown() const { return unknown_; }

 private:
  enum class Fate { kUnknown, kAcknowledged, kNotExecuted };

  long count(int tag, Fate wanted) const {
    long counted = 0;
    const auto fates = fates_.find(tag);
    if (fates == fates_.end()) return 0;
    for (const auto& entry : fates->second) counted += entry.second == wanted;
    return counted;
  }

  void complain(const char* what, const std::string& id) const {
    complaints_.add(std::string(name_) + " " + id + ": " + what);
  }

  const char* name_;
  Complaints& complaints_;
  mutable std::mutex mutex_;
  std::map<int, std::map<std::string, Fate>> fates_;
  long issued_ = 0;
  std::atomic<long> acknowledged_{0};
  std::atomic<long> unknown_{0};
};

// Until so many calls have been made, of which some lost their reply.
void run(Load& load, const std::vector<const Book*>& books, long calls) {
  const auto enough = [&] {
    long made = 0;
    for (const Book* book : books) {
      made += book->acknowledged() + book->unknown();
      if (book->unknown() < 5) return false;
    }
    return made >= calls;
  };
  assert_true(TEST_WAIT(enough(), 200000));
  load.stop();
  fault_proxy_heal(proxy);
}

void report(const char* what, const std::vector<const Book*>& books) {
  long acknowledged = 0;
  long unknown = 0;
  for (const Book* book : books) {
    acknowledged += book->acknowledged();
    unknown += book->unknown();
  }
  long faults = 0;
  for (int kind = 0; kind < FAULT_KINDS; ++kind)
    faults += fault_proxy_injected(proxy, static_cast<fault_kind>(kind));
  std::printf("%s: %ld acknowledged, %ld unknown, %ld faults so far\n", what, acknowledged, unknown, faults);
}

void increments_are_never_repeated(void**) {
  const Handle handle = open_through_proxy();
  assert_non_null(handle.get());
  Complaints complaints;
  Book counts("count", complaints);
  Book ids("ids", complaints);
  Load load;
  misbehave();
  for (int thread = 0; thread < kThreads; ++thread) {
    load.add([&, n = thread]() mutable {
      const int tag = n++ % kTags;
      Error error;
      std::string id = counts.issue(tag);
      command(handle.get(), {"INCR", key(tag, "count")}, error);
      counts.settle(tag, id, error.get());
      id = ids.issue(tag);
      command(handle.get(), {"RPUSH", key(tag, "ids"), id}, error);
      ids.settle(tag, id, error.get());
    });
  }
  run(load, {&counts, &ids}, 2 * operations());
  report("commands", {&counts, &ids});
  ids.check();
  for (int tag = 0; tag < kTags; ++tag) {
    const long value = number(tag, "count");
    assert_true(value >= counts.acknowledged(tag));
    assert_true(value <= counts.acknowledged(tag) + counts.unknown(tag));
  }
  assert_true(complaints.none());
  assert_int_equal(counter(handle.get(), "unknown"), counts.unknown() + ids.unknown());
}

void every_element_of_a_pipeline_tells_its_own_outcome(void**) {
  const Handle handle = open_through_proxy();
  Complaints complaints;
  Book ids("piped", complaints);
  Load load;
  misbehave();
  for (int thread = 0; thread < kThreads / 2; ++thread) {
    load.add([&, n = thread]() mutable {
      std::vector<Words> list;
      for (int i = 0; i < kPipeline; ++i) {
        const int tag = (n + i) % kTags;
        list.push_back({"RPUSH", key(tag, "piped"), ids.issue(tag)});
      }
      Error error;
      const Reply replies = pipeline(handle.get(), list, error);
      if (replies == nullptr) complaints.add(rc_error_message(error.get()));
      for (int i = 0; i < kPipeline; ++i) {
        const rc_reply* reply = rc_reply_element(replies.get(), static_cast<std::size_t>(i));
        ids.settle((n + i) % kTags, list[static_cast<std::size_t>(i)].back(), rc_reply_error(reply));
      }
      ++n;
    });
  }
  run(load, {&ids}, operations());
  report("pipelines", {&ids});
  ids.check();
  assert_true(complaints.none());
}

void transactions_are_executed_whole_and_once_or_not_at_all(void**) {
  const Handle handle = open_through_proxy();
  Complaints complaints;
  Book ids("pairs", complaints);
  Load load;
  misbehave();
  for (int thread = 0; thread < kThreads / 2; ++thread) {
    load.add([&, n = thread]() mutable {
      const int tag = n++ % kTags;
      const std::string id = ids.issue(tag);
      Error error;
      transaction(handle.get(), {{"RPUSH", key(tag, "pairs"), id}, {"INCR", key(tag, "pair-count")}}, error);
      ids.settle(tag, id, error.get());
    });
  }
  run(load, {&ids}, operations() / 4);
  report("transactions", {&ids});
  ids.check();
  for (int tag = 0; tag < kTags; ++tag)
    assert_int_equal(number(tag, "pair-count"), ids_of(tag, "pairs").size());
  assert_true(complaints.none());
}

void what_may_run_twice_is_tried_until_it_succeeds(void**) {
  const Handle handle = open_through_proxy();
  Complaints complaints;
  Load load;
  std::atomic<long> calls{0};
  const CallOptions repeatable = idempotent();
  misbehave();
  for (int thread = 0; thread < kThreads / 2; ++thread) {
    load.add([&, thread, n = 0]() mutable {
      const std::string name = key(n % kTags, "own") + std::to_string(thread);
      const std::string value = std::to_string(n++);
      Error error;
      if (command(handle.get(), {"SET", name, value}, error, repeatable.get()) == nullptr)
        complaints.add(std::string("SET: ") + rc_error_message(error.get()));
      const Reply got = command(handle.get(), {"GET", name}, error);
      if (got == nullptr) {
        complaints.add(std::string("GET: ") + rc_error_message(error.get()));
      } else if (text_of(got.get()) != value) {
        complaints.add("wanted " + value + ", got " + text_of(got.get()));
      }
      calls += 2;
    });
  }
  const auto retried = [&] { return calls >= operations() / 2 && counter(handle.get(), "unknown") >= 20; };
  const bool enough = TEST_WAIT(retried(), 200000) != 0;
  load.stop();
  std::printf("retried: %ld calls, %lu replies lost\n", calls.load(),
              static_cast<unsigned long>(counter(handle.get(), "unknown")));
  assert_true(enough);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(increments_are_never_repeated, reset_behind_proxy),
      cmocka_unit_test_setup(every_element_of_a_pipeline_tells_its_own_outcome, reset_behind_proxy),
      cmocka_unit_test_setup(transactions_are_executed_whole_and_once_or_not_at_all, reset_behind_proxy),
      cmocka_unit_test_setup(what_may_run_twice_is_tried_until_it_succeeds, reset_behind_proxy),
  };
  return cmocka_run_group_tests(tests, start_with_a_seed, stop_behind_proxy);
}
