// The functions that are asked before each connection: credentials and addresses.
#include <pthread.h>

#include "scripted/scenario.h"

// Nodes tell each other apart by ports only: that of "b" leads to "c" where a map says so.
typedef struct guide {
  const scripted_net* net;
  rc_cluster* cluster;   // to be called from inside; else NULL
  const char* password;  // NULL: refuses
  int asked, inner_code, takes_ms;
} guide;

static int give_credentials(const char* host, int port, rc_credentials* credentials, void* data) {
  guide* who = data;
  assert_string_equal(host, "127.0.0.1");
  assert_true(port > 0);
  who->asked++;
  nanosleep(&(struct timespec){0, who->takes_ms * 1000000L}, NULL);
  if (who->cluster != NULL) {
    rc_error* error = NULL;
    rc_cluster* cluster = who->cluster;
    rc_reply* reply = run(cluster, "GET inner1", 1000, &error);
    who->inner_code = rc_error_code(error);
    if (reply != NULL) assert_text(reply, "from inside");
    rc_reply_free(reply);
    rc_error_free(error);
  }
  if (who->password == NULL) return RC_ERR_CALLBACK;
  rc_error* error = NULL;
  assert_int_equal(rc_credentials_set(credentials, "app", who->password, &error), RC_OK);
  assert_no_error(error);
  return RC_OK;
}

static rc_cluster* open_guided(const scripted_net* net, guide* who) {
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_username(options, "nobody", NULL);
  rc_options_set_password(options, "s3cret of nobody", NULL);  // not asked for any more
  assert_int_equal(rc_options_set_credentials(options, give_credentials, who, NULL), RC_OK);
  return open_with(options);
}

static void each_connection_asks_for_credentials(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "ALWAYS EXPECT AUTH app s3cret1 -> REPLY +OK\n"
                                         "EXPECT GET foo\nBULK one\nCLOSE\n"
                                         "EXPECT AUTH app s3cret2\nREPLY +OK\n"
                                         "EXPECT GET foo\nBULK two\n"
                                         "EXPECT GET foo\nBULK three\n",
                                         NULL);
  guide who = {.net = net, .password = "s3cret1"};
  rc_cluster* cluster = open_guided(net, &who);
  assert_answer(cluster, "GET foo", "one");
  const int before = who.asked;
  assert_int_equal(before, scripted_net_connections(net, "a"));
  who.password = "s3cret2";
  long_enough_to_be_idle();
  assert_answer(cluster, "GET foo", "two");
  assert_int_equal(who.asked, before + 1);
  assert_answer(cluster, "GET foo", "three");
  assert_int_equal(who.asked, before + 1);
  finish(cluster, net);
}

static void who_gets_no_credentials_gets_no_connection(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\nEXPECT GET foo\nBULK "
                                         "one\nCLOSE\nEXPECT GET foo\nBULK two\n",
                                         NULL);
  guide who = {.net = net, .password = "s3cret"};
  rc_cluster* cluster = open_guided(net, &who);
  assert_answer(cluster, "GET foo", "one");
  const int connections = scripted_net_connections(net, "a");
  who.password = NULL;
  long_enough_to_be_idle();
  assert_fails(cluster, "GET foo", 1000, RC_ERR_AUTH, RC_OUTCOME_NOT_SENT, "GET (slot 12182)",
               "no credentials for 127.0.0.1:", "returned 17");
  assert_int_equal(scripted_net_connections(net, "a"), connections);
  who.password = "s3cret";
  assert_answer(cluster, "GET foo", "two");
  rc_cluster_free(cluster);
  // Nor does it open.
  who.password = NULL;
  rc_options* options = options_for(net, "a", 1000);
  rc_options_set_credentials(options, give_credentials, &who, NULL);
  rc_error* error = NULL;
  assert_null(rc_cluster_open(options, &error));
  assert_error(error, RC_ERR_AUTH, RC_OUTCOME_NOT_SENT, "open: ", "no credentials");
  rc_error_free(error);
  rc_options_free(options);
  assert_true(scripted_net_passed(net));
}

