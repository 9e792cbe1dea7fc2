// What the user is asked before a connection is made may call the cluster: no lock and no role is held
// meanwhile.
#include <pthread.h>
#include <stdatomic.h>

#include "scripted/scenario.h"

#define A_AND_B "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
#define LET_IN "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
#define SERVES "ALWAYS EXPECT GET bar -> BULK v\nALWAYS EXPECT GET foo -> BULK w\n"

typedef struct visitor visitor;
typedef void (*visit)(visitor* self);

// Calls the cluster once, from inside.
struct visitor {
  rc_cluster* cluster;
  visit visit;
  atomic_int visits;
  int code;
};

static void look_in(visitor* self) {
  rc_cluster* cluster = self->cluster;
  if (cluster == NULL || self->visit == NULL || atomic_fetch_add(&self->visits, 1) != 0) return;
  self->visit(self);
}

static int give(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host;
  (void)port;
  look_in(data);
  return rc_credentials_set(credentials, "app", "s3cret", NULL);
}

static int lead(const char* host, int port, rc_address* address, void* data) {
  (void)host;
  (void)port;
  (void)address;
  look_in(data);
  return RC_OK;
}

static void gets(visitor* self) {
  rc_error* error = NULL;
  rc_reply_free(run(self->cluster, "GET bar", 1000, &error));
  self->code = rc_error_code(error);
  rc_error_free(error);
}

static void refreshes(visitor* self) {
  rc_error* error = NULL;
  self->code = rc_cluster_refresh(self->cluster, &error);
  rc_error_free(error);
}

static void closes(visitor* self) {
  rc_cluster_close(self->cluster);
  self->code = RC_OK;
}

static void pipelines(visitor* self) {
  rc_error* error = NULL;
  rc_reply_free(pipeline(self->cluster, COMMANDS("GET bar", "GET bar"), 1000, &error));
  self->code = rc_error_code(error);
  rc_error_free(error);
}

static void informs_itself(visitor* self) {
  rc_error* error = NULL;
  rc_info* info = rc_cluster_info(self->cluster, &error);
  self->code = rc_error_code(error);
  assert_int_equal(rc_info_node_count(info), 2);
  rc_info_free(info);
}

static void explains(visitor* self) {
  rc_error* error = NULL;
  const char* words[] = {"GET", "bar"};
  rc_explanation* told = rc_explain(self->cluster, 2, words, NULL, &error);
  self->code = rc_error_code(error);
  rc_explanation_free(told);
  rc_error_free(error);
}

static rc_cluster* open_for(const scripted_net* net, visitor* who, int by_address) {
  rc_options* options = options_for(net, "a", 5000);
  if (by_address) {
    rc_options_set_username(options, "app", NULL);
    rc_options_set_password(options, "s3cret", NULL);
    assert_int_equal(rc_options_set_address_map(options, lead, who, NULL), RC_OK);
  } else {
    assert_int_equal(rc_options_set_credentials(options, give, who, NULL), RC_OK);
  }
  return open_with(options);
}

// There is a connection to a. What needs one to b asks first, and from inside a is called.
static void every_operation_may_be_called_from_inside(void** state) {
  (void)state;
  static const visit all[] = {gets, refreshes, pipelines, informs_itself, explains};
  for (size_t i = 0; i < COUNT_OF(all); i++) {
    for (int by_address = 0; by_address < 2; by_address++) {
      scripted_net* net = scripted_net_start("a", A_AND_B LET_IN SERVES, "b", A_AND_B LET_IN SERVES, NULL);
      visitor who = {.code = -1};
      rc_cluster* cluster = open_for(net, &who, by_address);
      assert_answer(cluster, "GET bar", "v");
      who.cluster = cluster;
      who.visit = all[i];
      assert_answer(cluster, "GET foo", "w");
      assert_int_equal(who.code, RC_OK);
      finish(cluster, net);
    }
  }
}

static void the_handle_may_be_closed_from_inside(void** state) {
  (void)state;
  for (int by_address = 0; by_address < 2; by_address++) {
    scripted_net* net = scripted_net_start("a", A_AND_B LET_IN SERVES, "b", A_AND_B LET_IN SERVES, NULL);
    visitor who = {.code = -1, .visit = closes};
    rc_cluster* cluster = open_for(net, &who, by_address);
    who.cluster = cluster;
    assert_fails(cluster, "GET foo", 0, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "closed");
    assert_int_equal(who.code, RC_OK);
    finish(cluster, net);
  }
}

