// Calls while the process ends: from functions told to atexit() before the first use of the library, which
// run after its own, from destructors of static and of thread_local objects, after a fork among them, and
// with others still in a call. Each case is a process of its own, forked before any cluster was opened.
#include <pthread.h>
#include <rediscluster/rediscluster.h>
#include <sys/wait.h>
#include <test_access.h>
#include <test_cluster.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

test_cluster* servers = nullptr;
rc_options* options = nullptr;  // for `servers`
rc_cluster* cluster = nullptr;

[[noreturn]] void fail(const char* what, rc_error* error) {
  std::fprintf(stderr, "%s: %s: %s\n", what, rc_error_name(rc_error_code(error)), rc_error_message(error));
  _exit(1);
}

rc_cluster* open_cluster() {
  rc_error* error = nullptr;
  rc_cluster* opened = rc_cluster_open(options, &error);
  if (opened == nullptr) fail("open", error);
  return opened;
}

void use(rc_cluster* of, const char* where) {
  rc_error* error = nullptr;
  rc_reply* reply = rc_commandf(of, &error, "SET {process}exit %s", where);
  if (reply == nullptr) fail(where, error);
  rc_reply_free(reply);
  reply = rc_commandf(of, &error, "MGET {process}exit {process}none");
  const char* value = rc_reply_string(rc_reply_element(reply, 0), nullptr);
  if (value == nullptr || std::strcmp(value, where) != 0) fail(where, error);
  rc_reply_free(reply);
}

// With the handle that there is, and with a new one; then they are freed.
void use_all(const char* where) {
  if (cluster != nullptr) use(cluster, where);
  rc_cluster* another = open_cluster();
  use(another, where);
  rc_cluster_free(another);
  rc_cluster_free(cluster);
  cluster = nullptr;
}

void at_exit() { use_all("atexit"); }

void fork_at_exit() {
  const pid_t child = fork();
  if (child == 0) {
    use_all("in a child");
    _exit(0);
  }
  int status = 1;
  if (waitpid(child, &status, 0) != child || status != 0) fail("the child", nullptr);
  use_all("after the fork");
}

bool uses_in_destructor = false;

// OpenSSL has cleaned up before this is destroyed: all that is asked for there is an error that says so.
void fail_by_tls() {
  for (rc_cluster* of : {cluster, static_cast<rc_cluster*>(nullptr)}) {
    rc_error* error = nullptr;
    void* made = of == nullptr ? static_cast<void*>(rc_cluster_open(options, &error))
                               : static_cast<void*>(rc_commandf(of, &error, "GET key"));
    if (made != nullptr || std::strstr(rc_error_message(error), "OpenSSL has cleaned up") == nullptr) {
      fail("after OpenSSL's clean-up", error);
    }
    rc_error_free(error);
  }
  rc_cluster_free(cluster);
}

struct Early {
  ~Early() {
    if (!uses_in_destructor) return;
    test_access_is_restricted() ? fail_by_tls() : use_all("static");
  }
};
Early early;  // there before main(), and so before the first use

struct OfThread {
  bool uses = false;
  ~OfThread() {
    if (uses) use_all("thread_local");
  }
};
thread_local OfThread of_thread;

pthread_key_t key;
void end_of_thread(void*) { use_all("a key's destructor"); }

void block(rc_cluster* in) { rc_reply_free(rc_commandf(in, nullptr, "BLPOP {process}nothing 0")); }

// Returns as main() does.
int run(const std::string& which) {
  if (which == "atexit") {
    std::atexit(at_exit);
    cluster = open_cluster();
    use(cluster, "main");
  } else if (which == "first_use") {  // nothing has been used before
    std::atexit(at_exit);
  } else if (which == "quick_exit") {
    std::at_quick_exit(at_exit);
    cluster = open_cluster();
    use(cluster, "main");
    std::quick_exit(0);
  } else if (which == "static") {
    uses_in_destructor = true;
    cluster = open_cluster();
    use(cluster, "main");
  } else if (which == "thread_local") {
    of_thread.uses = true;
    cluster = open_cluster();
    use(cluster, "main");
  } else if (which == "of_thread") {
    std::thread([] {
      of_thread.uses = true;
      cluster = open_cluster();
      use(cluster, "thread");
    }).join();
  } else if (which == "key") {  // destroyed before and after the library's own
    std::thread([] {
      pthread_key_create(&key, end_of_thread);
      pthread_setspecific(key, "set");
      cluster = open_cluster();
      use(cluster, "thread");
    }).join();
  } else if (which == "no_key") {  // others have them all
    pthread_key_t others;
    while (pthread_key_create(&others, nullptr) == 0) {
    }
    std::thread([] {
      cluster = open_cluster();
      use(cluster, "thread");
    }).join();
    use_all("main");
  } else if (which == "fork") {
    std::atexit(fork_at_exit);
    cluster = open_cluster();
    use(cluster, "main");
  } else if (which == "in_a_call") {
    std::atexit(at_exit);
    static rc_cluster* const theirs = open_cluster();
    use(theirs, "main");
    std::thread(block, theirs).detach();
    std::thread(block, theirs).detach();
  }
  return 0;
}

}  // namespace

int main() {
  test_cluster_options form{};
  form.primaries = 1;
  servers = test_cluster_start(&form);
  if (servers == nullptr) return 1;
  options = rc_options_new();
  rc_options_add_address(options, test_node_address(servers, 0), nullptr);
  test_access(options);
  int failed = 0;
  for (const char* which : {"atexit", "first_use", "quick_exit", "static", "thread_local", "of_thread", "key",
                            "no_key", "fork", "in_a_call"}) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) return run(which);
    int status = 1;
    const bool ok = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    std::printf("%s %s (%d)\n", ok ? "ok     " : "FAILED ", which, status);
    if (!ok) failed = 1;
  }
  rc_options_free(options);
  test_cluster_stop(servers);
  return failed;
}
