// Completion queues on real clusters: every accepted submit ends once, whatever happens to the nodes.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

struct FreeQueue {
  void operator()(rc_queue* queue) const { rc_queue_free(queue); }
};
using QueueHandle = std::unique_ptr<rc_queue, FreeQueue>;

QueueHandle queue_of(rc_cluster* handle) { return QueueHandle(rc_queue_new(handle, nullptr, nullptr)); }

std::uint64_t submit(rc_queue* queue, std::uint64_t tag, const std::vector<std::string>& words,
                     const rc_call_options* options = nullptr) {
  std::vector<const char*> argv;
  std::vector<std::size_t> lengths;
  for (const std::string& word : words) {
    argv.push_back(word.data());
    lengths.push_back(word.size());
  }
  return rc_submit(queue, options, tag, argv.size(), argv.data(), lengths.data(), nullptr);
}

struct Ended {
  std::string text;  // of the reply
  int code = RC_OK;
  int outcome = 0;
  std::string message;
};

// Takes until nothing is under way; every tag at most once.
std::map<std::uint64_t, Ended> take_all(rc_queue* queue) {
  std::map<std::uint64_t, Ended> all;
  for (;;) {
    rc_completions* some = rc_queue_next(queue, 100, rc_queue_under_way(queue) == 0 ? 0 : 20000, nullptr);
    if (some == nullptr) break;
    for (std::size_t i = 0; i < rc_completions_count(some); ++i) {
      Ended ended;
      if (const rc_reply* reply = rc_completions_reply(some, i)) {
        std::size_t length = 0;
        const char* text = rc_reply_string(reply, &length);
        ended.text = text == nullptr ? std::to_string(rc_reply_integer(reply)) : std::string(text, length);
      } else {
        const rc_error* error = rc_completions_error(some, i);
        ended = {"", rc_error_code(error), rc_error_outcome(error), rc_error_message(error)};
      }
      const bool fresh = all.emplace(rc_completions_tag(some, i), ended).second;
      assert_true(fresh);
    }
    rc_completions_free(some);
  }
  assert_int_equal(rc_queue_under_way(queue), 0);
  return all;
}

std::string key(std::size_t i) { return "queued:" + std::to_string(i); }

void everybody_gets_his_own_reply(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const QueueHandle queue = queue_of(handle.get());
  constexpr std::size_t kCalls = 20000;
  for (std::size_t i = 0; i < kCalls; ++i) {
    assert_true(submit(queue.get(), i, {"SET", key(i), "v" + std::to_string(i)}) != 0);
    assert_true(submit(queue.get(), kCalls + i, {"GET", key(i)}) != 0);  // behind it, as it is of its slot
  }
  const auto ended = take_all(queue.get());
  assert_int_equal(ended.size(), 2 * kCalls);
  for (std::size_t i = 0; i < kCalls; ++i) {
    assert_string_equal(ended.at(i).text.c_str(), "OK");
    assert_string_equal(ended.at(kCalls + i).text.c_str(), ("v" + std::to_string(i)).c_str());
  }
}

// What only a server can tell is asked of it, and nobody waits for that.
void commands_that_a_server_has_to_explain_are_looked_up(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const QueueHandle queue = queue_of(handle.get());
  submit(queue.get(), 1, {"EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", key(1)});
  submit(queue.get(), 2, {"SORT", "{a}list", "ALPHA", "LIMIT", "0", "1", "STORE", "{a}sorted"});
  submit(queue.get(), 3, {"NOSUCHCOMMAND", "a"});
  submit(queue.get(), 4, {"EVAL", "return redis.error_reply('MOVED 1 127.0.0.1:1')", "1", key(4)});
  submit(queue.get(), 5, {"EVAL", "return redis.error_reply('TRYAGAIN later')", "1", key(5)});
  submit(queue.get(), 6, {"EVALSHA", "0000000000000000000000000000000000000000", "1", key(6)});
  const auto ended = take_all(queue.get());
  assert_int_equal(ended.size(), 6);
  assert_string_equal(ended.at(1).text.c_str(), "OK");
  assert_int_equal(ended.at(2).code, RC_OK);
  assert_int_equal(ended.at(3).code, RC_ERR_SERVER);
  assert_int_equal(ended.at(3).outcome, RC_OUTCOME_REFUSED);
  assert_int_equal(ended.at(4).code, RC_ERR_SERVER);
  assert_non_null(strstr(ended.at(4).message.c_str(), "MOVED 1 127.0.0.1:1"));
  assert_int_equal(ended.at(5).code, RC_ERR_SERVER);
  assert_int_equal(ended.at(6).code, RC_ERR_SERVER);
  assert_int_equal(ended.at(6).outcome, RC_OUTCOME_REFUSED);
}

