// Numbered databases: on servers that have several (Valkey 9 and later, with cluster-databases), everything
// that a handle does is in its own; on others its open says that there is none. Each test holds for either.
#include <sys/wait.h>
#include <unistd.h>

#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

constexpr int kDatabase = 3;
constexpr int kTimeoutMs = 20000;
bool has_databases;

// One server is asked; a cluster of those that do not know the option would not start.
int start_with_databases(void**) {
  test_cluster* one = test_server_start(nullptr);
  if (one == nullptr) return -1;
  has_databases = !text_at(one, 0, "CONFIG GET cluster-databases").empty();
  test_cluster_stop(one);
  const char* const arguments[] = {"--cluster-databases", "16", nullptr};
  test_cluster_options options{};
  options.replicas_per_primary = 1;
  if (has_databases) options.server_arguments = arguments;
  return start_cluster(options);
}

Options options_for_database(int database) {
  Options options = options_for("127.0.0.1", test_node_port(cluster, 0), kTimeoutMs);
  assert_int_equal(rc_options_set_database(options.get(), database, nullptr), RC_OK);
  return options;
}

// An open handle; null, when that is right, where there are no databases.
Handle open_in(const Options& options) {
  if (has_databases) {
    Handle handle = open_with(options);
    assert_non_null(handle.get());
    return handle;
  }
  assert_true(open_fails(options, {RC_ERR_UNSUPPORTED,
                                   RC_OUTCOME_NOT_SENT,
                                   {"127.0.0.1:", "no database of the number", "cluster-databases"}}));
  return nullptr;
}

std::string get(rc_cluster* handle, const std::string& key) {
  Error error;
  const Reply reply = command(handle, {"GET", key}, error);
  return reply == nullptr ? rc_error_message(error.get()) : text_of(reply.get());
}

int set_in_watch(rc_watch* watch, rc_commands* commands, void* context) {
  const Argv get({"GET", *static_cast<std::string*>(context)});
  const Reply before(rc_watch_command(watch, 2, get.data.data(), get.lengths.data(), nullptr));
  if (before == nullptr || rc_reply_type(before.get()) != RC_REPLY_NIL) return RC_ERR_ABORTED;
  const Argv set({"SET", *static_cast<std::string*>(context), "v"});
  rc_commands_add(commands, 3, set.data.data(), set.lengths.data(), nullptr);
  return RC_WATCH_EXECUTE;
}

// By every kind of call and of connection, all at the node of the tag. Says which failed, or nothing.
std::string write_by_all_means(rc_cluster* handle, const std::string& tag) {
  Error error;
  std::string watched = tag + "watched";
  const char* const keys[] = {watched.c_str()};
  if (command(handle, {"SET", tag + "plain", "v"}, error) == nullptr) return "SET";
  if (pipeline(handle, {{"SET", tag + "piped", "v"}, {"GET", tag + "piped"}}, error) == nullptr)
    return "pipeline";
  if (transaction(handle, {{"SET", tag + "queued", "v"}, {"GET", tag + "queued"}}, error) == nullptr)
    return "transaction";
  if (Reply(rc_watch_transaction(handle, 1, keys, nullptr, set_in_watch, &watched, nullptr)) == nullptr)
    return "watch";
  if (command(handle, {"SET", tag + "large", std::string(200000, 'v')}, error) == nullptr) return "large";
  if (command(handle, {"RPUSH", tag + "list", "v", "w"}, error) == nullptr) return "RPUSH";
  if (text_of(rc_reply_element(command(handle, {"BLPOP", tag + "list", "1"}, error).get(), 1)) != "v")
    return "BLPOP";
  if (command(handle, {"EVAL", "return redis.call('SET', KEYS[1], 'v')", "1", tag + "script"}, error) ==
      nullptr)
    return "EVAL";
  return {};
}
constexpr long kKeysWritten = 7;  // by each time of the above, at its node

// How many keys the primary of the tag has in a database.
long keys_at(const char* tag, int database) {
  const std::string info = text_at(test_cluster_primary_of(cluster, slot_of(tag)), "INFO keyspace");
  const std::string field = "db" + std::to_string(database) + ":keys=";
  const auto at = info.find(field);
  return at == std::string::npos ? 0 : std::stol(info.substr(at + field.size()));
}

void assert_written_there_only() {
  for (const char* tag : kKeys) {
    assert_int_equal(keys_at(tag, kDatabase), kKeysWritten);
    assert_int_equal(keys_at(tag, 0), 0);
  }
}

std::string tag_of(const char* key) { return key[0] == '{' ? key : "{" + std::string(key) + "}"; }

