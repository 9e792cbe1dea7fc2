// Reading from replicas of a real cluster: where reads go, and that what happens to replicas is no error.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <set>

#include "fault_proxy.h"

#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

constexpr int kNodes = 6;  // of these 0 to 2 are primaries, and 3 to 5 their replicas
constexpr int kTimeoutMs = 20000;

// Keys are there, on replicas too.
bool fill() {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  if (handle == nullptr || !all_nodes_serve(handle.get())) return false;
  for (int node = 0; node < 3; ++node) {
    if (test_node_int(cluster, node, "WAIT 1 5000") < 0) return false;
  }
  const auto have_it = [] {
    for (int node = 3; node < kNodes; ++node) {
      if (test_node_int(cluster, node, "DBSIZE") != 1) return false;
    }
    return true;
  };
  return TEST_WAIT(have_it(), 10000) != 0;
}

int reset_and_fill(void** state) { return reset(state) == 0 && fill() ? 0 : -1; }

Options options_reading(int from, int timeout_ms = kTimeoutMs) {
  Options options = options_for("127.0.0.1", test_node_port(cluster, 0), timeout_ms);
  rc_options_set_read_from(options.get(), from, nullptr);
  return options;
}

Handle open_reading(int from, int timeout_ms = kTimeoutMs) {
  return open_with(options_reading(from, timeout_ms));
}

CallOptions reading(int from) {
  CallOptions options(rc_call_options_new());
  rc_call_options_set_read_from(options.get(), from, nullptr);
  return options;
}

struct Split {
  long primaries = 0;
  long replicas = 0;
};

Split split_of(const char* command) {
  Split split;
  for (int node = 0; node < kNodes; ++node)
    (node < 3 ? split.primaries : split.replicas) += executed(node, command);
  return split;
}

// So many reads at each shard, all of which find their value.
void read_all(rc_cluster* handle, int times, const rc_call_options* options = nullptr) {
  for (int i = 0; i < times; ++i) {
    for (const char* key : kKeys) {
      Error error;
      const Reply reply = command(handle, {"GET", key}, error, options);
      if (reply == nullptr) fail_msg("GET %s: %s", key, rc_error_message(error.get()));
      assert_string_equal(text_of(reply.get()).c_str(), "v");
    }
  }
}

void each_mode_reads_where_it_says(void**) {
  const struct {
    int from;
    long primaries, replicas;
  } table[] = {
      {RC_READ_PRIMARY, 120, 0},     {RC_READ_PREFER_REPLICA, 0, 120}, {RC_READ_REPLICA, 0, 120},
      {RC_READ_ROUND_ROBIN, 60, 60}, {RC_READ_SAME_ZONE, 0, 120},  // nobody says a zone
  };
  for (const auto& row : table) {
    const Handle handle = open_reading(row.from);
    assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
    read_all(handle.get(), 40);
    const Split gets = split_of("get");
    // Turns are a thread's own, and go on from one shard to the next.
    if (row.from == RC_READ_ROUND_ROBIN) {
      assert_int_equal(gets.primaries + gets.replicas, 120);
      assert_true(gets.primaries >= 30 && gets.replicas >= 30);
    } else {
      assert_int_equal(gets.primaries, row.primaries);
      assert_int_equal(gets.replicas, row.replicas);
    }
    assert_int_equal(counter(handle.get(), "moved"), 0);
  }
}

void a_call_may_read_elsewhere_than_its_handle(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
  read_all(handle.get(), 10, reading(RC_READ_REPLICA).get());
  assert_int_equal(split_of("get").replicas, 30);
  read_all(handle.get(), 10);
  assert_int_equal(split_of("get").primaries, 30);
  const Handle other = open_reading(RC_READ_REPLICA);
  read_all(other.get(), 10, reading(RC_READ_PRIMARY).get());
  assert_int_equal(split_of("get").primaries, 60);
}

