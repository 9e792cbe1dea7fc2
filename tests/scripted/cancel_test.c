// rc_cancel: another thread's order to end a call.
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "scripted/scenario.h"

// Only a call that did not hear the order takes so long.
#define FOR_EVER_MS 600000

typedef struct caller {
  rc_cluster* cluster;
  const rc_call_options* options;
  const char* line;
  rc_reply* reply;
  rc_error* error;
  pthread_t thread;
} caller;

static rc_call_options* cancelled_by(rc_cancel* cancel) {
  rc_call_options* options = call_options(FOR_EVER_MS, 0);
  assert_int_equal(rc_call_options_set_cancel(options, cancel, NULL), RC_OK);
  return options;
}

static rc_reply* run_with(rc_cluster* cluster, const rc_call_options* options, const char* line,
                          rc_error** error) {
  const char* argv[MAX_WORDS];
  size_t lengths[MAX_WORDS];
  const size_t argc = split(line, argv, lengths);
  return rc_command_with(cluster, options, argc, argv, lengths, error);
}

static void* call(void* context) {
  caller* self = context;
  self->reply = run_with(self->cluster, self->options, self->line, &self->error);
  return NULL;
}

static void start(caller* self) { assert_int_equal(pthread_create(&self->thread, NULL, call, self), 0); }

static void assert_cancelled(rc_reply* reply, rc_error* error, int outcome) {
  assert_null(reply);
  assert_error(error, RC_ERR_CANCELLED, outcome, "cancelled: ");
  rc_error_free(error);
}

static void calls_that_wait_for_replies_end_when_they_are_cancelled(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT SET ... ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_cancel* cancel = rc_cancel_new();
  rc_call_options* options = cancelled_by(cancel);
  caller calls[4];  // the first leads, the others sleep
  for (int i = 0; i < 4; i++) {
    calls[i] = (caller){.cluster = cluster, .options = options, .line = "SET foo s3cret"};
    start(&calls[i]);
    assert_true(TEST_WAIT(scripted_net_count(net, "a", "SET") == i + 1, 5000));
  }
  assert_int_equal(rc_cancel_fired(cancel), 0);
  rc_cancel_fire(cancel);
  assert_int_equal(rc_cancel_fired(cancel), 1);
  for (int i = 0; i < 4; i++) {
    pthread_join(calls[i].thread, NULL);
    assert_cancelled(calls[i].reply, calls[i].error, RC_OUTCOME_UNKNOWN);
  }
  rc_call_options_free(options);
  rc_cancel_free(cancel);
  finish(cluster, net);
}

static void what_begins_after_the_order_ends_at_once_and_is_not_sent(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_cancel* cancel = rc_cancel_new();
  rc_call_options* options = cancelled_by(cancel);
  rc_cancel_fire(cancel);
  rc_cancel_free(cancel);  // the options keep it
  rc_error* error = NULL;
  rc_reply* reply = run_with(cluster, options, "SET foo 1", &error);
  assert_cancelled(reply, error, RC_OUTCOME_NOT_SENT);
  rc_commands* commands = COMMANDS("SET foo 1", "SET foo 2");
  error = NULL;
  reply = rc_transaction_with(cluster, options, commands, &error);
  assert_cancelled(reply, error, RC_OUTCOME_NOT_SENT);
  error = NULL;
  reply = rc_pipeline_with(cluster, options, commands, &error);
  assert_cancelled(reply, error, RC_OUTCOME_NOT_SENT);
  rc_commands_free(commands);
  error = NULL;
  assert_int_equal(rc_cluster_refresh_with(cluster, options, &error), RC_ERR_CANCELLED);
  rc_error_free(error);
  assert_int_equal(scripted_net_count(net, "a", "SET"), 0);
  // Taken away, it ends nothing any more.
  assert_int_equal(rc_call_options_set_cancel(options, NULL, NULL), RC_OK);
  assert_int_equal(rc_cluster_refresh_with(cluster, options, NULL), RC_OK);
  rc_call_options_free(options);
  finish(cluster, net);
}

// Fires when so many commands have come to node "a", while the test is in its call.
typedef struct order {
  const scripted_net* net;
  const char* pattern;
  int count;
  rc_cancel* cancel;
  int seen;
  pthread_t thread;
} order;

static void* fire_when_seen(void* context) {
  order* self = context;
  self->seen = TEST_WAIT(scripted_net_count(self->net, "a", self->pattern) >= self->count, 5000);
  rc_cancel_fire(self->cancel);
  return NULL;
}

static order order_at(const scripted_net* net, const char* pattern, int count) {
  return (order){.net = net, .pattern = pattern, .count = count, .cancel = rc_cancel_new()};
}

static void begin(order* self) {
  assert_int_equal(pthread_create(&self->thread, NULL, fire_when_seen, self), 0);
}

