// G4: looking up a name is a part of the call like any other: it ends with the call, and holds up nobody.
#include <netdb.h>

#include "scripted/by_name.h"
#include "scripted/call.h"

#define TIMEOUT_MS 150
// The slot of bar is at a, that of foo at b, of which only the name is known.
#define FOO_AT_B_TEST "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-5999 a 6000-16383 b.test=b\n"
#define B_ANSWERS FOO_AT_B_TEST "ALWAYS EXPECT GET foo -> BULK from b\n"

static rc_error* failure_to_open(rc_options* options) {
  rc_error* error = NULL;
  const long long start = test_now_ms();
  assert_null(rc_cluster_open(options, &error));
  assert_in_range(test_now_ms() - start, 0, TIMEOUT_MS + MARGIN_MS);
  rc_options_free(options);
  return error;
}

static void a_lookup_that_hangs_ends_a_command_at_its_deadline(void** state) {
  (void)state;
  fake_name_hangs("b.test");
  scripted_net* net = scripted_net_start("a", FOO_AT_B_TEST, "b", B_ANSWERS, NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  const long long start = test_now_ms();
  assert_fails(cluster, "SET foo s3cret", TIMEOUT_MS, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "SET", "b.test");
  assert_true(test_now_ms() - start >= TIMEOUT_MS - 1);
  // The lookup goes on without the call, and its answer serves the next one.
  fake_name_resolves("b.test", "127.0.0.1");
  assert_answer(cluster, "GET foo", "from b");
  finish(cluster, net);
}

static void a_lookup_that_hangs_ends_an_open_at_its_deadline(void** state) {
  (void)state;
  fake_name_hangs("a.test");
  scripted_net* net = scripted_net_start("a", "", NULL);
  rc_error* error = failure_to_open(options_by_name(net, "a.test", "a", TIMEOUT_MS));
  assert_error(error, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "a.test");
  rc_error_free(error);
  assert_true(scripted_net_passed(net));
}

static void a_lookup_that_hangs_ends_with_the_connect_timeout(void** state) {
  (void)state;
  fake_name_hangs("a.test");
  scripted_net* net = scripted_net_start("a", "", NULL);
  rc_options* options = options_by_name(net, "a.test", "a", 60000);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, 100, NULL), RC_OK);
  rc_error* error = failure_to_open(options);
  assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "a.test",
               "its name was not resolved within 100 ms");
  rc_error_free(error);
  assert_true(scripted_net_passed(net));
}

static void a_lookup_that_hangs_slows_no_call_to_another_node(void** state) {
  (void)state;
  fake_name_hangs("b.test");
  scripted_net* net =
      scripted_net_start("a", FOO_AT_B_TEST "ALWAYS EXPECT GET bar -> BULK v\n", "b", B_ANSWERS, NULL);
  rc_options* options = options_for(net, "a", 60000);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, 60000, NULL), RC_OK);
  call waiting = {.cluster = open_with(options), .line = "GET foo"};
  begin(&waiting);
  const int began = TEST_WAIT(fake_name_lookups("b.test") >= 1, 10000);
  int answered = 0;
  for (int i = 0; i < 50; i++) {
    rc_reply* reply = run(waiting.cluster, "GET bar", MARGIN_MS, NULL);
    answered += rc_reply_string(reply, NULL) != NULL;
    rc_reply_free(reply);
  }
  // A pipeline over both nodes gets from the one what it can.
  rc_reply* both = pipeline(waiting.cluster, COMMANDS("GET foo", "GET bar"), TIMEOUT_MS, NULL);
  fake_name_resolves("b.test", "127.0.0.1");
  await_end(&waiting);
  assert_true(began);
  assert_int_equal(answered, 50);
  assert_element_error(both, 0, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "GET", "b.test");
  assert_element(both, 1, "v");
  rc_reply_free(both);
  assert_no_error(waiting.error);
  assert_text(waiting.reply, "from b");
  rc_reply_free(waiting.reply);
  finish(waiting.cluster, net);
}