void what_writes_and_what_belongs_together_goes_to_primaries(void**) {
  const Handle handle = open_reading(RC_READ_REPLICA);
  assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
  Error error;
  for (const char* key : kKeys) {
    assert_non_null(command(handle.get(), {"SET", key, "v"}, error).get());
    assert_non_null(command(handle.get(), {"GETSET", key, "v"}, error).get());
    assert_non_null(
        command(handle.get(), {"EVAL", "return redis.call('GET', KEYS[1])", "1", key}, error).get());
    assert_non_null(transaction(handle.get(), {{"GET", key}, {"STRLEN", key}}, error).get());
  }
  assert_int_equal(split_of("strlen").primaries, 3);
  assert_int_equal(split_of("strlen").replicas, 0);
  assert_int_equal(split_of("get").replicas, 0);
  assert_int_equal(split_of("getset").primaries, 3);
  assert_int_equal(counter(handle.get(), "moved"), 0);
}

int read_and_write(rc_watch* watch, rc_commands* out, void* key) {
  const char* get[] = {"GET", static_cast<const char*>(key)};
  const char* set[] = {"SET", static_cast<const char*>(key), "v"};
  const Reply reply(rc_watch_command(watch, 2, get, nullptr, nullptr));
  if (reply == nullptr) return RC_ERR_ABORTED;
  const int code = rc_commands_add(out, 3, set, nullptr, nullptr);
  return code == RC_OK ? RC_WATCH_EXECUTE : code;
}

// So many elements as one pass of HSCAN finds.
std::size_t scan_hash(rc_cluster* handle, const std::string& key) {
  std::set<std::string> found;
  std::string cursor = "0";
  do {
    Error error;
    const Reply reply = command(handle, {"HSCAN", key, cursor, "COUNT", "50"}, error);
    if (reply == nullptr) fail_msg("HSCAN: %s", rc_error_message(error.get()));
    cursor = text_of(rc_reply_element(reply.get(), 0));
    const rc_reply* page = rc_reply_element(reply.get(), 1);
    for (std::size_t i = 0; i < rc_reply_length(page); i += 2)
      found.insert(text_of(rc_reply_element(page, i)));
  } while (cursor != "0");
  return found.size();
}

// Each node has an order of its own: a cursor of one is nonsense at another.
void a_cursor_stays_at_its_node(void**) {
  constexpr int kFields = 3000;
  for (const int from : {RC_READ_PREFER_REPLICA, RC_READ_ROUND_ROBIN, RC_READ_LOWEST_LATENCY}) {
    const Handle handle = open_reading(from);
    Error error;
    for (int i = 0; i < kFields; i += 100) {
      std::vector<std::string> words{"HSET", "hash"};
      for (int k = i; k < i + 100; ++k) words.insert(words.end(), {"field" + std::to_string(k), "v"});
      assert_non_null(command(handle.get(), words, error).get());
    }
    assert_int_equal(scan_hash(handle.get(), "hash"), kFields);
  }
}

// Its primary has the script, its replicas do not; functions they have.
void a_script_is_called_where_it_is_known(void**) {
  const Handle handle = open_reading(RC_READ_REPLICA);
  Error error;
  assert_non_null(command(handle.get(), {"EVAL", "return 7", "1", "foo"}, error).get());
  for (int i = 0; i < 4; ++i) {
    const Reply reply =
        command(handle.get(), {"EVALSHA_RO", "59b6ab2fbe0ee4b25733de0f62e6cda4899ef8e9", "1", "foo"}, error);
    if (reply == nullptr) fail_msg("%s", rc_error_message(error.get()));
    assert_int_equal(rc_reply_integer(reply.get()), 7);
  }
  const int owner = test_cluster_primary_of(cluster, slot_of("foo"));
  const char* const library =
      "#!lua name=l\nredis.register_function{function_name='seven', callback=function() return 7 end, "
      "flags={'no-writes'}}";
  text_at(owner, "FUNCTION LOAD %s", library);
  const auto known = [&] {
    const Reply reply = command(handle.get(), {"FCALL_RO", "seven", "1", "foo"}, error);
    return reply != nullptr && rc_reply_integer(reply.get()) == 7;
  };
  assert_true(TEST_WAIT(known(), 10000));
  assert_true(test_node_ok(cluster, owner, "FUNCTION FLUSH"));
}

void a_watch_reads_what_it_watches_from_the_primary(void**) {
  const Handle handle = open_reading(RC_READ_REPLICA);
  assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
  char key[] = "foo";
  const char* keys[] = {key};
  const Reply reply(rc_watch_transaction(handle.get(), 1, keys, nullptr, read_and_write, key, nullptr));
  assert_non_null(reply.get());
  assert_int_equal(split_of("get").primaries, 1);
  assert_int_equal(split_of("get").replicas, 0);
}

