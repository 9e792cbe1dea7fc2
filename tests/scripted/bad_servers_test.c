// G10: a server that is none, or not the right one, gets a clear error at the open.
#include "scripted/scenario.h"

typedef struct bad_server {
  const char* script;
  int code;
  int outcome;
  const char* words[3];  // in the message, beside the node's address
} bad_server;

static void assert_open_fails(const bad_server* server, const char* password) {
  scripted_net* net = scripted_net_start("a", server->script, NULL);
  if (strstr(server->script, "REFUSE") != NULL) await_script(net, "a");
  rc_options* options = options_for(net, "a", 10000);
  assert_int_equal(rc_options_set_password(options, password, NULL), RC_OK);
  rc_error* error = NULL;
  const long long start = test_now_ms();
  rc_cluster* cluster = rc_cluster_open(options, &error);
  const long long took = test_now_ms() - start;
  rc_options_free(options);
  if (cluster != NULL || rc_error_code(error) != server->code) print_error("with %s", server->script);
  assert_null(cluster);
  const char* words[5] = {scripted_net_address(net, "a")};
  for (size_t i = 0; i < COUNT_OF(server->words) && server->words[i] != NULL; i++)
    words[i + 1] = server->words[i];
  check_error(error, server->code, server->outcome, words, __FILE__, __LINE__);
  assert_in_range(took, 0, 5000);  // it does not wait for the deadline when there is nobody else to ask
  rc_error_free(error);
  assert_true(scripted_net_passed(net));
}

static void nobody_listens(void** state) {
  (void)state;
  const bad_server server = {"REFUSE\n", RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, {"check that the node runs"}};
  assert_open_fails(&server, "");
}

static void what_listens_is_no_redis_server(void** state) {
  (void)state;
  const bad_server servers[] = {
      {"EXPECT CLUSTER SLOTS\nSEND hello\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_UNKNOWN,
       {"check that a Redis node listens there"}},
      {"EXPECT CLUSTER SLOTS\nSEND HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_UNKNOWN,
       {"check that a Redis node listens there"}},
      {"EXPECT CLUSTER SLOTS\nSEND \\0\\x01\\xff\\xfe\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_UNKNOWN,
       {"check that a Redis node listens there"}},
      {"ACCEPT\nSEND SSH-2.0-OpenSSH\\r\\n\nALWAYS EXPECT CLUSTER SLOTS ->\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_NOT_SENT,
       {"check that a Redis node listens there"}},
  };
  for (size_t i = 0; i < COUNT_OF(servers); i++) assert_open_fails(&servers[i], "");
}