static void end(order* self) {
  pthread_join(self->thread, NULL);
  assert_true(self->seen);
  rc_cancel_free(self->cancel);
}

static void a_pipeline_keeps_the_replies_that_had_come(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT SET foo 1\nREPLY +OK\nALWAYS EXPECT SET ... ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  order given = order_at(net, "SET", 3);
  rc_call_options* options = cancelled_by(given.cancel);
  rc_commands* commands = COMMANDS("SET foo 1", "SET foo 2", "SET foo 3");
  begin(&given);
  rc_error* error = NULL;
  rc_reply* reply = rc_pipeline_with(cluster, options, commands, &error);
  end(&given);
  assert_no_error(error);
  assert_element(reply, 0, "OK");
  assert_element_error(reply, 1, RC_ERR_CANCELLED, RC_OUTCOME_UNKNOWN, "cancelled: SET");
  assert_element_error(reply, 2, RC_ERR_CANCELLED, RC_OUTCOME_UNKNOWN, "cancelled: SET");
  rc_reply_free(reply);
  rc_commands_free(commands);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void a_call_that_is_refused_again_and_again_can_be_cancelled(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT MGET ... -> REPLY -TRYAGAIN slot moves\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  order given = order_at(net, "MGET", 3);
  rc_call_options* options = cancelled_by(given.cancel);
  begin(&given);
  rc_error* error = NULL;
  rc_reply* reply = run_with(cluster, options, "MGET {foo}1 {foo}2", &error);
  end(&given);
  // The last try may have been on its way.
  const int outcome = rc_error_outcome(error);
  assert_true(outcome == RC_OUTCOME_REFUSED || outcome == RC_OUTCOME_UNKNOWN);
  assert_cancelled(reply, error, outcome);
  rc_call_options_free(options);
  finish(cluster, net);
}

static int read_foo(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)to_execute;
  (void)user_data;
  const char* const words[] = {"GET", "foo"};
  rc_error* error = NULL;
  rc_reply* reply = rc_watch_command(watch, 2, words, NULL, &error);
  const int code = rc_error_code(error);
  rc_error_free(error);
  rc_reply_free(reply);
  return code == RC_OK ? RC_WATCH_EXECUTE : code;
}