void pipelines_read_from_replicas_and_write_to_primaries(void**) {
  const Handle handle = open_reading(RC_READ_REPLICA);
  assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
  std::vector<Words> list;
  for (int i = 0; i < 50; ++i) {
    for (const char* key : kKeys) {
      list.push_back({"GET", key});
      list.push_back({"SET", key, "v"});
      list.push_back({"STRLEN", key});
    }
  }
  Error error;
  const Reply replies = pipeline(handle.get(), list, error);
  assert_non_null(replies.get());
  for (std::size_t i = 0; i < list.size(); i += 3) {
    assert_string_equal(text_of(rc_reply_element(replies.get(), i)).c_str(), "v");
    assert_string_equal(text_of(rc_reply_element(replies.get(), i + 1)).c_str(), "OK");
    assert_int_equal(rc_reply_integer(rc_reply_element(replies.get(), i + 2)), 1);
  }
  assert_int_equal(split_of("get").replicas, 150);
  assert_int_equal(split_of("strlen").replicas, 150);
  assert_int_equal(split_of("get").primaries, 0);
  assert_int_equal(split_of("set").primaries, 150);
}

// Readers of every mode in turn, each with an own handle.
class Readers {
 public:
  explicit Readers(std::vector<int> modes, int timeout_ms = kTimeoutMs) {
    for (const int from : modes) {
      handles_.push_back(open_reading(from, timeout_ms));
      rc_cluster* handle = handles_.back().get();
      load.add([this, handle, n = 0]() mutable {
        Error error;
        const char* key = kKeys[static_cast<std::size_t>(n++) % 3];
        const Reply reply = command(handle, {"GET", key}, error);
        if (reply == nullptr) complain(error.get());
        if (n % 16 == 0) test_nap();  // the servers need their time, too
      });
      load.add([this, handle] {
        test_nap();
        Error error;
        const Reply replies =
            pipeline(handle, {{"GET", kKeys[0]}, {"GET", kKeys[1]}, {"GET", kKeys[2]}}, error);
        if (replies == nullptr) complain(error.get());
        for (std::size_t i = 0; i < rc_reply_length(replies.get()); ++i) {
          const rc_error* failure = rc_reply_error(rc_reply_element(replies.get(), i));
          if (failure != nullptr) complain(failure);
        }
      });
    }
  }
  bool none_failed() {
    load.stop();
    return complaints_.none();
  }
  int timeouts() const { return timeouts_; }
  rc_cluster* handle(std::size_t i) const { return handles_[i].get(); }
  void forgive_timeouts() { forgiving_ = true; }

 private:
  void complain(const rc_error* error) {
    const bool in_time = rc_error_code(error) != RC_ERR_TIMEOUT &&
                         std::strstr(rc_error_message(error), "its time was up") == nullptr;
    if (!in_time && forgiving_) {
      ++timeouts_;
    } else {
      complaints_.add(rc_error_message(error));
    }
  }
  std::vector<Handle> handles_;
  Complaints complaints_;
  std::atomic<int> timeouts_{0};
  std::atomic<bool> forgiving_{false};

 public:
  Load load;  // ends first
};

const std::vector<int> kReplicasOrElse = {RC_READ_PREFER_REPLICA, RC_READ_ROUND_ROBIN, RC_READ_LOWEST_LATENCY,
                                          RC_READ_SAME_ZONE};
const std::vector<int> kAllModes = {RC_READ_PRIMARY,     RC_READ_PREFER_REPLICA, RC_READ_REPLICA,
                                    RC_READ_ROUND_ROBIN, RC_READ_LOWEST_LATENCY, RC_READ_SAME_ZONE};

void a_replica_that_is_killed_costs_nothing_and_is_read_from_again(void**) {
  Readers readers(kReplicasOrElse);
  assert_true(readers.load.advance(500));
  assert_true(test_node_kill(cluster, 3));
  assert_true(readers.load.advance(1000));
  assert_true(test_node_restart(cluster, 3));
  const auto is_used_again = [] { return executed(3, "get") > 100; };
  assert_true(TEST_WAIT(is_used_again(), 20000));
  assert_true(readers.none_failed());
}