static void replies_that_no_server_can_mean(void** state) {
  (void)state;
  const bad_server servers[] = {
      {"EXPECT CLUSTER SLOTS\nSEND *99999999999999999999\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_UNKNOWN,
       {NULL}},
      {"EXPECT CLUSTER SLOTS\nSEND *9223372036854775807\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_EXECUTED,
       {NULL}},
      {"EXPECT CLUSTER SLOTS\nSEND *-2\\r\\n\n", RC_ERR_PROTOCOL, RC_OUTCOME_UNKNOWN, {NULL}},
      {"EXPECT CLUSTER SLOTS\nSEND $99999999999999999999\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_UNKNOWN,
       {NULL}},
      {"EXPECT CLUSTER SLOTS\nSEND *4294967296\\r\\n\n", RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, {NULL}},
      {"EXPECT CLUSTER SLOTS\nSEND $-5\\r\\n\n", RC_ERR_PROTOCOL, RC_OUTCOME_UNKNOWN, {NULL}},
      {"EXPECT CLUSTER SLOTS\nSEND $99999999999999\\r\\nabc\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_EXECUTED,
       {"a string of more than 4 GiB"}},
      {"EXPECT CLUSTER SLOTS\nSEND *1\\r\\n*3\\r\\n:0\\r\\n$4294967297\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_EXECUTED,
       {"a string of more than 4 GiB"}},
      // A length is none before its line has ended: the rest may be anything.
      {"EXPECT CLUSTER SLOTS\nSEND *1\\r\\n*3\\r\\n:0\\r\\n$4294967297\nCLOSE\n",
       RC_ERR_IO,
       RC_OUTCOME_UNKNOWN,
       {"closed"}},
      {"EXPECT CLUSTER SLOTS\nSEND :12x\\r\\n\n", RC_ERR_PROTOCOL, RC_OUTCOME_UNKNOWN, {NULL}},
      // A billion elements of which none follows: nothing may be set aside for them.
      {"EXPECT CLUSTER SLOTS\nSEND *1000000000\\r\\n\nCLOSE\n", RC_ERR_IO, RC_OUTCOME_UNKNOWN, {"closed"}},
      {"EXPECT CLUSTER SLOTS\nSEND *1\\r\\n*3\\r\\n:0\nCLOSE\n", RC_ERR_IO, RC_OUTCOME_UNKNOWN, {"closed"}},
      {"EXPECT CLUSTER SLOTS\nCLOSE\n", RC_ERR_IO, RC_OUTCOME_UNKNOWN, {"closed"}},
      {"EXPECT CLUSTER SLOTS\nRST\n", RC_ERR_IO, RC_OUTCOME_UNKNOWN, {NULL}},
      {"EXPECT CLUSTER SLOTS\nSEND +hello\\r\\n\n",
       RC_ERR_PROTOCOL,
       RC_OUTCOME_REFUSED,
       {"CLUSTER SLOTS", "check what listens there"}},
  };
  for (size_t i = 0; i < COUNT_OF(servers); i++) assert_open_fails(&servers[i], "");
}

static void a_reply_nested_without_end_is_a_protocol_error(void** state) {
  (void)state;
  enum { kDepth = 1000 };
  static const char level[] = "*1\\r\\n";
  static char script[sizeof "EXPECT CLUSTER SLOTS\nSEND \n" + kDepth * sizeof level];
  char* at = script + sprintf(script, "EXPECT CLUSTER SLOTS\nSEND ");
  for (int i = 0; i < kDepth; i++) at += sprintf(at, "%s", level);
  sprintf(at, "\n");
  const bad_server server = {script, RC_ERR_PROTOCOL, RC_OUTCOME_EXECUTED, {"256 deep"}};
  assert_open_fails(&server, "");
}

static void a_server_without_cluster_mode_is_named_as_such(void** state) {
  (void)state;
  const bad_server server = {"EXPECT CLUSTER SLOTS\nREPLY -ERR This instance has cluster support disabled\n",
                             RC_ERR_SERVER,
                             RC_OUTCOME_REFUSED,
                             {"cluster mode", "cluster-enabled yes"}};
  assert_open_fails(&server, "");
}

static void a_missing_password_is_asked_for(void** state) {
  (void)state;
  const bad_server server = {"EXPECT CLUSTER SLOTS\nREPLY -NOAUTH Authentication required.\n",
                             RC_ERR_AUTH,
                             RC_OUTCOME_REFUSED,
                             {"NOAUTH", "rc_options_set_password"}};
  assert_open_fails(&server, "");
}

