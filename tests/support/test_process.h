// Child processes that never outlive the test binary, however it ends: they die with it by
// PR_SET_PDEATHSIG, and exit() and the usual deadly signals kill them and remove their files first.
#pragma once

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// Starts argv[0] (looked up on PATH) with stdout and stderr appended to output_path (NULL: discarded).
// Returns the pid, or -1 with errno. May be called from any thread, but not in a forked child of the test.
pid_t test_process_spawn(const char* const* argv, const char* output_path);

// Runs argv[0] (looked up on PATH) with what this process has as input and output. Its exit status: 127 when
// it could not be started, 1 when a signal ended it.
int test_process_run(char* const* argv);

// 1 while it has not ended (a stopped process is running too). An ended one is reaped.
int test_process_running(pid_t pid);

// SIGSTOP, SIGCONT; return 1 when the process really is stopped or going on.
int test_process_stop(pid_t pid);
int test_process_continue(pid_t pid);

// SIGKILL, and waits until it is gone.
void test_process_kill(pid_t pid);

// How many of the processes started here still run.
int test_process_count(void);

// A folder below $TMPDIR or /tmp, made at first use and removed with everything in it when the test ends.
const char* test_process_folder(void);

#ifdef __cplusplus
}
#endif
