// G11: the first calls of a process, which make what the library makes once: each in a process of its own.
#include <sys/wait.h>
#include <unistd.h>

#include "memory/cluster_trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

enum Ending : int { kFailedWell, kNothingFailed, kWrong };

int wrong(const rc_error* error) {
  std::fprintf(stderr, "%s\n", told(error).c_str());
  return kWrong;
}

// Open, write, close and free with the n-th allocation failing, then once more with none failing.
int in_child(const rc_options* options, long n, Failing failing) {
  const char* const words[] = {"SET", "key", "value"};
  rc_error* error = nullptr;
  memory_arm(n, failing);
  rc_cluster* handle = rc_cluster_open(options, &error);
  rc_reply* reply = handle == nullptr ? nullptr : rc_command(handle, 3, words, nullptr, &error);
  const bool done = reply != nullptr;
  rc_reply_free(reply);
  rc_cluster_close(handle);
  rc_cluster_free(handle);
  const bool failed = memory_disarm();
  if (!done && !is_no_memory(error)) return wrong(error);

  handle = rc_cluster_open(options, &error);
  if (handle == nullptr) return wrong(error);
  reply = rc_command(handle, 3, words, nullptr, &error);
  if (reply == nullptr) return wrong(error);
  rc_reply_free(reply);
  rc_cluster_free(handle);
  return failed ? kFailedWell : kNothingFailed;
}

int run_child(const rc_options* options, long n, Failing failing) {
  const pid_t child = fork();
  if (child == 0) _exit(in_child(options, n, failing));
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return kWrong;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::fprintf(stderr, "allocation %ld: ended by signal %d\n", n, WTERMSIG(status));
  return kWrong;
}

void the_first_calls_of_a_process(void**) {
  const Options options = options_to_come_in();
  for (const Failing failing : {Failing::kOne, Failing::kAllFollowing}) {
    long n = 1;
    while (run_child(options.get(), n, failing) == kFailedWell) ++n;
    assert_int_equal(run_child(options.get(), n, failing), kNothingFailed);
    assert_true(n > 10);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_first_calls_of_a_process),
  };
  return cmocka_run_group_tests_name("memory.first_call", tests, start_with_password, stop);
}