static void a_wrong_password_is_told_and_not_shown(void** state) {
  (void)state;
  const bad_server servers[] = {
      {"EXPECT AUTH s3cret\nREPLY -WRONGPASS invalid username-password pair or user is disabled.\n",
       RC_ERR_AUTH,
       RC_OUTCOME_NOT_SENT,
       {"WRONGPASS", "check the user name and the password"}},
      {"EXPECT AUTH s3cret\nREPLY -ERR AUTH <password> called without any password configured\n",
       RC_ERR_AUTH,
       RC_OUTCOME_NOT_SENT,
       {"without any password configured"}},
      {"EXPECT AUTH s3cret\nREPLY -ERR unknown command 'AUTH', with args beginning with: 's3cret'\n",
       RC_ERR_AUTH,
       RC_OUTCOME_NOT_SENT,
       {"unknown command"}},
      {"EXPECT AUTH s3cret\nSEND hello\\r\\n\n", RC_ERR_PROTOCOL, RC_OUTCOME_NOT_SENT, {"handshake"}},
      {"EXPECT AUTH s3cret\nCLOSE\n", RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, {"handshake"}},
      // With the right password it asks for one all the same.
      {"EXPECT AUTH s3cret\nREPLY +OK\nEXPECT CLUSTER SLOTS\nREPLY -NOPERM this user has no permissions\n",
       RC_ERR_AUTH,
       RC_OUTCOME_REFUSED,
       {"NOPERM", "CLUSTER SLOTS"}},
  };
  for (size_t i = 0; i < COUNT_OF(servers); i++) assert_open_fails(&servers[i], "s3cret");
}

static void a_node_that_cannot_serve_yet_is_a_cluster_that_is_down(void** state) {
  (void)state;
  const bad_server servers[] = {
      {"EXPECT CLUSTER SLOTS\nREPLY -LOADING Redis is loading the dataset in memory\n",
       RC_ERR_CLUSTER_DOWN,
       RC_OUTCOME_REFUSED,
       {"LOADING"}},
      {"EXPECT CLUSTER SLOTS\nSEND *0\\r\\n\n",
       RC_ERR_CLUSTER_DOWN,
       RC_OUTCOME_REFUSED,
       {"assign the slots"}},
  };
  for (size_t i = 0; i < COUNT_OF(servers); i++) assert_open_fails(&servers[i], "");
}

static void an_open_goes_on_to_the_seed_that_answers(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "down", "REFUSE\n", "alien", "ALWAYS EXPECT CLUSTER SLOTS -> SEND hi\\r\\n\n", "locked",
      "ALWAYS EXPECT CLUSTER SLOTS REPLY -NOAUTH no\n", "a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  await_script(net, "down");
  const char* const seeds[] = {"down", "alien", "locked"};
  rc_options* options = options_for(net, "a", 10000);
  for (size_t i = 0; i < COUNT_OF(seeds); i++) {
    assert_int_equal(rc_options_add_address(options, scripted_net_address(net, seeds[i]), NULL), RC_OK);
  }
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "GET foo", "v");
  finish(cluster, net);
}

static void of_several_failures_the_one_that_tells_most_is_told(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", "REFUSE\n", "locked", "ALWAYS EXPECT CLUSTER SLOTS REPLY -NOAUTH no\n", NULL);
  await_script(net, "a");
  rc_options* options = options_for(net, "a", 10000);
  assert_int_equal(rc_options_add_address(options, scripted_net_address(net, "locked"), NULL), RC_OK);
  rc_error* error = NULL;
  assert_null(rc_cluster_open(options, &error));
  assert_error(error, RC_ERR_AUTH, RC_OUTCOME_REFUSED, scripted_net_address(net, "locked"));
  rc_error_free(error);
  rc_options_free(options);
  assert_true(scripted_net_passed(net));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_listens),
      cmocka_unit_test(what_listens_is_no_redis_server),
      cmocka_unit_test(replies_that_no_server_can_mean),
      cmocka_unit_test(a_reply_nested_without_end_is_a_protocol_error),
      cmocka_unit_test(a_server_without_cluster_mode_is_named_as_such),
      cmocka_unit_test(a_missing_password_is_asked_for),
      cmocka_unit_test(a_wrong_password_is_told_and_not_shown),
      cmocka_unit_test(a_node_that_cannot_serve_yet_is_a_cluster_that_is_down),
      cmocka_unit_test(an_open_goes_on_to_the_seed_that_answers),
      cmocka_unit_test(of_several_failures_the_one_that_tells_most_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
