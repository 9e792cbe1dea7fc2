// G9: a forked child may go on with its parent's handle. It opens connections of its own; the parent notices
// nothing, whatever its threads were in the middle of.
#include <dirent.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

constexpr int kTags = 12;
constexpr int kChildTimeoutSeconds = 60;

// Another program takes the child's place: one that looks for leaks would find what the parent's other
// threads held.
[[noreturn]] void leave(int status) {
  const std::string script = "exit " + std::to_string(status);
  execl("/bin/sh", "sh", "-c", script.c_str(), static_cast<char*>(nullptr));
  _exit(1);
}

// Runs `work` in a forked child; what it returns is the child's exit status.
template <class Work>
pid_t in_child(Work work) {
  const pid_t child = fork();
  if (child != 0) return child;
  alarm(kChildTimeoutSeconds);  // ends a child that hangs, and fails its test
  leave(work());
}

int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool write_and_read(rc_cluster* handle, const std::string& who) {
  Error error;
  for (int tag = 0; tag < kTags; ++tag) {
    const std::string key = tagged(tag, who);
    const std::string value = who + std::to_string(tag);
    if (command(handle, {"SET", key, value}, error) == nullptr) return false;
    if (text_of(command(handle, {"GET", key}, error).get()) != value) return false;
  }
  return true;
}

// All kinds of calls, over all nodes; 0 when each did what it should.
int use(rc_cluster* handle, const std::string& who) {
  if (!write_and_read(handle, who)) return 2;
  Error error;
  std::vector<Words> commands;
  for (int tag = 0; tag < kTags; ++tag) commands.push_back({"GET", tagged(tag, who)});
  const Reply piped = pipeline(handle, commands, error);
  if (piped == nullptr) return 3;
  for (int tag = 0; tag < kTags; ++tag) {
    const auto at = static_cast<std::size_t>(tag);
    if (text_of(rc_reply_element(piped.get(), at)) != who + std::to_string(tag)) return 4;
  }
  if (transaction(handle, {{"INCR", tagged(1, who + "n")}, {"INCR", tagged(1, who + "n")}}, error) ==
      nullptr) {
    return 5;
  }
  const std::string watched = tagged(2, who + "w");
  const char* keys[] = {watched.c_str()};
  const auto add_one = [](rc_watch* watch, rc_commands* out, void* context) {
    const auto& key = *static_cast<const std::string*>(context);
    const Argv get({"GET", key});
    const Reply before(rc_watch_command(watch, 2, get.data.data(), get.lengths.data(), nullptr));
    if (before == nullptr) return static_cast<int>(RC_ERR_ABORTED);
    const Argv incr({"INCR", key});
    rc_commands_add(out, 2, incr.data.data(), incr.lengths.data(), nullptr);
    return static_cast<int>(RC_WATCH_EXECUTE);
  };
  std::string context = watched;
  rc_error* raw = nullptr;
  const Reply done(rc_watch_transaction(handle, 1, keys, nullptr, add_one, &context, &raw));
  error.reset(raw);
  if (done == nullptr) {
    std::fprintf(stderr, "%s: %s\n", who.c_str(), rc_error_message(raw));
    return 6;
  }
  if (rc_cluster_refresh(handle, nullptr) != RC_OK) return 7;
  return 0;
}

// Threads in every state a call can be in: leading, parked, in a blocking command, in a pipeline.
void keep_busy(Load& load, rc_cluster* handle, Complaints& complaints) {
  for (int thread = 0; thread < 4; ++thread) {
    load.add([=, &complaints, n = 0]() mutable {
      const std::string value = "busy" + std::to_string(thread) + "-" + std::to_string(n);
      Error error;
      const Reply reply = command(handle, {"ECHO", value}, error);
      if (text_of(reply.get()) != value) complaints.add("ECHO: another's reply, or none");
      const std::string key = tagged(n++ % kTags, "busy" + std::to_string(thread));
      if (command(handle, {"SET", key, value}, error) == nullptr)
        complaints.add(rc_error_message(error.get()));
      if (text_of(command(handle, {"GET", key}, error).get()) != value)
        complaints.add("GET: not what was SET");
    });
  }
  load.add([=, &complaints] {
    Error error;
    command(handle, {"BLPOP", "nothing", "0.02"}, error);
    if (error != nullptr) complaints.add(rc_error_message(error.get()));
  });
  load.add([=, &complaints] {
    Error error;
    std::vector<Words> commands;
    for (int tag = 0; tag < 60; ++tag) commands.push_back({"ECHO", "echo" + std::to_string(tag)});
    const Reply reply = pipeline(handle, commands, error);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (text_of(rc_reply_element(reply.get(), i)) != commands[i][1])
        complaints.add("pipeline: another's reply");
    }
  });
  load.add([=, &complaints] {
    if (rc_cluster_refresh(handle, nullptr) != RC_OK) complaints.add("refresh failed");
  });
}

void a_child_goes_on_with_the_handle_while_the_parents_threads_use_it(void**) {
  constexpr int kForks = 25;
  const Handle handle = open_handle(cluster, 20000);
  assert_int_equal(use(handle.get(), "before"), 0);
  Complaints complaints;
  Load load;
  keep_busy(load, handle.get(), complaints);
  assert_true(load.advance(300));
  for (int i = 0; i < kForks; ++i) {
    const pid_t child = in_child([&] { return use(handle.get(), "child" + std::to_string(i)); });
    const bool went_on = load.advance(20);
    assert_int_equal(status_of(child), 0);
    assert_true(went_on);
  }
  assert_true(load.advance(200));
  load.stop();
  assert_true(complaints.none());
  assert_int_equal(counter(handle.get(), "retries"), 0);  // no connection was lost
  assert_int_equal(counter(handle.get(), "unknown"), 0);
  assert_int_equal(use(handle.get(), "after"), 0);
}