// In another language it has died, and its caller's stand-in returned 0 for it.
static int return_ok_only(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host, (void)port, (void)credentials, (void)data;
  return RC_OK;
}

// What it is given is refused, and it does not look.
static int give_no_password(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host, (void)port, (void)data;
  rc_credentials_set(credentials, "app", NULL, NULL);
  return RC_OK;
}

static void who_says_ok_without_credentials_is_nobody(void** state) {
  (void)state;
  const rc_credentials_fn functions[] = {return_ok_only, give_no_password};
  for (size_t i = 0; i < COUNT_OF(functions); i++) {
    scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
    rc_options* options = options_for(net, "a", 1000);
    rc_options_set_credentials(options, functions[i], NULL, NULL);
    rc_error* error = NULL;
    assert_null(rc_cluster_open(options, &error));
    assert_error(error, RC_ERR_AUTH, RC_OUTCOME_NOT_SENT,
                 "no credentials for 127.0.0.1:", "rc_credentials_set");
    rc_error_free(error);
    rc_options_free(options);
    assert_int_equal(scripted_net_connections(net, "a"), 0);
    scripted_net_free(net);
  }
}

// It has a connection to a, and asks there what the one to b needs.
static void the_function_may_use_connections_that_are_open(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET inner1 -> BULK from inside\n"
                                         "ALWAYS EXPECT GET bar -> BULK v\n",
                                         "b",
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
                                         "ALWAYS EXPECT GET foo -> BULK w\n",
                                         NULL);
  guide who = {.net = net, .password = "s3cret"};
  assert_true(rc_key_slot("inner1", 6) < 8192);
  rc_cluster* cluster = open_guided(net, &who);
  assert_answer(cluster, "GET bar", "v");
  who.cluster = cluster;
  who.inner_code = -1;
  assert_answer(cluster, "GET foo", "w");
  assert_int_equal(who.inner_code, RC_OK);
  finish(cluster, net);
}

// It cannot wait for itself: that ends soon, and not with a deadlock.
static void the_function_that_needs_another_connection_of_the_cluster_is_told_so(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 b 8192-16383 a\n"
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET foo -> BULK v\n",
                                         "b",
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 b 8192-16383 a\n",
                                         NULL);
  guide who = {.net = net, .password = "s3cret"};
  rc_cluster* cluster = open_guided(net, &who);
  who.cluster = cluster;
  who.inner_code = -1;
  const int asked = who.asked;
  assert_answer(cluster, "GET foo", "v");
  assert_int_equal(who.asked, asked + 1);
  assert_int_equal(who.inner_code, RC_ERR_UNSUPPORTED);
  who.cluster = NULL;
  finish(cluster, net);
}

// It takes longer than a node has to answer, and then than the whole call has.
static void a_function_that_takes_long_takes_it_from_the_call_alone(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 b 8192-16383 a\n"
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET foo -> BULK v\n"
                                         "ALWAYS EXPECT SET foo ... -> REPLY +OK\n",
                                         "b",
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET bar -> BULK w\n",
                                         NULL);
  guide who = {.net = net, .password = "s3cret"};
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_connect_timeout_ms(options, 300, NULL);
  assert_int_equal(rc_options_set_credentials(options, give_credentials, &who, NULL), RC_OK);
  rc_cluster* cluster = open_with(options);
  who.takes_ms = 400;
  assert_answer(cluster, "GET foo", "v");
  assert_int_equal(who.asked, 2);  // by the one that opened the cluster too
  assert_fails(cluster, "GET bar", 200, RC_ERR_TIMEOUT, RC_OUTCOME_NOT_SENT, "GET (slot 5061)",
               "callbacks that are asked before a connection is made took long");
  assert_int_equal(scripted_net_count(net, "b", "GET"), 0);
  assert_answer(cluster, "GET bar", "w");  // its answer was kept
  assert_int_equal(who.asked, 3);
  finish(cluster, net);
}

