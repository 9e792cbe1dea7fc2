// What a server says before it hangs up is shown, and is no reason to suspect its port or the password.
#include "scripted/scenario.h"

#define PROTECTED                                                                                       \
  "DENIED Redis is running in protected mode because protected mode is enabled and no password is set " \
  "for the default user."
#define TOO_MANY "ERR max number of clients reached"
#define OF_A_PROXY "ERR the backend is being replaced, come back later"

static void assert_turned_away(const char* script, const char* line, int tls, const char* password) {
  scripted_net* net = scripted_net_start("a", script, NULL);
  rc_options* options = options_for(net, "a", 10000);
  rc_options_set_password(options, password, NULL);
  if (tls) rc_options_set_tls(options, 1, NULL);
  rc_error* error = NULL;
  const long long start = test_now_ms();
  assert_null(rc_cluster_open(options, &error));
  assert_in_range(test_now_ms() - start, 0, 5000);
  const char* const words[] = {line, scripted_net_address(net, "a"), NULL};
  check_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, words, __FILE__, __LINE__);
  assert_null(strstr(rc_error_message(error), "rc_options_set_tls"));
  assert_null(strstr(rc_error_message(error), "user name"));
  rc_error_free(error);
  rc_options_free(options);
  scripted_net_free(net);
}

static void a_line_on_accept_is_shown(void** state) {
  (void)state;
  const char* const lines[] = {PROTECTED, TOO_MANY, OF_A_PROXY};
  const char* const ends[] = {"CLOSE", "RST", "HALFCLOSE"};
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    for (size_t end = 0; end < COUNT_OF(ends); end++) {
      char script[1000];
      snprintf(script, sizeof script, "REPEAT 20\nACCEPT\nSEND -%s\\r\\n\n%s\nEND\n", lines[i], ends[end]);
      assert_turned_away(script, lines[i], 0, "");
      assert_turned_away(script, lines[i], 0, "s3cret");
    }
  }
}

// By a server without TLS to a client that begins with it.
static void a_line_in_the_clear_is_shown(void** state) {
  (void)state;
  rc_options* options = rc_options_new();
  const int offered = rc_options_set_tls(options, 1, NULL) == RC_OK;
  rc_options_free(options);
  if (!offered) skip();
  const char* const lines[] = {PROTECTED, TOO_MANY, OF_A_PROXY};
  for (size_t i = 0; i < COUNT_OF(lines); i++) {
    char script[1000];
    snprintf(script, sizeof script, "REPEAT 20\nACCEPT\nSEND -%s\\r\\n\nCLOSE\nEND\n", lines[i]);
    assert_turned_away(script, lines[i], 1, "");
  }
}

// In the place of any answer of the handshake.
static void a_line_that_is_the_last_answer_is_shown(void** state) {
  (void)state;
  const char* const commands[] = {"AUTH *", "CLIENT SETINFO LIB-NAME *", "CLIENT SETINFO LIB-VER *",
                                  "PING *"};
  const char* const lines[] = {PROTECTED, TOO_MANY, OF_A_PROXY};
  for (size_t i = 0; i < COUNT_OF(commands); i++) {
    for (size_t line = 0; line < COUNT_OF(lines); line++) {
      char script[1000];
      snprintf(script, sizeof script,
               "ALWAYS EXPECT AUTH * -> REPLY +OK\nALWAYS EXPECT %s -> REPLY -%s ; CLOSE\n", commands[i],
               lines[line]);
      assert_turned_away(script, lines[line], 0, "s3cret");
    }
  }
}

// A node of the cluster that serves nobody: its calls say so at their deadline.
static void a_call_tells_what_its_node_says(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b",
                                         "REPEAT 1000\nACCEPT\nSEND -" TOO_MANY "\\r\\n\nCLOSE\nEND\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 10000);
  assert_fails(cluster, "SET foo s3cret", 200, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "SET", TOO_MANY,
               scripted_net_address(net, "b"));
  rc_cluster_free(cluster);
  scripted_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_on_accept_is_shown),
      cmocka_unit_test(a_line_in_the_clear_is_shown),
      cmocka_unit_test(a_line_that_is_the_last_answer_is_shown),
      cmocka_unit_test(a_call_tells_what_its_node_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