static void a_watch_transaction_can_be_cancelled_while_its_callback_reads(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT WATCH foo\nREPLY +OK\nALWAYS EXPECT UNWATCH ->\nEXPECT GET foo\nSILENCE\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  order given = order_at(net, "GET", 1);
  rc_call_options* options = cancelled_by(given.cancel);
  begin(&given);
  const char* const keys[] = {"foo"};
  rc_error* error = NULL;
  rc_reply* reply = rc_watch_transaction_with(cluster, options, 1, keys, NULL, read_foo, NULL, &error);
  end(&given);
  assert_null(reply);
  assert_int_equal(rc_error_outcome(error), RC_OUTCOME_NOT_SENT);
  const int code = rc_error_code(error);
  assert_true(code == RC_ERR_CANCELLED || code == RC_ERR_ABORTED);  // the callback gave up for it
  rc_error_free(error);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void opening_a_cluster_can_be_cancelled(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS ->\n", NULL);
  rc_options* options = options_for(net, "a", FOR_EVER_MS);
  order given = order_at(net, "CLUSTER SLOTS", 1);
  rc_call_options* call_of_it = cancelled_by(given.cancel);
  begin(&given);
  rc_error* error = NULL;
  assert_null(rc_cluster_open_with(options, call_of_it, &error));
  end(&given);
  assert_error(error, RC_ERR_CANCELLED, RC_OUTCOME_NOT_SENT, "open: ", "cancelled: ");
  rc_error_free(error);
  rc_call_options_free(call_of_it);
  rc_options_free(options);
  assert_true(scripted_net_passed(net));
}

static rc_cancel* of_the_signal;

static void on_signal(int signal) {
  (void)signal;
  rc_cancel_fire(of_the_signal);
}

static void a_signal_handler_may_cancel_the_call_that_it_interrupts(void** state) {
  (void)state;
  struct sigaction action = {.sa_handler = on_signal};
  struct sigaction before;
  assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT GET foo ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  of_the_signal = rc_cancel_new();
  rc_call_options* options = cancelled_by(of_the_signal);
  caller waiting = {.cluster = cluster, .options = options, .line = "GET foo"};
  start(&waiting);
  assert_true(TEST_WAIT(scripted_net_count(net, "a", "GET") == 1, 5000));
  pthread_kill(waiting.thread, SIGUSR1);
  pthread_join(waiting.thread, NULL);
  assert_cancelled(waiting.reply, waiting.error, RC_OUTCOME_UNKNOWN);
  rc_call_options_free(options);
  rc_cancel_free(of_the_signal);
  sigaction(SIGUSR1, &before, NULL);
  finish(cluster, net);
}

// Asked whether a cancel is meant: sends a command to node "a" by the same cluster, and says what it was told
// to say.
typedef struct question {
  rc_cluster* cluster;
  int answer;
  int asked;
} question;

static int ask(void* user_data, int fired) {
  question* self = user_data;
  if (!fired) return 0;
  self->asked++;
  rc_error* error = NULL;
  rc_reply* reply = run(self->cluster, "SET foo asked", 5000, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  return self->answer;
}

static void a_command_goes_on_when_the_order_was_not_meant(void** state) {
  (void)state;
  // The node answers when the question's own command has come.
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "EXPECT GET foo\nEXPECT SET foo asked\nREPLY +a value\nREPLY +OK\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  order given = order_at(net, "GET", 1);
  question put = {.cluster = cluster, .answer = 0};
  rc_cancel_set_check(given.cancel, ask, &put);
  rc_call_options* options = cancelled_by(given.cancel);
  begin(&given);
  rc_error* error = NULL;
  rc_reply* reply = run_with(cluster, options, "GET foo", &error);
  assert_no_error(error);
  assert_string_equal(rc_reply_string(reply, NULL), "a value");
  assert_int_equal(put.asked, 1);
  assert_int_equal(rc_cancel_fired(given.cancel), 0);
  end(&given);
  rc_reply_free(reply);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void a_pipeline_goes_on_when_the_order_was_not_meant(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET foo\nEXPECT GET bar\nEXPECT SET foo asked\n"
                                         "REPLY +of foo\nREPLY +of bar\nREPLY +OK\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  order given = order_at(net, "GET", 1);
  question put = {.cluster = cluster, .answer = 0};
  rc_cancel_set_check(given.cancel, ask, &put);
  rc_call_options* options = cancelled_by(given.cancel);
  rc_commands* commands = COMMANDS("GET foo", "GET bar");
  begin(&given);
  rc_error* error = NULL;
  rc_reply* reply = rc_pipeline_with(cluster, options, commands, &error);
  assert_no_error(error);
  assert_element(reply, 0, "of foo");
  assert_element(reply, 1, "of bar");
  assert_true(put.asked > 0);
  end(&given);
  rc_reply_free(reply);
  rc_commands_free(commands);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void a_call_that_is_refused_goes_on_trying_when_the_order_was_not_meant(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A
                         "ALWAYS EXPECT MGET ... -> REPLY -TRYAGAIN slot moves\n"
                         "EXPECT SET foo asked\nREPLY +OK\nALWAYS EXPECT MGET ... -> REPLY +both\n",
                         NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  order given = order_at(net, "MGET", 3);
  question put = {.cluster = cluster, .answer = 0};
  rc_cancel_set_check(given.cancel, ask, &put);
  rc_call_options* options = cancelled_by(given.cancel);
  begin(&given);
  rc_error* error = NULL;
  rc_reply* reply = run_with(cluster, options, "MGET {foo}1 {foo}2", &error);
  assert_no_error(error);
  assert_string_equal(rc_reply_string(reply, NULL), "both");
  assert_int_equal(put.asked, 1);
  end(&given);
  rc_reply_free(reply);
  rc_call_options_free(options);
  finish(cluster, net);
}

static void a_call_ends_when_the_order_was_meant(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT SET foo asked -> REPLY +OK\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_cancel* cancel = rc_cancel_new();
  question put = {.cluster = cluster, .answer = 1};
  rc_cancel_set_check(cancel, ask, &put);
  rc_call_options* options = cancelled_by(cancel);
  rc_cancel_fire(cancel);
  rc_error* error = NULL;
  rc_reply* reply = run_with(cluster, options, "SET foo never", &error);
  assert_cancelled(reply, error, RC_OUTCOME_NOT_SENT);
  assert_true(put.asked > 0);
  assert_int_equal(rc_cancel_fired(cancel), 1);
  rc_call_options_free(options);
  rc_cancel_free(cancel);
  finish(cluster, net);
}

static atomic_int asked_unfired, answer_unfired;

static int ask_unfired(void* user_data, int fired) {
  assert_null(user_data);
  assert_int_equal(fired, 0);
  asked_unfired++;
  return answer_unfired;
}

static void calls_that_wait_are_asked_now_and_then_whether_to_go_on(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT SET ... ->\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_cancel* cancel = rc_cancel_new();
  rc_cancel_set_check(cancel, ask_unfired, NULL);
  rc_call_options* options = cancelled_by(cancel);
  caller calls[3];  // the first leads, the others sleep
  for (int i = 0; i < 3; i++) {
    calls[i] = (caller){.cluster = cluster, .options = options, .line = "SET foo s3cret"};
    start(&calls[i]);
    const int before = asked_unfired;
    assert_true(TEST_WAIT(asked_unfired > before + 3 * i, 10000));
  }
  assert_int_equal(rc_cancel_fired(cancel), 0);
  answer_unfired = 1;
  for (int i = 0; i < 3; i++) {
    pthread_join(calls[i].thread, NULL);
    assert_cancelled(calls[i].reply, calls[i].error, RC_OUTCOME_UNKNOWN);
  }
  assert_int_equal(rc_cancel_fired(cancel), 1);
  assert_int_equal(scripted_net_count(net, "a", "SET"), 3);
  rc_call_options_free(options);
  rc_cancel_free(cancel);
  finish(cluster, net);
}

// What is wrong with a command is told, cancelled or not.
static void a_mistake_is_told_though_the_call_was_cancelled(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  rc_cancel* cancel = rc_cancel_new();
  rc_call_options* options = cancelled_by(cancel);
  rc_cancel_fire(cancel);
  rc_error* error = NULL;
  assert_null(run_with(cluster, options, "MSETNX foo 1 bar 2", &error));
  assert_error(error, RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, "MSETNX");
  rc_error_free(error);
  rc_call_options_free(options);
  rc_cancel_free(cancel);
  finish(cluster, net);
}

// The reply comes while the call is asked whether to end; before it has been sent it is to go on.
static int wait_for_reply(void* user_data, int fired) {
  (void)fired;
  return scripted_net_count(user_data, "a", "INCR") == 1 &&
         TEST_WAIT(scripted_net_done(user_data, "a"), 10000);
}

static void a_reply_that_has_come_is_told_though_the_call_was_cancelled(void** state) {
  (void)state;
  static const struct {
    const char* line;
    int code;
  } replies[] = {{":7", RC_OK}, {"-WRONGTYPE not a number", RC_ERR_SERVER}};
  for (size_t i = 0; i < COUNT_OF(replies); i++) {
    char script[200];
    snprintf(script, sizeof script, ALL_AT_A "EXPECT INCR foo\nSLEEP 400\nREPLY %s\n", replies[i].line);
    scripted_net* net = scripted_net_start("a", script, NULL);
    rc_cluster* cluster = open_at(net, "a", 60000);
    rc_cancel* cancel = rc_cancel_new();
    rc_cancel_set_check(cancel, wait_for_reply, net);
    rc_call_options* options = cancelled_by(cancel);
    rc_error* error = NULL;
    rc_reply* reply = run_with(cluster, options, "INCR foo", &error);
    assert_int_equal(rc_cancel_fired(cancel), 1);
    if (replies[i].code == RC_OK) {
      assert_no_error(error);
      assert_text(reply, "7");
    } else {
      assert_error(error, replies[i].code, RC_OUTCOME_EXECUTED, "WRONGTYPE");
    }
    rc_error_free(error);
    rc_reply_free(reply);
    rc_call_options_free(options);
    rc_cancel_free(cancel);
    finish(cluster, net);
  }
}

static void a_cancel_that_is_null_does_nothing(void** state) {
  (void)state;
  rc_cancel_fire(NULL);
  rc_cancel_set_check(NULL, NULL, NULL);
  assert_int_equal(rc_cancel_fired(NULL), 0);
  rc_cancel_free(NULL);
  rc_error* error = NULL;
  assert_int_equal(rc_call_options_set_cancel(NULL, NULL, &error), RC_ERR_INVALID_ARGUMENT);
  rc_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_that_wait_for_replies_end_when_they_are_cancelled),
      cmocka_unit_test(what_begins_after_the_order_ends_at_once_and_is_not_sent),
      cmocka_unit_test(a_pipeline_keeps_the_replies_that_had_come),
      cmocka_unit_test(a_call_that_is_refused_again_and_again_can_be_cancelled),
      cmocka_unit_test(a_watch_transaction_can_be_cancelled_while_its_callback_reads),
      cmocka_unit_test(opening_a_cluster_can_be_cancelled),
      cmocka_unit_test(a_signal_handler_may_cancel_the_call_that_it_interrupts),
      cmocka_unit_test(a_command_goes_on_when_the_order_was_not_meant),
      cmocka_unit_test(a_pipeline_goes_on_when_the_order_was_not_meant),
      cmocka_unit_test(a_call_that_is_refused_goes_on_trying_when_the_order_was_not_meant),
      cmocka_unit_test(a_call_ends_when_the_order_was_meant),
      cmocka_unit_test(calls_that_wait_are_asked_now_and_then_whether_to_go_on),
      cmocka_unit_test(a_mistake_is_told_though_the_call_was_cancelled),
      cmocka_unit_test(a_reply_that_has_come_is_told_though_the_call_was_cancelled),
      cmocka_unit_test(a_cancel_that_is_null_does_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