// Only what was on its way to it runs out of time.
void a_replica_that_is_frozen_costs_what_was_under_way(void**) {
  Readers readers(kReplicasOrElse, 1000);
  assert_true(readers.load.advance(500));
  readers.forgive_timeouts();
  assert_true(test_node_stop(cluster, 3));
  assert_true(readers.load.advance(3000));
  assert_true(test_node_continue(cluster, 3));
  assert_true(readers.load.advance(500));
  assert_true(readers.none_failed());
  // Eight threads; afterwards one call a second tries it again, and only a pipeline's cannot go elsewhere
  // then.
  assert_true(readers.timeouts() <= 8 + 4);
}

// A server tells of a replica once it has heard how far that one has come.
bool tells_of_all(test_cluster* servers, int teller) {
  const std::string told = text_at(servers, teller, "CLUSTER SLOTS");
  for (int node = 0; node < kNodes; ++node) {
    if (told.find(std::to_string(test_node_port(servers, node))) == std::string::npos) return false;
  }
  return true;
}

// As long as the servers do not notice it: one call a second tries it again, and goes elsewhere in time.
void a_replica_that_stays_frozen_costs_no_call_any_more(void**) {
  test_cluster_options unaware{};
  unaware.primaries = 3;
  unaware.replicas_per_primary = 1;
  unaware.node_timeout_ms = 120000;
  test_cluster* servers = test_cluster_start(&unaware);
  assert_non_null(servers);
  for (int node = 0; node < 6; ++node) assert_true(TEST_WAIT(tells_of_all(servers, node), 60000));
  const Options options = options_for("127.0.0.1", test_node_port(servers, 0), 2000);
  rc_options_set_read_from(options.get(), RC_READ_PREFER_REPLICA, nullptr);
  const Handle handle = open_with(options);
  constexpr int kThreads = 8;
  Complaints complaints;
  std::atomic<int> lost{0};
  bool tried = false;
  {
    Load load;
    for (int i = 0; i < kThreads; ++i) {
      load.add([&, n = 0]() mutable {
        Error error;
        const char* key = kKeys[static_cast<std::size_t>(n++) % 3];
        if (command(handle.get(), {"GET", key}, error) != nullptr) return;
        const bool in_time = rc_error_code(error.get()) != RC_ERR_TIMEOUT &&
                             std::strstr(rc_error_message(error.get()), "its time was up") == nullptr;
        if (in_time) complaints.add(rc_error_message(error.get()));
        ++lost;
      });
    }
    assert_true(load.advance(1000));
    assert_true(test_node_stop(servers, 3));
    // What was under way may count one each.
    tried = TEST_WAIT(counter(handle.get(), "retries") > kThreads, 30000) != 0;
  }
  test_node_continue(servers, 3);
  test_cluster_stop(servers);
  assert_true(tried);
  assert_true(complaints.none());
  assert_true(lost > 0);
  assert_true(lost <= kThreads);
}

void a_replica_without_its_primary_is_passed_over(void**) {
  std::string password = text_at(3, "CONFIG GET masterauth");
  assert_false(password.empty());
  password = password.substr(password.find('\n') + 1);
  password = password.substr(0, password.find('\n'));
  const Handle prefers = open_reading(RC_READ_PREFER_REPLICA);
  const Handle only = open_reading(RC_READ_REPLICA, 400);
  read_all(prefers.get(), 1);
  assert_true(test_node_ok(cluster, 3, "CONFIG SET replica-serve-stale-data no"));
  assert_true(test_node_ok(cluster, 3, "CONFIG SET masterauth wrong"));
  assert_true(test_node_ok(cluster, 0, "CLIENT KILL TYPE replica"));
  const auto is_down = [] {
    return text_at(3, "INFO replication").find("master_link_status:down") != std::string::npos;
  };
  assert_true(TEST_WAIT(is_down(), 10000));
  assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
  read_all(prefers.get(), 40);
  assert_true(executed(0, "get") >= 40);
  assert_int_equal(executed(1, "get") + executed(2, "get"), 0);
  Error error;
  assert_null(command(only.get(), {"GET", kKeys[0]}, error).get());
  assert_true(is(error, {RC_ERR_TIMEOUT, RC_OUTCOME_REFUSED, {"GET (slot 0)", "MASTERDOWN"}}));
  assert_non_null(command(only.get(), {"GET", kKeys[1]}, error).get());

  assert_true(test_node_ok(cluster, 3, "CONFIG SET masterauth %s", password.c_str()));
  assert_true(test_node_ok(cluster, 3, "CONFIG SET replica-serve-stale-data yes"));
  assert_true(TEST_WAIT(!is_down(), 20000));
  assert_non_null(command(only.get(), {"GET", kKeys[0]}, error).get());
}