// As Puma and Gunicorn do: the master opens, workers with threads of their own use what they inherit.
void workers_of_a_prefork_server_share_the_masters_handle(void**) {
  Handle handle = open_handle(cluster, 20000);
  assert_int_equal(use(handle.get(), "master"), 0);
  int begin[2];
  assert_int_equal(pipe(begin), 0);
  std::array<pid_t, 4> workers{};
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i] = in_child([&] {
      char go = 0;
      ::close(begin[1]);
      if (read(begin[0], &go, 1) != 0) return 20;  // until the master has closed its handle
      std::atomic<int> failed{0};
      const auto work = [&](int thread) {
        for (int round = 0; round < 5; ++round) {
          const int status = use(handle.get(), "worker" + std::to_string(i) + std::to_string(thread));
          if (status != 0) failed = status;
        }
      };
#ifdef __SANITIZE_THREAD__  // it cannot follow threads that a forked child starts
      work(0);
#else
      std::vector<std::thread> threads;
      for (int thread = 0; thread < 3; ++thread) threads.emplace_back(work, thread);
      for (auto& thread : threads) thread.join();
#endif
      const pid_t grandchild = in_child([&] { return use(handle.get(), "grandchild" + std::to_string(i)); });
      if (status_of(grandchild) != 0) return 21;
      rc_cluster_close(handle.get());
      Error error;
      command(handle.get(), {"PING"}, error);
      if (rc_error_code(error.get()) != RC_ERR_CLOSED) return 22;
      handle.reset();
      return failed.load();
    });
  }
  rc_cluster_close(handle.get());
  handle.reset();
  ::close(begin[1]);
  ::close(begin[0]);
  for (const pid_t worker : workers) assert_int_equal(status_of(worker), 0);
}

void a_child_that_closes_the_handle_leaves_the_parents_alone(void**) {
  const Handle handle = open_handle(cluster, 20000);
  assert_true(write_and_read(handle.get(), "parent"));
  const auto connects = counter(handle.get(), "connects");
  const pid_t closes = in_child([&] {
    rc_cluster_close(handle.get());
    return 0;
  });
  assert_int_equal(status_of(closes), 0);
  const pid_t uses_and_frees = in_child([&] {
    const int status = use(handle.get(), "child");
    rc_cluster_free(handle.get());
    return status;
  });
  assert_int_equal(status_of(uses_and_frees), 0);
  assert_true(write_and_read(handle.get(), "parent"));
  assert_int_equal(counter(handle.get(), "connects"), connects);
}

int open_sockets() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(folder)) {
    int type = 0;
    socklen_t size = sizeof type;
    count += getsockopt(std::atoi(entry->d_name), SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? 1 : 0;
  }
  closedir(folder);
  return count;
}

void a_child_keeps_none_of_the_parents_connections_open(void**) {
  const int before = open_sockets();
  const Handle handle = open_handle(cluster, 20000);
  assert_int_equal(use(handle.get(), "sockets"), 0);
  assert_true(open_sockets() > before);
  assert_int_equal(status_of(in_child([&] { return open_sockets() - before; })), 0);
}

struct Forking {
  pid_t child = 0;
  std::string key = "{tag3}forked";
};

void a_fork_in_a_watch_callback_leaves_the_transaction_to_the_parent(void**) {
  const Handle handle = open_handle(cluster, 20000);
  Forking forking;
  const char* keys[] = {forking.key.c_str()};
  const auto fork_and_add_one = [](rc_watch* watch, rc_commands* out, void* context) {
    auto& state = *static_cast<Forking*>(context);
    state.child = fork();
    if (state.child == 0) {
      alarm(kChildTimeoutSeconds);
      rc_error* error = nullptr;
      const Argv get({"GET", state.key});
      const Reply reply(rc_watch_command(watch, 2, get.data.data(), get.lengths.data(), &error));
      if (reply != nullptr || rc_error_code(error) != RC_ERR_ABORTED) leave(30);
      rc_error_free(error);
    }
    const Argv incr({"INCR", state.key});
    rc_commands_add(out, 2, incr.data.data(), incr.lengths.data(), nullptr);
    return static_cast<int>(RC_WATCH_EXECUTE);
  };
  rc_error* raw = nullptr;
  const Reply reply(rc_watch_transaction(handle.get(), 1, keys, nullptr, fork_and_add_one, &forking, &raw));
  const Error error(raw);
  if (forking.child == 0) {
    if (reply != nullptr || rc_error_code(error.get()) != RC_ERR_ABORTED) leave(31);
    if (rc_error_outcome(error.get()) != RC_OUTCOME_NOT_SENT) leave(32);
    leave(use(handle.get(), "child"));
  }
  assert_non_null(reply.get());
  assert_int_equal(status_of(forking.child), 0);
  Error none;
  assert_string_equal(text_of(command(handle.get(), {"GET", forking.key}, none).get()).c_str(), "1");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_child_goes_on_with_the_handle_while_the_parents_threads_use_it),
      cmocka_unit_test(workers_of_a_prefork_server_share_the_masters_handle),
      cmocka_unit_test(a_child_that_closes_the_handle_leaves_the_parents_alone),
      cmocka_unit_test(a_child_keeps_none_of_the_parents_connections_open),
      cmocka_unit_test(a_fork_in_a_watch_callback_leaves_the_transaction_to_the_parent),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