static void a_function_that_takes_long_holds_up_nobody_who_is_connected(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 b 8192-16383 a\n"
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET foo -> BULK v\n",
                                         "b",
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET bar ->\n",
                                         NULL);
  guide who = {.net = net, .password = "s3cret"};
  rc_cluster* cluster = open_guided(net, &who);
  assert_answer(cluster, "GET foo", "v");
  const int asked = who.asked;
  for (int i = 0; i < 20; i++) {  // wants refreshes, whose turn is a matter of chance
    rc_error* error = NULL;
    assert_null(run(cluster, "GET bar", 1, &error));
    rc_error_free(error);
    assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
    assert_answer(cluster, "GET foo", "v");
  }
  assert_true(who.asked <= asked + 1);  // that of the call for b
  finish(cluster, net);
}

static void a_user_may_have_no_password(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "ALWAYS EXPECT AUTH nop \"\" -> REPLY +OK\nALWAYS EXPECT GET foo -> BULK v\n", NULL);
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_username(options, "nop", NULL);
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "GET foo", "v");
  assert_true(scripted_net_count(net, "a", "AUTH") > 0);
  finish(cluster, net);
}

// Passwords are kept in another cluster, which has its own.
static int ask_the_vault(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host;
  (void)port;
  rc_error* error = NULL;
  rc_reply* reply = run(data, "GET password", 1000, &error);
  if (reply == NULL) print_error("%s\n", rc_error_message(error));
  const int code = reply == NULL ? RC_ERR_CALLBACK
                                 : rc_credentials_set(credentials, "app", rc_reply_string(reply, NULL), NULL);
  rc_reply_free(reply);
  rc_error_free(error);
  return code;
}

static void credentials_may_come_from_another_cluster(void** state) {
  (void)state;
  scripted_net* vault_net = scripted_net_start("a",
                                               ALL_AT_A
                                               "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"
                                               "ALWAYS EXPECT GET password -> BULK s3cret2\n",
                                               NULL);
  scripted_net* net = scripted_net_start(
      "a", ALL_AT_A "ALWAYS EXPECT AUTH app s3cret2 -> REPLY +OK\nEXPECT GET foo\nBULK v\n", NULL);
  guide who = {.net = vault_net, .password = "s3cret"};
  rc_cluster* vault = open_guided(vault_net, &who);
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_credentials(options, ask_the_vault, vault, NULL);
  rc_cluster* cluster = open_with(options);  // the vault's own connection for GET is made meanwhile
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
  finish(vault, vault_net);
}

// ---- addresses ----

static int lead_to_c(const char* host, int port, rc_address* address, void* data) {
  guide* who = data;
  assert_string_equal(host, "127.0.0.1");
  who->asked++;
  if (port == scripted_net_port(who->net, "a")) return RC_OK;  // stays
  if (who->password == NULL) return RC_ERR_CALLBACK;
  assert_int_equal(rc_address_set(address, "", 1, NULL), RC_ERR_INVALID_ARGUMENT);
  assert_int_equal(rc_address_set(address, "127.0.0.1", 0, NULL), RC_ERR_INVALID_ARGUMENT);
  return rc_address_set(address, "127.0.0.1", scripted_net_port(who->net, "c"), NULL);
}

static void an_announced_address_leads_elsewhere(void** state) {
  (void)state;
  for (int by_function = 0; by_function < 2; by_function++) {
    scripted_net* net = scripted_net_start(
        "a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n", "b", "REFUSE\n", "c",
        "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
        "EXPECT GET foo\nBULK v\n",
        NULL);
    guide who = {.net = net, .password = ""};
    rc_options* options = options_for(net, "a", 5000);
    if (by_function) {
      rc_options_set_address_map(options, lead_to_c, &who, NULL);
    } else {
      rc_options_add_mapped_address(options, "127.0.0.1", scripted_net_port(net, "b"), "h", 1, NULL);
      rc_options_add_mapped_address(options, "127.0.0.1", scripted_net_port(net, "b"), "127.0.0.1",
                                    scripted_net_port(net, "c"), NULL);  // the later holds
    }
    rc_cluster* cluster = open_with(options);
    assert_answer(cluster, "GET foo", "v");
    rc_info* info = rc_cluster_info(cluster, NULL);
    int as_announced = 0;
    for (size_t i = 0; i < rc_info_node_count(info); i++) {
      as_announced += rc_info_node_port(info, i) == scripted_net_port(net, "b");
      assert_int_not_equal(rc_info_node_port(info, i), scripted_net_port(net, "c"));
    }
    assert_int_equal(as_announced, 1);
    rc_info_free(info);
    finish(cluster, net);
  }
}