void without_replicas_the_message_says_what_to_do(void**) {
  test_cluster_options servers{};
  test_cluster* lonely = test_cluster_start(&servers);
  assert_non_null(lonely);
  const Options options = options_for("127.0.0.1", test_node_port(lonely, 0), 300);
  rc_options_set_read_from(options.get(), RC_READ_REPLICA, nullptr);
  const Handle handle = open_with(options);
  Error error;
  assert_non_null(command(handle.get(), {"SET", "foo", "v"}, error).get());
  assert_null(command(handle.get(), {"GET", "foo"}, error).get());
  const bool told = is(error, {RC_ERR_CLUSTER_DOWN,
                               RC_OUTCOME_REFUSED,
                               {"GET (slot 12182)", "no replica", "RC_READ_PREFER_REPLICA"}});
  for (const int from : kReplicasOrElse) {
    if (command(handle.get(), {"GET", "foo"}, error, reading(from).get()) == nullptr)
      print_error("%d: %s\n", from, rc_error_message(error.get()));
    assert_null(error.get());
  }
  test_cluster_stop(lonely);
  assert_true(told);
}

void a_failover_under_load_costs_nothing(void**) {
  Readers readers(kAllModes);
  assert_true(readers.load.advance(500));
  for (int primary = 0; primary < 3; ++primary) {
    assert_true(test_cluster_failover(cluster, primary + 3));
    assert_true(readers.load.advance(500));
  }
  assert_true(test_cluster_wait_ok(cluster, 30000));
  for (int primary = 0; primary < 3; ++primary) {  // and back
    assert_true(test_cluster_failover(cluster, primary));
    assert_true(readers.load.advance(500));
  }
  assert_true(readers.none_failed());
}

void a_slot_that_moves_under_load_costs_nothing(void**) {
  Readers readers(kAllModes);
  assert_true(readers.load.advance(500));
  const int slot = slot_of(kKeys[0]);
  for (const int to : {1, 2, 0}) {
    assert_true(test_cluster_move_slot(cluster, slot, to));
    assert_true(readers.load.advance(500));
  }
  assert_true(readers.none_failed());
  read_all(readers.handle(2), 10);  // the value is there again, on the replica too
}

// Through a proxy, which makes some of the nodes slow.
void the_quicker_nodes_are_read_from(void**) {
  fault_proxy* proxy = fault_proxy_start();
  assert_non_null(proxy);
  test_cluster_options servers{};
  servers.replicas_per_primary = 1;
  servers.announce_port = fault_proxy_add;
  servers.announce_context = proxy;
  test_cluster* const other = cluster;
  cluster = test_cluster_start(&servers);
  bool quick = cluster != nullptr && fill();
  long first = 0;
  long second = 0;
  if (quick) {
    for (int node = 0; node < 3; ++node) fault_proxy_delay(proxy, test_node_port(cluster, node), 5);
    const Options options =
        options_for("127.0.0.1", fault_proxy_port(proxy, test_node_port(cluster, 3)), kTimeoutMs);
    rc_options_set_read_from(options.get(), RC_READ_LOWEST_LATENCY, nullptr);
    const Handle handle = open_with(options);
    test_cluster_ok(cluster, "CONFIG RESETSTAT");
    read_all(handle.get(), 100);
    first = split_of("get").replicas;
    // The other way about: it is noticed, though not at once.
    for (int node = 0; node < kNodes; ++node)
      fault_proxy_delay(proxy, test_node_port(cluster, node), node < 3 ? 0 : 20);
    read_all(handle.get(), 40);
    test_cluster_ok(cluster, "CONFIG RESETSTAT");
    read_all(handle.get(), 100);
    second = split_of("get").primaries;
  }
  test_cluster_stop(cluster);
  fault_proxy_stop(proxy);
  cluster = other;
  assert_true(quick);
  print_message("of 300 reads %ld, then %ld went to the quicker nodes\n", first, second);
  assert_true(first > 240);
  assert_true(second > 200);
}

