// G8 while a slot stays half moved: what runs as a unit sees every key where it is, or waits.
#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

constexpr const char* kWatched = "{s}1";
constexpr const char* kOther = "{s}2";
int slot() { return slot_of("s"); }

// The slot on its way to the next node. The one or the other key has gone there, or neither.
class Move {
 public:
  explicit Move(std::vector<const char*> gone) : to_((test_cluster_primary_of(cluster, slot()) + 1) % 3) {
    assert_true(test_cluster_begin_move(cluster, slot(), to_));
    for (const char* key : gone) go(key);
  }
  void go(const char* key) const { assert_true(goes(key)); }
  bool goes(const char* key) const { return test_cluster_move_key(cluster, slot(), to_, key) != 0; }
  void finish() const {
    assert_true(test_cluster_move_keys(cluster, slot(), to_, 1000) >= 0);
    assert_true(test_cluster_finish_move(cluster, slot(), to_));
  }

 private:
  int to_;
};

void set(rc_cluster* handle, const char* key, const char* value) {
  Error error;
  assert_non_null(command(handle, {"SET", key, value}, error).get());
}

std::string get(rc_cluster* handle, const char* key) {
  Error error;
  return text_of(command(handle, {"GET", key}, error).get());
}

// A session that watches one key, perhaps reads another, and sets the other to what it has read and a digit.
struct Session {
  Words read = {"GET", kOther};                    // empty: reads nothing
  std::function<Words(const std::string&)> write;  // of what was read
  std::function<void(int run)> at_failure;         // of the read; lets the move go on
  int runs = 0;

  static int run(rc_watch* watch, rc_commands* to_execute, void* data) {
    auto& self = *static_cast<Session*>(data);
    ++self.runs;
    std::string value;
    if (!self.read.empty()) {
      const Argv argv(self.read);
      rc_error* raw = nullptr;
      const Reply reply(
          rc_watch_command(watch, argv.data.size(), argv.data.data(), argv.lengths.data(), &raw));
      const Error error(raw);
      if (reply == nullptr && self.at_failure) self.at_failure(self.runs);
      if (reply == nullptr) return RC_ERR_CALLBACK;
      value = text_of(reply.get());
    }
    const Argv argv(self.write(value));
    rc_commands_add(to_execute, argv.data.size(), argv.data.data(), argv.lengths.data(), nullptr);
    return RC_WATCH_EXECUTE;
  }

  Reply watch(rc_cluster* handle, Error& error, int timeout_ms = 20000) {
    const char* const keys[] = {kWatched};
    rc_error* raw = nullptr;
    Reply reply(
        rc_watch_transaction_with(handle, within(timeout_ms).get(), 1, keys, nullptr, run, this, &raw));
    error.reset(raw);
    return reply;
  }
};

Words add_digit(const std::string& value) { return {"SET", kOther, value + "0"}; }

// In each direction twice: to a node that had nothing of the slot, and on to one that had.
template <class Test>
void there_and_on(Test&& test) {
  for (int round = 0; round < 4; ++round) {
    const Handle handle = open_handle(cluster, 20000);
    assert_non_null(handle.get());
    test(handle.get());
  }
}

void a_session_reads_what_is_still_at_the_source(void**) {
  const std::vector<Words> reads = {{"GET", kOther},
                                    {"EVAL", "return redis.call('GET', KEYS[1])", "1", kOther},
                                    {"GETRANGE", kOther, "0", "-1"}};
  std::size_t next = 0;
  there_and_on([&](rc_cluster* handle) {
    set(handle, kWatched, "x");
    set(handle, kOther, "100");
    const Move move({kWatched});
    Session session;
    session.read = reads[next++ % reads.size()];
    session.write = add_digit;
    session.at_failure = [&](int run) {
      if (run == 2) move.go(kOther);
    };
    Error error;
    assert_non_null(session.watch(handle, error).get());
    assert_int_equal(session.runs, 3);
    assert_string_equal(get(handle, kOther).c_str(), "1000");
    move.finish();
    assert_string_equal(get(handle, kOther).c_str(), "1000");
  });
}