static void calls_that_give_up_leave_one_lookup_behind_and_not_one_each(void** state) {
  (void)state;
  fake_name_hangs("b.test");
  // No refresh asks b, which would be a connection of its own.
  scripted_net* net = scripted_net_start(
      "a", "EXPECT CLUSTER SLOTS\nSLOTS 0-5999 a 6000-16383 b.test=b\nALWAYS EXPECT CLUSTER SLOTS ->\n", "b",
      "", NULL);
  rc_options* options = options_for(net, "a", 60000);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, 60000, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  for (int i = 0; i < 10; i++) {
    assert_fails(cluster, "GET foo", 10, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "b.test");
  }
  assert_int_equal(fake_name_lookups("b.test"), 1);
  finish(cluster, net);
}

static int threads_of_this_process(void) {
  char line[200];
  int count = 0;
  FILE* file = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, file) != NULL) sscanf(line, "Threads: %d", &count);
  fclose(file);
  return count;
}

// Each connection of each caller, tried again and again, waits for the same lookup.
static void a_silent_resolver_takes_one_thread_of_all_callers(void** state) {
  (void)state;
  enum { kCallers = 40 };
  fake_name_hangs("b.test");
  scripted_net* net = scripted_net_start("a", FOO_AT_B_TEST, "b", "", NULL);
  rc_options* options = options_for(net, "a", 600);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, 50, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  const int before = threads_of_this_process();
  call callers[kCallers];
  for (int i = 0; i < kCallers; i++) {
    callers[i] = (call){.cluster = cluster, .line = "GET foo"};
    begin(&callers[i]);
  }
  int most = 0;
  for (const long long start = test_now_ms(); test_now_ms() < start + 500; test_nap()) {
    const int now = threads_of_this_process();
    if (now > most) most = now;
  }
  for (int i = 0; i < kCallers; i++) {
    await_end(&callers[i]);
    assert_null(callers[i].reply);
    rc_error_free(callers[i].error);
  }
  assert_in_range(most, before, before + kCallers + 1);
  assert_int_equal(fake_name_lookups("b.test"), 1);
  rc_cluster_free(cluster);
  assert_true(TEST_WAIT(threads_of_this_process() <= before + 1, 10000));
  fake_names_clear();
  assert_true(TEST_WAIT(threads_of_this_process() <= before, 10000));
  assert_true(scripted_net_passed(net));
}

static void a_lookup_that_fails_is_told(void** state) {
  (void)state;
  const int failures[] = {EAI_NONAME, EAI_AGAIN, EAI_FAIL};
  for (size_t i = 0; i < COUNT_OF(failures); i++) {
    fake_name_fails("a.test", failures[i]);
    scripted_net* net = scripted_net_start("a", "", NULL);
    // An open does not wait for its deadline when there is nobody else to ask.
    rc_error* error = failure_to_open(options_by_name(net, "a.test", "a", 60000));
    assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "open", "cannot look up a.test",
                 gai_strerror(failures[i]), "check the name");
    rc_error_free(error);
    assert_true(scripted_net_passed(net));
  }
}

