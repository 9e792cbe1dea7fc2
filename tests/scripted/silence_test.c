// G1, G5: a connection that is silent for too long is left by what is new, and by nobody else.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scripted/call.h"

#define DEFAULT_TIMEOUT_MS 300

// Calls with the default timeout that get no answer, beside one that has time; as many as share a connection.
static void a_call_that_has_time_outlives_others_that_have_none(void** state) {
  (void)state;
  const char* const slow_lines[] = {"EVAL slow 1 foo", "EVAL_RO slow 1 foo", "GET slow"};
  for (size_t i = 0; i < COUNT_OF(slow_lines); i++) {
    scripted_net* net = scripted_net_start("a",
                                           ALL_AT_A
                                           "ALWAYS EXPECT EVAL slow 1 foo -> SLEEP 1200 ; BULK slow\n"
                                           "ALWAYS EXPECT EVAL_RO slow 1 foo -> SLEEP 1200 ; BULK slow\n"
                                           "ALWAYS EXPECT GET slow -> SLEEP 1200 ; BULK slow\n"
                                           "ALWAYS EXPECT GET quick -> BULK quick\n"
                                           "ALWAYS EXPECT GET hasty ->\n",
                                           NULL);
    rc_cluster* cluster = open_at(net, "a", DEFAULT_TIMEOUT_MS);
    call slow = {.cluster = cluster, .line = slow_lines[i], .timeout_ms = 30000};
    begin(&slow);
    const int came = TEST_WAIT(scripted_net_count(net, "a", slow.line) == 1, 5000);
    call hasty[12];
    for (size_t j = 0; j < COUNT_OF(hasty); j++) {
      hasty[j] = (call){.cluster = cluster, .line = "GET hasty"};
      begin(&hasty[j]);
    }
    for (size_t j = 0; j < COUNT_OF(hasty); j++) await_end(&hasty[j]);
    rc_error* quick_error = NULL;
    rc_reply* quick = run(cluster, "GET quick", 0, &quick_error);
    const int slow_is_under_way = !slow.ended;
    await_end(&slow);
    assert_true(came);
    for (size_t j = 0; j < COUNT_OF(hasty); j++) {
      assert_null(hasty[j].reply);
      assert_int_equal(rc_error_code(hasty[j].error), RC_ERR_TIMEOUT);
      rc_error_free(hasty[j].error);
    }
    assert_no_error(quick_error);
    assert_text(quick, "quick");
    assert_true(slow_is_under_way);
    assert_no_error(slow.error);
    assert_text(slow.reply, "slow");
    assert_int_equal(scripted_net_count(net, "a", slow.line), 1);
    rc_reply_free(quick);
    rc_reply_free(slow.reply);
    finish(cluster, net);
  }
}

// ---- a process that was stopped ----

#ifdef __SANITIZE_THREAD__  // it cannot follow threads that a forked child starts
#define CALLERS 1
#else
#define CALLERS 6
#endif
#define STOPPED_TIMEOUT_MS 500

// In the child: 0 when all got their answers.
static int call_together(const scripted_net* net) {
  rc_options* options = rc_options_new();
  rc_options_add_address(options, scripted_net_address(net, "a"), NULL);
  rc_options_set_timeout_ms(options, STOPPED_TIMEOUT_MS, NULL);
  rc_cluster* cluster = rc_cluster_open(options, NULL);
  call calls[CALLERS];
  for (size_t i = 0; i < CALLERS; i++) {
    calls[i] = (call){.cluster = cluster, .line = "INCR foo"};
    if (i > 0 && pthread_create(&calls[i].thread, NULL, make_call, &calls[i]) != 0) return CALLERS;
  }
  make_call(&calls[0]);
  int failed = 0;
  for (size_t i = 0; i < CALLERS; i++) {
    if (i > 0) await_end(&calls[i]);
    if (calls[i].reply == NULL) fprintf(stderr, "%s\n", rc_error_message(calls[i].error));
    failed += calls[i].reply == NULL;
  }
  rc_cluster_free(cluster);
  return failed;
}

static void who_was_stopped_finds_the_replies_that_came_meanwhile(void** state) {
  (void)state;
  for (int round = 0; round < 3; round++) {
    scripted_net* net =
        scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT INCR foo -> SLEEP 20 ; REPLY :1\n", NULL);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) _exit(call_together(net));
    assert_true(child > 0);
    const int came = TEST_WAIT(scripted_net_count(net, "a", "INCR foo") == CALLERS, 10000);
    kill(child, SIGSTOP);
    const long long start = test_now_ms();
    while (test_now_ms() < start + STOPPED_TIMEOUT_MS * 2) test_nap();
    kill(child, SIGCONT);
    int status = 0;
    const int ended = TEST_WAIT(waitpid(child, &status, WNOHANG) == child, 20000);
    if (!ended) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
    }
    assert_true(came);
    assert_true(ended);
    assert_int_equal(status, 0);
    assert_true(scripted_net_passed(net));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_call_that_has_time_outlives_others_that_have_none),
      cmocka_unit_test(who_was_stopped_finds_the_replies_that_came_meanwhile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