void a_session_whose_watched_key_is_at_the_source_stays_there(void**) {
  there_and_on([&](rc_cluster* handle) {
    set(handle, kWatched, "100");
    set(handle, kOther, "x");
    const Move move({kOther});
    Session session;
    session.write = [](const std::string& read) { return Words{"SET", kWatched, read + "!"}; };
    session.at_failure = [&](int run) {
      if (run == 2) move.go(kWatched);
    };
    Error error;
    assert_non_null(session.watch(handle, error).get());
    assert_string_equal(get(handle, kWatched).c_str(), "x!");
    move.finish();
    assert_string_equal(get(handle, kWatched).c_str(), "x!");
  });
}

// Its keys are those of EXEC only.
void a_session_writes_over_nothing_that_is_still_at_the_source(void**) {
  const std::vector<Words> writes = {{"APPEND", kOther, "0"},
                                     {"EVAL", "return redis.call('APPEND', KEYS[1], '0')", "1", kOther}};
  std::size_t next = 0;
  there_and_on([&](rc_cluster* handle) {
    set(handle, kWatched, "x");
    set(handle, kOther, "100");
    const Move move({kWatched});
    Session session;
    session.read = {};
    const Words write = writes[next++ % writes.size()];
    session.write = [&](const std::string&) { return write; };
    bool gone = false;
    std::thread mover([&] { gone = TEST_WAIT(counter(handle, "waits") >= 2, 10000) && move.goes(kOther); });
    Error error;
    const Reply reply = session.watch(handle, error);
    mover.join();
    assert_true(gone);
    assert_non_null(reply.get());
    assert_string_equal(get(handle, kOther).c_str(), "1000");
    move.finish();
    assert_string_equal(get(handle, kOther).c_str(), "1000");
  });
}

void what_is_new_or_has_come_is_no_reason_to_wait(void**) {
  there_and_on([&](rc_cluster* handle) {
    Error error;
    command(handle, {"DEL", kWatched, kOther}, error);
    set(handle, "{s}stays", "x");
    set(handle, kOther, "100");
    const Move move({kOther});
    Session session;
    session.write = add_digit;
    assert_non_null(session.watch(handle, error).get());  // its watched key is nowhere
    assert_int_equal(session.runs, 1);
    assert_string_equal(get(handle, kOther).c_str(), "1000");
    session.write = [](const std::string&) { return Words{"SET", kWatched, "new"}; };
    assert_non_null(session.watch(handle, error).get());
    assert_int_equal(session.runs, 2);
    move.finish();
    assert_string_equal(get(handle, kWatched).c_str(), "new");
    assert_string_equal(get(handle, "{s}stays").c_str(), "x");
  });
}

void a_move_that_never_goes_on_is_told_at_the_deadline(void**) {
  const Handle handle = open_handle(cluster, 20000);
  set(handle.get(), kWatched, "x");
  set(handle.get(), kOther, "100");
  const Move move({kWatched});
  for (const bool reads : {true, false}) {
    Session session;
    if (!reads) session.read = {};
    session.write = add_digit;
    Error error;
    assert_null(session.watch(handle.get(), error, 300).get());
    assert_true(
        is(error, {RC_ERR_TIMEOUT, RC_OUTCOME_REFUSED, {"watch transaction", "sending the slot's keys"}}));
  }
  rc_error* raw = nullptr;
  const Reply reply(
      rc_transaction_with(handle.get(), within(300).get(),
                          commands_of({{"APPEND", kWatched, "y"}, {"APPEND", kOther, "0"}}).get(), &raw));
  const Error error(raw);
  assert_null(reply.get());
  // Valkey 9 looks for the keys when all are queued, and says so itself.
  const bool by_server = std::strstr(rc_error_message(error.get()), "TRYAGAIN") != nullptr;
  assert_true(is(error, {RC_ERR_TIMEOUT,
                         RC_OUTCOME_REFUSED,
                         {"transaction", by_server ? "rehashing of slot" : "sending the slot's keys"}}));
  move.finish();
  assert_string_equal(get(handle.get(), kWatched).c_str(), "x");
  assert_string_equal(get(handle.get(), kOther).c_str(), "100");
}