static void a_lookup_that_fails_costs_an_open_only_that_seed(void** state) {
  (void)state;
  fake_name_fails("a.test", EAI_NONAME);
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  rc_options* options = options_by_name(net, "a.test", "a", 60000);
  assert_int_equal(rc_options_add_address(options, scripted_net_address(net, "a"), NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void a_command_outlasts_a_lookup_that_fails_for_a_while(void** state) {
  (void)state;
  fake_name_fails("b.test", EAI_AGAIN);
  scripted_net* net = scripted_net_start("a", FOO_AT_B_TEST, "b", B_ANSWERS, NULL);
  call waiting = {.cluster = open_at(net, "a", 30000), .line = "GET foo"};
  begin(&waiting);
  const int failed = TEST_WAIT(fake_name_lookups("b.test") >= 3, 10000);
  fake_name_resolves("b.test", "127.0.0.1");
  await_end(&waiting);
  assert_true(failed);
  assert_no_error(waiting.error);
  assert_text(waiting.reply, "from b");
  rc_reply_free(waiting.reply);
  finish(waiting.cluster, net);
}

static void a_command_tells_at_its_deadline_why_the_name_was_not_found(void** state) {
  (void)state;
  fake_name_fails("b.test", EAI_NONAME);
  scripted_net* net = scripted_net_start("a", FOO_AT_B_TEST, "b", "", NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  assert_fails(cluster, "SET foo s3cret", TIMEOUT_MS, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "SET",
               "cannot look up b.test", gai_strerror(EAI_NONAME));
  finish(cluster, net);
}

static void an_address_that_refuses_is_passed_over_for_the_next(void** state) {
  (void)state;
  fake_name_resolves("b.test", "127.0.0.2 127.0.0.3 127.0.0.1");
  scripted_net* net = scripted_net_start("a", FOO_AT_B_TEST, "b", B_ANSWERS, NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_answer(cluster, "GET foo", "from b");
  finish(cluster, net);
}

// Nothing tells such an address from a slow one but that the next one answers.
static void an_address_that_is_a_black_hole_is_passed_over_for_the_next(void** state) {
  (void)state;
  fake_name_resolves("b.test", "127.0.0.2 127.0.0.3 127.0.0.1");
  scripted_net* net = scripted_net_start("a", FOO_AT_B_TEST, "b", B_ANSWERS, "hole@127.0.0.2=b",
                                         "BLACKHOLE\n", "deeper@127.0.0.3=b", "BLACKHOLE\n", NULL);
  await_script(net, "hole");
  await_script(net, "deeper");
  rc_options* options = options_for(net, "a", 10000);
  assert_int_equal(rc_options_set_connect_timeout_ms(options, 10000, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  const long long start = test_now_ms();
  assert_answer(cluster, "GET foo", "from b");
  assert_in_range(test_now_ms() - start, 0, MARGIN_MS);
  finish(cluster, net);
}

static void a_name_all_of_whose_addresses_refuse_is_a_connect_error(void** state) {
  (void)state;
  fake_name_resolves("b.test", "127.0.0.2 127.0.0.3");
  scripted_net* net = scripted_net_start("a", FOO_AT_B_TEST, "b", "", NULL);
  rc_cluster* cluster = open_at(net, "a", 5000);
  assert_fails(cluster, "GET foo", TIMEOUT_MS, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "GET", "b.test",
               "Connection refused");
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_lookup_that_hangs_ends_a_command_at_its_deadline, forget_names),
      cmocka_unit_test_teardown(a_lookup_that_hangs_ends_an_open_at_its_deadline, forget_names),
      cmocka_unit_test_teardown(a_lookup_that_hangs_ends_with_the_connect_timeout, forget_names),
      cmocka_unit_test_teardown(a_lookup_that_hangs_slows_no_call_to_another_node, forget_names),
      cmocka_unit_test_teardown(a_silent_resolver_takes_one_thread_of_all_callers, forget_names),
      cmocka_unit_test_teardown(calls_that_give_up_leave_one_lookup_behind_and_not_one_each, forget_names),
      cmocka_unit_test_teardown(a_lookup_that_fails_is_told, forget_names),
      cmocka_unit_test_teardown(a_lookup_that_fails_costs_an_open_only_that_seed, forget_names),
      cmocka_unit_test_teardown(a_command_outlasts_a_lookup_that_fails_for_a_while, forget_names),
      cmocka_unit_test_teardown(a_command_tells_at_its_deadline_why_the_name_was_not_found, forget_names),
      cmocka_unit_test_teardown(an_address_that_refuses_is_passed_over_for_the_next, forget_names),
      cmocka_unit_test_teardown(an_address_that_is_a_black_hole_is_passed_over_for_the_next, forget_names),
      cmocka_unit_test_teardown(a_name_all_of_whose_addresses_refuse_is_a_connect_error, forget_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