void every_kind_of_call_is_for_the_database(void**) {
  const Handle handle = open_in(options_for_database(kDatabase));
  if (handle == nullptr) return;
  for (const char* key : kKeys)
    assert_string_equal(write_by_all_means(handle.get(), tag_of(key)).c_str(), "");
  assert_written_there_only();
  const Handle other = open_with(options_for_database(0));
  assert_string_equal(get(handle.get(), "{k}plain").c_str(), "v");
  assert_string_equal(get(other.get(), "{k}plain").c_str(), "");
}

void a_url_names_it(void**) {
  for (const char* scheme : {"redis", "valkey"}) {
    const std::string url =
        std::string(scheme) + "://" + test_node_address(cluster, 0) + "/3?timeout_ms=20000";
    const Options options(rc_options_from_url(url.c_str(), nullptr));
    assert_non_null(options.get());
    test_access(options.get());
    const Handle handle = open_in(options);
    if (handle == nullptr) continue;
    Error error;
    assert_non_null(command(handle.get(), {"SET", "{k}" + url, "v"}, error).get());
    assert_int_equal(keys_at("k", kDatabase), scheme[0] == 'r' ? 1 : 2);
    assert_int_equal(keys_at("k", 0), 0);
  }
}

void replicas_are_read_in_it(void**) {
  const Options options = options_for_database(kDatabase);
  const Options same_of_0 = options_for_database(0);
  for (const Options* each : {&options, &same_of_0})
    rc_options_set_read_from(each->get(), RC_READ_REPLICA, nullptr);
  const Handle handle = open_in(options);
  if (handle == nullptr) return;
  const Handle other = open_with(same_of_0);
  Error error;
  for (const char* key : kKeys) {
    assert_non_null(command(handle.get(), {"SET", key, "v"}, error).get());
    assert_true(TEST_WAIT(get(handle.get(), key) == "v", 10000));
    assert_string_equal(get(other.get(), key).c_str(), "");
  }
}

void connections_made_later_choose_it_too(void**) {
  const Handle handle = open_in(options_for_database(kDatabase));
  if (handle == nullptr) return;
  assert_true(all_nodes_serve(handle.get()));
  assert_true(end_all_connections(cluster));
  for (const char* key : kKeys) assert_string_equal(get(handle.get(), key).c_str(), "v");
  for (int primary = 0; primary < 3; ++primary) assert_true(test_cluster_failover(cluster, primary + 3));
  for (const char* key : kKeys) assert_string_equal(get(handle.get(), key).c_str(), "v");
  assert_true(all_nodes_serve(handle.get()));
  for (const char* key : kKeys) {
    assert_int_equal(keys_at(key, kDatabase), 1);
    assert_int_equal(keys_at(key, 0), 0);
  }
}

void a_forked_child_stays_in_it(void**) {
  const Handle handle = open_in(options_for_database(kDatabase));
  if (handle == nullptr) return;
  assert_true(all_nodes_serve(handle.get()));
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    bool good = true;
    for (const char* key : kKeys) {
      good = good && get(handle.get(), key) == "v";
      good = good && write_by_all_means(handle.get(), tag_of(key) + "child").empty();
    }
    execl("/bin/sh", "sh", "-c", good ? "exit 0" : "exit 1", static_cast<char*>(nullptr));
    _exit(1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  for (const char* key : kKeys) {
    assert_string_equal(get(handle.get(), tag_of(key) + "childplain").c_str(), "v");
    assert_int_equal(keys_at(key, 0), 0);
  }
}

// Whatever the servers have been told: there is no end to numbers.
void where_there_is_none_an_open_says_so_at_once(void**) {
  const Options options = options_for_database(kDatabase);
  assert_int_equal(rc_options_set_database(options.get(), 5000, nullptr), RC_OK);
  assert_true(open_fails(options, {RC_ERR_UNSUPPORTED,
                                   RC_OUTCOME_NOT_SENT,
                                   {"127.0.0.1:", "no database of the number", "cluster-databases"}}));
  assert_int_equal(rc_options_set_database(options.get(), 0, nullptr), RC_OK);
  assert_true(all_nodes_serve(open_with(options).get()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup(every_kind_of_call_is_for_the_database, reset),
      cmocka_unit_test_setup(a_url_names_it, reset),
      cmocka_unit_test_setup(replicas_are_read_in_it, reset),
      cmocka_unit_test_setup(connections_made_later_choose_it_too, reset),
      cmocka_unit_test_setup(a_forked_child_stays_in_it, reset),
      cmocka_unit_test(where_there_is_none_an_open_says_so_at_once),
  };
  return cmocka_run_group_tests(tests, start_with_databases, stop);
}
