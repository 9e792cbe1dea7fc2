// What else goes on in a process that uses the library: signals all the time, and a child that closes every
// descriptor.
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capi/cluster_fixture.h"

static volatile sig_atomic_t alarms;

static void count(int signal) {
  (void)signal;
  alarms = alarms + 1;
}

static void use_everything(rc_cluster* cluster) {
  rc_commands* commands = rc_commands_new();
  for (int i = 0; i < 200; ++i) {
    char key[16];
    snprintf(key, sizeof key, "key%d", i);
    assert_int_equal(rc_commands_add(commands, WORDS("SET", key, "value"), NULL), RC_OK);
  }
  rc_error* error = NULL;
  rc_reply* reply = rc_pipeline(cluster, commands, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  rc_commands_free(commands);
  for (int i = 0; i < 200; ++i) {
    reply = rc_commandf(cluster, &error, "GET key%d", i);
    assert_no_error(error);
    rc_reply_free(reply);
  }
  reply = rc_commandf(cluster, &error, "BLPOP nothing 0.2");  // waits, and is interrupted all the time
  assert_no_error(error);
  assert_int_equal(rc_reply_type(reply), RC_REPLY_NIL);
  rc_reply_free(reply);
}

static void calls_go_on_under_a_storm_of_signals(void** state) {
  (void)state;
  struct sigaction action = {.sa_handler = count};         // without SA_RESTART
  assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);  // for good: one may still be on its way later
  const struct itimerval often = {{0, 200}, {0, 200}};
  const struct itimerval never = {{0, 0}, {0, 0}};
  assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
  rc_cluster* cluster = open_with(seed_options());
  use_everything(cluster);
  rc_cluster_free(cluster);
  assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
  struct sigaction after;
  assert_int_equal(sigaction(SIGALRM, NULL, &after), 0);
  assert_true(alarms > 100);
  assert_true(after.sa_handler == count);
}

// As a daemon does when it starts: what it opens then gets the numbers of what it has closed.
static void a_child_may_close_every_descriptor(void** state) {
  (void)state;
  rc_reply_free(ok("SET", "key", "value"));
  const pid_t child = fork();
  if (child == 0) {
    for (int fd = 3; fd < 1024; ++fd) close(fd);
    FILE* file = tmpfile();  // gets the number of a descriptor of the library's
    rc_reply* reply = rc_command(shared.cluster, WORDS("GET", "key"), NULL);
    const int worked = reply != NULL && strcmp(rc_reply_string(reply, NULL), "value") == 0;
    rc_reply_free(reply);
    rc_cluster_free(shared.cluster);
    const int file_is_whole = file != NULL && fputs("x", file) >= 0 && fflush(file) == 0 && ftell(file) == 1;
    // Another program takes its place: one that looks for leaks would find what the parent's other threads
    // held.
    execl("/bin/sh", "sh", "-c", worked && file_is_whole ? "exit 0" : "exit 1", (char*)NULL);
    _exit(1);
  }
  int status = 1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_value("key", "value");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_CLUSTER(calls_go_on_under_a_storm_of_signals),
      WITH_CLUSTER(a_child_may_close_every_descriptor),
  };
  return RUN_WITH_SERVERS(tests);
}