void a_transaction_waits_for_all_its_keys(void**) {
  const std::vector<Words> seconds = {{"APPEND", kOther, "0"},
                                      {"EVAL", "return redis.call('APPEND', KEYS[1], '0')", "1", kOther}};
  std::size_t next = 0;
  there_and_on([&](rc_cluster* handle) {
    set(handle, kWatched, "x");
    set(handle, kOther, "100");
    const Move move({kWatched});
    bool gone = false;
    std::thread mover([&] { gone = TEST_WAIT(counter(handle, "waits") >= 2, 10000) && move.goes(kOther); });
    Error error;
    const Reply reply =
        transaction(handle, {{"PING"}, {"APPEND", kWatched, "y"}, seconds[next++ % seconds.size()]}, error);
    mover.join();
    assert_true(gone);
    assert_int_equal(rc_reply_length(reply.get()), 3);
    move.finish();
    assert_string_equal(get(handle, kWatched).c_str(), "xy");
    assert_string_equal(get(handle, kOther).c_str(), "1000");
  });
}

void a_transaction_on_keys_that_have_come_does_not_wait(void**) {
  there_and_on([&](rc_cluster* handle) {
    set(handle, kWatched, "x");
    set(handle, kOther, "100");
    set(handle, "{s}stays", "x");
    const Move move({kWatched, kOther});
    Error error;
    const Reply reply =
        transaction(handle, {{"PING"}, {"APPEND", kWatched, "y"}, {"APPEND", kOther, "0"}}, error);
    assert_int_equal(rc_reply_length(reply.get()), 3);
    assert_int_equal(counter(handle, "waits"), 0);
    move.finish();
    assert_string_equal(get(handle, kOther).c_str(), "1000");
  });
}

// Each command of a pipeline is redirected for itself, in order.
void a_pipeline_goes_to_both_sides(void**) {
  there_and_on([&](rc_cluster* handle) {
    set(handle, kWatched, "x");
    set(handle, kOther, "100");
    const Move move({kWatched});
    Error error;
    const Reply replies = pipeline(handle,
                                   {{"APPEND", kWatched, "a"},
                                    {"APPEND", kOther, "0"},
                                    {"APPEND", kWatched, "b"},
                                    {"GET", kWatched},
                                    {"GET", kOther},
                                    {"GET", "{s}none"},
                                    {"APPEND", kWatched, "c"}},
                                   error);
    assert_string_equal(text_of(rc_reply_element(replies.get(), 3)).c_str(), "xab");
    assert_string_equal(text_of(rc_reply_element(replies.get(), 4)).c_str(), "1000");
    assert_int_equal(rc_reply_type(rc_reply_element(replies.get(), 5)), RC_REPLY_NIL);
    move.finish();
    assert_string_equal(get(handle, kWatched).c_str(), "xabc");
    assert_string_equal(get(handle, kOther).c_str(), "1000");
  });
}