// Nobody is connected: a refresh, and what is called from inside of it, would have to ask first.
static void what_would_wait_for_itself_is_told_so_at_once(void** state) {
  (void)state;
  static const visit all[] = {refreshes, gets};
  for (size_t i = 0; i < COUNT_OF(all); i++) {
    for (int by_address = 0; by_address < 2; by_address++) {
      scripted_net* net = scripted_net_start(
          "a", LET_IN SERVES "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a 8192-16383 b\nCLOSE\n" A_AND_B, "b",
          A_AND_B LET_IN SERVES, NULL);
      visitor who = {.code = -1, .visit = all[i]};
      rc_cluster* cluster = open_for(net, &who, by_address);
      await_script(net, "a");
      long_enough_to_be_idle();
      who.cluster = cluster;
      const long long start = test_now_ms();
      assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
      assert_true(test_now_ms() - start < 3000);
      assert_int_equal(who.code, RC_ERR_UNSUPPORTED);
      finish(cluster, net);
    }
  }
}

// The first that is asked takes its time; others refresh meanwhile by way of another node.
typedef struct slow_one {
  atomic_int asked, open, done;
  rc_cluster* cluster;
} slow_one;

static int give_slowly(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host;
  (void)port;
  slow_one* self = data;
  if (self->open && atomic_fetch_add(&self->asked, 1) == 0) TEST_WAIT(self->done, 20000);
  return rc_credentials_set(credentials, "app", "s3cret", NULL);
}

static void* refresh_it(void* data) {
  return rc_cluster_refresh(((slow_one*)data)->cluster, NULL) == RC_OK ? data : NULL;
}

static void a_function_that_takes_long_holds_up_no_other_refresh(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", LET_IN SERVES "EXPECT CLUSTER SLOTS\nSLOTS 0-8191 a 8192-16383 b\nCLOSE\n" A_AND_B, "b",
      A_AND_B LET_IN SERVES, NULL);
  slow_one who = {.asked = 0};
  rc_options* options = options_for(net, "a", 15000);
  rc_options_set_credentials(options, give_slowly, &who, NULL);
  who.cluster = open_with(options);
  await_script(net, "a");
  long_enough_to_be_idle();
  who.open = 1;
  pthread_t thread;
  pthread_create(&thread, NULL, refresh_it, &who);
  assert_true(TEST_WAIT(who.asked > 0, 10000));
  const long long start = test_now_ms();
  // It is asked of one node after the other; a round without an answer may end before it.
  assert_true(TEST_WAIT(rc_cluster_refresh(who.cluster, NULL) == RC_OK, 10000));
  assert_true(test_now_ms() - start < 12000);
  assert_false(who.done);
  who.done = 1;
  void* refreshed = NULL;
  pthread_join(thread, &refreshed);
  assert_non_null(refreshed);
  finish(who.cluster, net);
}

// What is learned from inside replaces the map that a pipeline is being planned by.
static void inner_is_moved(visitor* self) {
  rc_error* error = NULL;
  rc_reply_free(run(self->cluster, "GET inner1", 300, &error));
  self->code = rc_error_code(error);
  rc_error_free(error);
}

static void the_map_may_change_while_a_pipeline_asks_for_zones(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         A_AND_B LET_IN SERVES
                                         "ALWAYS EXPECT READONLY -> REPLY +OK\n"
                                         "ALWAYS EXPECT INFO server -> BULK availability_zone:here\\r\\n\n"
                                         "ALWAYS EXPECT GET inner1 -> "
                                         "REPLY -MOVED 724 127.0.0.1:${port:b}\n",
                                         "b",
                                         A_AND_B LET_IN SERVES
                                         "ALWAYS EXPECT READONLY -> REPLY +OK\n"
                                         "ALWAYS EXPECT INFO server -> BULK availability_zone:here\\r\\n\n"
                                         "ALWAYS EXPECT GET inner1 -> BULK v\n",
                                         NULL);
  visitor who = {.code = -1, .visit = inner_is_moved};
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_credentials(options, give, &who, NULL);
  rc_options_set_read_from(options, RC_READ_SAME_ZONE, NULL);
  rc_options_set_zone(options, "here", NULL);
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "GET bar", "v");
  who.cluster = cluster;
  rc_error* error = NULL;
  rc_reply* reply = pipeline(cluster, COMMANDS("GET bar", "GET foo", "GET bar", "GET foo"), 5000, &error);
  assert_no_error(error);
  assert_element(reply, 0, "v");
  assert_element(reply, 1, "w");
  assert_element(reply, 2, "v");
  assert_element(reply, 3, "w");
  rc_reply_free(reply);
  assert_int_not_equal(who.code, -1);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_operation_may_be_called_from_inside),
      cmocka_unit_test(the_handle_may_be_closed_from_inside),
      cmocka_unit_test(what_would_wait_for_itself_is_told_so_at_once),
      cmocka_unit_test(a_function_that_takes_long_holds_up_no_other_refresh),
      cmocka_unit_test(the_map_may_change_while_a_pipeline_asks_for_zones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