struct Tally {
  std::mutex mutex;
  std::map<int, int> gets;  // by port
};

void tally(const rc_attempt* attempt, void* data) {
  auto& all = *static_cast<Tally*>(data);
  const std::lock_guard lock(all.mutex);
  if (std::strcmp(rc_attempt_command(attempt), "GET") == 0 && rc_attempt_code(attempt) == RC_OK)
    ++all.gets[rc_attempt_port(attempt)];
}

// The hook tells what the servers count.
void the_hook_names_the_node_that_was_read_from(void**) {
  Tally tallied;
  const Options options = options_reading(RC_READ_ROUND_ROBIN);
  rc_options_set_attempt_hook(options.get(), tally, &tallied, nullptr);
  const Handle handle = open_with(options);
  assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
  read_all(handle.get(), 20);
  Error error;
  assert_non_null(
      pipeline(handle.get(), {{"GET", kKeys[0]}, {"GET", kKeys[1]}, {"GET", kKeys[0]}}, error).get());
  int told = 0;
  for (int node = 0; node < kNodes; ++node) {
    const int gets = tallied.gets[test_node_port(cluster, node)];
    assert_int_equal(executed(node, "get"), gets);
    told += gets;
  }
  assert_int_equal(told, 63);
}

void a_forked_child_reads_from_replicas_too(void**) {
  const Handle handle = open_reading(RC_READ_REPLICA);
  read_all(handle.get(), 2);
  assert_true(test_cluster_ok(cluster, "CONFIG RESETSTAT"));
  Readers readers({RC_READ_REPLICA});
  assert_true(readers.load.advance(100));
  for (int i = 0; i < 5; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      int failed = 0;
      for (rc_cluster* one : {handle.get(), readers.handle(0)}) {
        for (const char* key : kKeys) {
          Error error;
          const Reply reply = command(one, {"GET", key}, error);
          failed += text_of(reply.get()) != "v" ? 1 : 0;
        }
      }
      execl("/bin/sh", "sh", "-c", failed == 0 ? "exit 0" : "exit 1", static_cast<char*>(nullptr));
      _exit(1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
  }
  assert_true(readers.none_failed());
  assert_int_equal(split_of("get").primaries, 0);
  read_all(handle.get(), 2);
  assert_int_equal(counter(handle.get(), "retries"), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(each_mode_reads_where_it_says, reset_and_fill),
      cmocka_unit_test_setup(a_call_may_read_elsewhere_than_its_handle, reset_and_fill),
      cmocka_unit_test_setup(what_writes_and_what_belongs_together_goes_to_primaries, reset_and_fill),
      cmocka_unit_test_setup(a_cursor_stays_at_its_node, reset_and_fill),
      cmocka_unit_test_setup(a_script_is_called_where_it_is_known, reset_and_fill),
      cmocka_unit_test_setup(a_watch_reads_what_it_watches_from_the_primary, reset_and_fill),
      cmocka_unit_test_setup(pipelines_read_from_replicas_and_write_to_primaries, reset_and_fill),
      cmocka_unit_test_setup(the_hook_names_the_node_that_was_read_from, reset_and_fill),
      cmocka_unit_test_setup(a_forked_child_reads_from_replicas_too, reset_and_fill),
      cmocka_unit_test_setup(a_replica_without_its_primary_is_passed_over, reset_and_fill),
      cmocka_unit_test(without_replicas_the_message_says_what_to_do),
      cmocka_unit_test_setup(a_failover_under_load_costs_nothing, reset_and_fill),
      cmocka_unit_test_setup(a_slot_that_moves_under_load_costs_nothing, reset_and_fill),
      cmocka_unit_test_setup(a_replica_that_is_frozen_costs_what_was_under_way, reset_and_fill),
      cmocka_unit_test(a_replica_that_stays_frozen_costs_no_call_any_more),
      cmocka_unit_test_setup(a_replica_that_is_killed_costs_nothing_and_is_read_from_again, reset_and_fill),
      cmocka_unit_test(the_quicker_nodes_are_read_from),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