// Nodes that announce names in other letters than the seeds have them in: the same nodes.
void a_name_is_the_same_in_other_letters(void**) {
  const auto announce = [](const char* hostname, const char* type) {
    assert_true(test_cluster_ok(cluster, "CONFIG SET cluster-announce-hostname %s", hostname));
    assert_true(test_cluster_ok(cluster, "CONFIG SET cluster-preferred-endpoint-type %s", type));
  };
  const auto tells_names = [] {
    for (int node = 0; node < test_cluster_node_count(cluster); ++node) {
      const std::string slots = text_at(node, "CLUSTER SLOTS");
      std::size_t names = 0;
      for (std::size_t at = 0; (at = slots.find("LocalHost.", at)) != std::string::npos; ++at) ++names;
      if (names < 3 || slots.find('?') != std::string::npos) return false;
    }
    return true;
  };
  announce("LocalHost.", "hostname");
  assert_true(TEST_WAIT(tells_names(), 10000));
  {
    const Options options = options_for("localhost", test_node_port(cluster, 0), 20000);
    for (int node = 1; node < 3; ++node)
      rc_options_add_node(options.get(), "localhost", test_node_port(cluster, node), nullptr);
    const Handle handle = open_with(options);
    assert_non_null(handle.get());
    set(handle.get(), kWatched, "x");
    set(handle.get(), kOther, "100");
    const Move move({kWatched, kOther});
    Session session;
    session.write = add_digit;
    Error error;
    const Reply reply = session.watch(handle.get(), error, 5000);
    assert_non_null(reply.get());
    assert_int_equal(session.runs, 1);
    assert_string_equal(get(handle.get(), kOther).c_str(), "1000");
    move.finish();
  }
  announce("", "ip");
}

// Every conflict sends it to the source again first, which counts as no redirect of the session after it.
void conflicts_at_the_target_are_no_redirects(void**) {
  const Options options = options_for("127.0.0.1", test_node_port(cluster, 0), 20000);
  rc_options_set_watch_retries(options.get(), 20, nullptr);
  rc_options_set_max_redirects(options.get(), 2, nullptr);
  const Handle handle = open_with(options);
  set(handle.get(), kWatched, "0");
  const Move move({kWatched});
  Session session;
  session.read = {"GET", kWatched};
  session.write = [&](const std::string& read) {
    Error error;
    if (session.runs <= 6) command(handle.get(), {"INCR", kWatched}, error);
    return Words{"SET", kWatched, read + "!"};
  };
  Error error;
  assert_non_null(session.watch(handle.get(), error).get());
  assert_int_equal(session.runs, 7);
  move.finish();
  assert_string_equal(get(handle.get(), kWatched).c_str(), "6!");
}

// EXEC makes sense on the connection that watches only: over another it would overwrite what came between.
void exec_never_goes_over_another_connection(void**) {
  const Handle handle = open_handle(cluster, 20000);
  const int node = test_cluster_primary_of(cluster, slot());
  set(handle.get(), kWatched, "1");
  Session session;
  session.read = {"GET", kWatched};
  session.write = [&](const std::string& read) {
    if (session.runs == 1) {
      assert_int_equal(test_node_int(cluster, node, "INCRBY %s 100", kWatched), 101);
      assert_true(test_node_int(cluster, node, "CLIENT KILL TYPE normal SKIPME yes") > 0);
      // What was heard from a moment ago is written to without another look.
      const long long start = test_now_ms();
      while (test_now_ms() < start + 5) test_nap();
    }
    return Words{"SET", kWatched, read + "0"};
  };
  Error error;
  assert_non_null(session.watch(handle.get(), error).get());
  assert_int_equal(session.runs, 2);
  assert_string_equal(get(handle.get(), kWatched).c_str(), "1010");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_session_reads_what_is_still_at_the_source, reset),
      cmocka_unit_test_setup(a_session_whose_watched_key_is_at_the_source_stays_there, reset),
      cmocka_unit_test_setup(a_session_writes_over_nothing_that_is_still_at_the_source, reset),
      cmocka_unit_test_setup(what_is_new_or_has_come_is_no_reason_to_wait, reset),
      cmocka_unit_test_setup(a_move_that_never_goes_on_is_told_at_the_deadline, reset),
      cmocka_unit_test_setup(a_transaction_waits_for_all_its_keys, reset),
      cmocka_unit_test_setup(a_transaction_on_keys_that_have_come_does_not_wait, reset),
      cmocka_unit_test_setup(a_pipeline_goes_to_both_sides, reset),
      cmocka_unit_test_setup(a_name_is_the_same_in_other_letters, reset),
      cmocka_unit_test_setup(conflicts_at_the_target_are_no_redirects, reset),
      cmocka_unit_test_setup(exec_never_goes_over_another_connection, reset),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
