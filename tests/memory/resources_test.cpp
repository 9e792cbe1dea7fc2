// What a process may run out of beside memory: descriptors, and threads for the lookup of names. An error
// that says so, and a handle that works as soon as there are some again.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "cluster/handle.hpp"
#include "cluster/suite.hpp"

#include "unit/cmocka.hpp"  // last

static std::atomic<bool> no_threads{false};

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return no_threads ? EAGAIN : create(thread, attributes, run, argument);
}

namespace {

constexpr int kShort = 300;

// No descriptor is left as long as it is in scope.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int first_free = dup(0);
    close(first_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(first_free);
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

rc_cluster* open_by(const char* host, rc_error** error) {
  rc_options* options = rc_options_new();
  rc_options_add_node(options, host, test_node_port(cluster, 0), nullptr);
  rc_options_set_timeout_ms(options, kShort, nullptr);
  test_access(options);
  rc_cluster* handle = rc_cluster_open(options, error);
  rc_options_free(options);
  return handle;
}

void assert_told(const rc_error* error, const char* words) {
  if (rc_error_code(error) == RC_ERR_CONNECT && rc_error_outcome(error) == RC_OUTCOME_NOT_SENT &&
      std::strstr(rc_error_message(error), words) != nullptr)
    return;
  fail_msg("%s: %s", rc_error_name(rc_error_code(error)), rc_error_message(error));
}

void assert_works(rc_cluster* handle, const std::string& key) {
  Error error;
  if (command(handle, {"INCR", key}, error) == nullptr) fail_msg("%s", rc_error_message(error.get()));
}

void without_descriptors_an_open_fails(void**) {
  rc_error* error = nullptr;
  {
    const NoDescriptors none;
    assert_null(open_by(test_node_host(cluster, 0), &error));
  }
  assert_told(error, "raise the limit of open files");
  rc_error_free(error);
  const Handle handle(open_by(test_node_host(cluster, 0), nullptr));
  assert_works(handle.get(), "key");
}

void without_descriptors_calls_fail_and_work_again_later(void**) {
  for (const char* name : {"INCR", "BLPOP"}) {  // on everybody's connection, and on one of its own
    const Handle handle(open_by(test_node_host(cluster, 0), nullptr));
    const Words words =
        std::strcmp(name, "INCR") == 0 ? Words{"INCR", "counter"} : Words{"BLPOP", "list", "0.01"};
    Error error;
    {
      const NoDescriptors none;
      assert_null(command(handle.get(), words, error).get());
    }
    assert_told(error.get(), "raise the limit of open files");
    if (command(handle.get(), words, error) == nullptr) fail_msg("%s", rc_error_message(error.get()));
    assert_works(handle.get(), "counter");
  }
}

void connections_that_are_there_need_no_more(void**) {
  const Handle handle(open_by(test_node_host(cluster, 0), nullptr));
  for (const char* key : {"a", "b", "c"}) assert_works(handle.get(), key);
  const NoDescriptors none;
  for (const char* key : {"a", "b", "c"}) assert_works(handle.get(), key);
}

// A node that the handle hears of at the worst of times.
void a_node_met_without_descriptors_is_used_later(void**) {
  const Handle handle(open_by(test_node_host(cluster, 0), nullptr));
  const int slot = slot_of("moved");
  const int node = test_cluster_add_node(cluster);
  assert_true(node > 0);
  assert_works(handle.get(), "moved");
  assert_true(test_cluster_move_slot(cluster, slot, node));
  Error error;
  {
    const NoDescriptors none;
    assert_null(command(handle.get(), {"INCR", "moved"}, error).get());
  }
  assert_told(error.get(), "raise the limit of open files");
  assert_works(handle.get(), "moved");
  rc_info* info = rc_cluster_info(handle.get(), nullptr);
  bool used = false;
  for (std::size_t i = 0; i < rc_info_node_count(info); ++i) {
    used |= rc_info_node_port(info, i) == test_node_port(cluster, node) && rc_info_node_is_connected(info, i);
  }
  rc_info_free(info);
  assert_true(used);
}

void without_threads_no_name_is_looked_up(void**) {
  rc_error* error = nullptr;
  no_threads = true;
  rc_cluster* none = open_by("localhost", &error);
  no_threads = false;
  assert_null(none);
  assert_told(error, "no thread could be started");
  rc_error_free(error);
  const Handle handle(open_by("localhost", nullptr));
  assert_works(handle.get(), "key");
}

void without_threads_addresses_are_enough(void**) {
  no_threads = true;
  const Handle handle(open_by(test_node_host(cluster, 0), nullptr));
  Error error;
  const bool works = command(handle.get(), {"INCR", "key"}, error) != nullptr;
  no_threads = false;
  if (!works) fail_msg("%s", rc_error_message(error.get()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(without_descriptors_an_open_fails),
      cmocka_unit_test(without_descriptors_calls_fail_and_work_again_later),
      cmocka_unit_test(connections_that_are_there_need_no_more),
      cmocka_unit_test(a_node_met_without_descriptors_is_used_later),
      cmocka_unit_test(without_threads_no_name_is_looked_up),
      cmocka_unit_test(without_threads_addresses_are_enough),
  };
  return cmocka_run_group_tests_name("memory.resources", tests, start, stop);
}