// The parent's calls stay the parent's, and the child has a queue of its own.
void a_child_has_an_empty_queue(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const QueueHandle queue = queue_of(handle.get());
  constexpr std::size_t kCalls = 2000;
  for (std::size_t i = 0; i < kCalls; ++i) submit(queue.get(), i, {"SET", key(i), "parent"});
  const pid_t child = fork();
  if (child == 0) {
    int failed = rc_queue_under_way(queue.get()) == 0 ? 0 : 1;
    const int fd = rc_queue_fd(queue.get(), nullptr);
    if (fd < 0) failed |= 2;
    for (std::size_t i = 0; i < 100; ++i) submit(queue.get(), i, {"GET", "child:" + std::to_string(i)});
    if (take_all(queue.get()).size() != 100) failed |= 4;
    _exit(failed);
  }
  const auto ended = take_all(queue.get());
  int status = -1;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
  assert_int_equal(ended.size(), kCalls);
  for (const auto& [tag, end] : ended) assert_string_equal(end.text.c_str(), "OK");
}

// Many calls under way while a primary is killed: those that only read see nothing of it, of others nobody
// knows what has become, and none is lost or told twice.
void a_failover_loses_no_call(void**) {
  const Handle handle = open_handle(cluster, 30000);
  const QueueHandle queue = queue_of(handle.get());
  std::map<std::uint64_t, Ended> all;
  std::uint64_t tag = 0;
  const auto submit_some = [&] {
    for (int i = 0; i < 300; ++i, ++tag) {
      if (tag % 2 == 0) {
        assert_true(submit(queue.get(), tag, {"GET", key(tag)}) != 0);
      } else {
        assert_true(submit(queue.get(), tag, {"INCR", "count:" + std::to_string(tag % 50)}) != 0);
      }
    }
  };
  submit_some();
  test_node_kill(cluster, 0);
  for (int round = 0; round < 20; ++round) {
    submit_some();
    rc_completions* some = rc_queue_next(queue.get(), 1, 50, nullptr);
    for (std::size_t i = 0; i < rc_completions_count(some); ++i) {
      Ended ended;
      if (const rc_error* error = rc_completions_error(some, i))
        ended = {"", rc_error_code(error), rc_error_outcome(error), rc_error_message(error)};
      assert_true(all.emplace(rc_completions_tag(some, i), ended).second);
    }
    rc_completions_free(some);
  }
  for (const auto& [each, end] : take_all(queue.get())) assert_true(all.emplace(each, end).second);
  assert_int_equal(all.size(), tag);
  for (const auto& [each, end] : all) {
    if (end.code == RC_OK) continue;
    if (each % 2 == 0 || end.outcome != RC_OUTCOME_UNKNOWN)
      print_error("%s: %s\n", rc_outcome_name(end.outcome), end.message.c_str());
    assert_true(each % 2 == 1);
    assert_int_equal(end.outcome, RC_OUTCOME_UNKNOWN);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(everybody_gets_his_own_reply),
      cmocka_unit_test(commands_that_a_server_has_to_explain_are_looked_up),
      cmocka_unit_test(a_child_has_an_empty_queue),
      cmocka_unit_test(a_failover_loses_no_call),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