static void a_node_without_an_address_counts_as_unreachable(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\nEXPECT GET bar\nBULK v\n", "b",
      "REFUSE\n", "c", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\nEXPECT GET foo\nBULK w\n",
      NULL);
  guide who = {.net = net};
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_address_map(options, lead_to_c, &who, NULL);
  rc_cluster* cluster = open_with(options);
  assert_fails(cluster, "GET foo", 200, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "GET (slot 12182)",
               "no address for 127.0.0.1:", "returned 17");
  assert_answer(cluster, "GET bar", "v");
  who.password = "";
  assert_answer(cluster, "GET foo", "w");
  finish(cluster, net);
}

static void connections_that_read_ask_too(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\n", "b", "REFUSE\n", "c",
                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\n"
                         "ALWAYS EXPECT READONLY -> REPLY +OK\nEXPECT GET foo\nBULK v\n",
                         NULL);
  guide who = {.net = net, .password = ""};
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_address_map(options, lead_to_c, &who, NULL);
  rc_options_set_read_from(options, RC_READ_REPLICA, NULL);
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void* get_foo(void* cluster) {
  for (int i = 0; i < 50; i++) rc_reply_free(run(cluster, "GET foo", 0, NULL));
  return NULL;
}

static int give_at_leisure(const char* host, int port, rc_credentials* credentials, void* data) {
  (void)host;
  (void)port;
  (void)data;
  for (int i = 0; i < 5; i++) test_nap();
  return rc_credentials_set(credentials, NULL, "s3cret", NULL);
}

// Many callers while connections come and go: every one is served, and none waits for ever.
static void many_threads_may_ask_at_the_same_time(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "ALWAYS EXPECT AUTH s3cret -> REPLY +OK\n"
                                         "ALWAYS EXPECT GET foo -> BULK v\n"
                                         "ALWAYS EXPECT GET bar -> CLOSE\n",
                                         NULL);
  rc_options* options = options_for(net, "a", 20000);
  rc_options_set_credentials(options, give_at_leisure, NULL, NULL);
  rc_cluster* cluster = open_with(options);
  pthread_t threads[6];
  for (size_t i = 0; i < COUNT_OF(threads); i++) pthread_create(&threads[i], NULL, get_foo, cluster);
  for (int i = 0; i < 5; i++) rc_reply_free(run(cluster, "GET bar", 50, NULL));
  for (size_t i = 0; i < COUNT_OF(threads); i++) pthread_join(threads[i], NULL);
  assert_answer(cluster, "GET foo", "v");
  assert_true(scripted_net_count(net, "a", "GET foo") >= 6 * 50);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_connection_asks_for_credentials),
      cmocka_unit_test(who_gets_no_credentials_gets_no_connection),
      cmocka_unit_test(who_says_ok_without_credentials_is_nobody),
      cmocka_unit_test(the_function_may_use_connections_that_are_open),
      cmocka_unit_test(the_function_that_needs_another_connection_of_the_cluster_is_told_so),
      cmocka_unit_test(a_function_that_takes_long_takes_it_from_the_call_alone),
      cmocka_unit_test(a_function_that_takes_long_holds_up_nobody_who_is_connected),
      cmocka_unit_test(a_user_may_have_no_password),
      cmocka_unit_test(credentials_may_come_from_another_cluster),
      cmocka_unit_test(an_announced_address_leads_elsewhere),
      cmocka_unit_test(a_node_without_an_address_counts_as_unreachable),
      cmocka_unit_test(connections_that_read_ask_too),
      cmocka_unit_test(many_threads_may_ask_at_the_same_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
