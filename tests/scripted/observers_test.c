// What the hook for attempts and the log are told.
#include "scripted/scenario.h"

#define TOLD_MAX 8000

// ---- the hook ----

// Writes down each attempt as "a GET 1 RC_OK - EXECUTED\n": node, command, number, code, the server's word,
// outcome.
typedef struct witness {
  const scripted_net* net;
  rc_cluster* cluster;  // to be called from inside, once; else NULL
  char told[TOLD_MAX];
  int64_t longest_us;
  int64_t shortest_us;
} witness;

static void note(witness* who, const char* line) {
  assert_true(strlen(who->told) + strlen(line) < sizeof who->told);
  strcat(who->told, line);
}

static char node_at(const scripted_net* net, const char* host, int port) {
  for (char name = 'a'; name <= 'd'; name++) {
    const char text[] = {name, '\0'};
    if (strcmp(host, "127.0.0.1") == 0 && scripted_net_port(net, text) == port) return name;
  }
  return '?';
}

static void on_attempt(const rc_attempt* attempt, void* data) {
  witness* who = data;
  const char* word = rc_attempt_server_code(attempt);
  char line[200];
  snprintf(line, sizeof line, "%c %s %d %s %s %s\n",
           node_at(who->net, rc_attempt_host(attempt), rc_attempt_port(attempt)), rc_attempt_command(attempt),
           rc_attempt_number(attempt), rc_error_name(rc_attempt_code(attempt)), word == NULL ? "-" : word,
           rc_outcome_name(rc_attempt_outcome(attempt)) + strlen("RC_OUTCOME_"));
  note(who, line);
  const int64_t took = rc_attempt_duration_us(attempt);
  if (took > who->longest_us) who->longest_us = took;
  if (took < who->shortest_us) who->shortest_us = took;
  if (who->cluster != NULL) {
    rc_cluster* cluster = who->cluster;
    who->cluster = NULL;
    assert_answer(cluster, "GET inner", "from inside");
  }
}

static rc_cluster* open_witnessed(const scripted_net* net, witness* who, int timeout_ms) {
  *who = (witness){.net = net, .shortest_us = INT64_MAX};
  rc_options* options = options_for(net, "a", timeout_ms);
  assert_int_equal(rc_options_set_attempt_hook(options, on_attempt, who, NULL), RC_OK);
  return open_with(options);
}

#define assert_told(who, lines) assert_string_equal((who)->told, lines)

static void a_command_is_one_attempt(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET foo\nBULK s3cret\n"
                                         "EXPECT GET foo\nREPLY $-1\n"
                                         "EXPECT LPUSH foo s3cret\nREPLY -WRONGTYPE Operation against a key\n"
                                         "EXPECT SET foo s3cret x\nREPLY -ERR syntax error\n",
                                         NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  assert_told(&who, "");  // CLUSTER SLOTS is nobody's command
  assert_answer(cluster, "get foo", "s3cret");
  rc_reply_free(run(cluster, "GET foo", 0, NULL));
  assert_null(run(cluster, "LPUSH foo s3cret", 0, NULL));
  assert_null(run(cluster, "SET foo s3cret x", 0, NULL));
  assert_told(&who,
              "a GET 1 RC_OK - EXECUTED\n"
              "a GET 1 RC_OK - EXECUTED\n"
              "a LPUSH 1 RC_ERR_SERVER WRONGTYPE EXECUTED\n"
              "a SET 1 RC_ERR_SERVER ERR EXECUTED\n");
  finish(cluster, net);
}

static void an_attempt_takes_as_long_as_its_answer(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a",
      ALL_AT_A
      "EXPECT GET foo\nSLEEP 50\nBULK v\nEXPECT GET foo\nREPLY -TRYAGAIN x\nEXPECT GET foo\nBULK w\n",
      NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  assert_answer(cluster, "GET foo", "v");
  assert_true(who.shortest_us >= 50 * 1000);
  assert_true(who.longest_us < (50 + MARGIN_MS) * 1000);
  assert_answer(cluster, "GET foo", "w");
  assert_true(who.shortest_us >= 0);
  finish(cluster, net);
}

static void each_redirect_is_an_attempt(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A "EXPECT GET foo\n" MOVED_TO_B
                                                  "EXPECT SET bar 1\n"
                                                  "REPLY -ASK 5061 127.0.0.1:${port:b}\n",
                                         "b",
                                         ALL_AT_A
                                         "EXPECT GET foo\nBULK v\n"
                                         "EXPECT ASKING\nREPLY +OK\nEXPECT_SAME SET bar 1\nREPLY +OK\n",
                                         NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  assert_answer(cluster, "GET foo", "v");
  assert_told(&who, "a GET 1 RC_ERR_SERVER MOVED REFUSED\nb GET 2 RC_OK - EXECUTED\n");
  who.told[0] = '\0';
  assert_answer(cluster, "SET bar 1", "OK");
  assert_told(&who, "a SET 1 RC_ERR_SERVER ASK REFUSED\nb SET 2 RC_OK - EXECUTED\n");
  finish(cluster, net);
}

static void waiting_is_several_attempts(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT SET foo 1\nREPLY -TRYAGAIN x\n"
                                         "EXPECT SET foo 1\nREPLY -CLUSTERDOWN x\n"
                                         "EXPECT SET foo 1\nREPLY +OK\n",
                                         NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  assert_answer(cluster, "SET foo 1", "OK");
  assert_told(&who,
              "a SET 1 RC_ERR_SERVER TRYAGAIN REFUSED\n"
              "a SET 2 RC_ERR_SERVER CLUSTERDOWN REFUSED\n"
              "a SET 3 RC_OK - EXECUTED\n");
  finish(cluster, net);
}

static void lost_connections_and_timeouts_are_attempts(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "EXPECT GET foo\nCLOSE\n"
                                         "EXPECT GET foo\nBULK v\n"
                                         "EXPECT SET foo 1\nCLOSE\n"
                                         "EXPECT SET foo 2\nSILENCE\n",
                                         NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  assert_answer(cluster, "GET foo", "v");
  assert_null(run(cluster, "SET foo 1", 0, NULL));
  assert_null(run(cluster, "SET foo 2", 100, NULL));
  assert_told(&who,
              "a GET 1 RC_ERR_IO - UNKNOWN\n"
              "a GET 2 RC_OK - EXECUTED\n"
              "a SET 1 RC_ERR_IO - UNKNOWN\n"
              "a SET 1 RC_ERR_TIMEOUT - UNKNOWN\n");
  finish(cluster, net);
}

static void connections_that_cannot_be_made_are_attempts(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_B, "b", "REFUSE\n", NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  assert_fails(cluster, "SET foo 1", 100, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "SET");
  assert_int_equal(
      strncmp(who.told, "b SET 1 RC_ERR_CONNECT - NOT_SENT\nb SET 2 RC_ERR_CONNECT - NOT_SENT\n", 68), 0);
  finish(cluster, net);
}

static void what_is_refused_before_it_is_sent_is_no_attempt(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A, NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  assert_fails(cluster, "MSETNX a 1 b 2", 0, RC_ERR_CROSS_SLOT, RC_OUTCOME_NOT_SENT, "MSETNX");
  assert_fails(cluster, "MULTI", 0, RC_ERR_UNSUPPORTED, RC_OUTCOME_NOT_SENT, "MULTI");
  assert_told(&who, "");
  finish(cluster, net);
}

static void each_command_of_a_pipeline_is_an_attempt(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
                                         "EXPECT GET bar\nBULK v\n"
                                         "EXPECT LPUSH bar 1\nREPLY -WRONGTYPE x\n"
                                         "EXPECT GET foo\nBULK w\n",
                                         "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
                                         "EXPECT GET foo\nREPLY -MOVED 12182 127.0.0.1:${port:a}\n",
                                         NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  rc_reply* reply = pipeline(cluster, COMMANDS("GET bar", "GET foo", "LPUSH bar 1"), 0, NULL);
  assert_element(reply, 0, "v");
  assert_element(reply, 1, "w");
  rc_reply_free(reply);
  assert_told(&who,
              "a GET 1 RC_OK - EXECUTED\n"
              "a LPUSH 1 RC_ERR_SERVER WRONGTYPE EXECUTED\n"
              "b GET 1 RC_ERR_SERVER MOVED REFUSED\n"
              "a GET 2 RC_OK - EXECUTED\n");
  finish(cluster, net);
}

static void a_pipeline_that_is_lost_tells_each_commands_end(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_A "EXPECT SET foo 1\nREPLY +OK\nEXPECT SET bar 1\nCLOSE\n", NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  rc_reply* reply = pipeline(cluster, COMMANDS("SET foo 1", "SET bar 1"), 0, NULL);
  assert_element(reply, 0, "OK");
  assert_element_error(reply, 1, RC_ERR_IO, RC_OUTCOME_UNKNOWN, "SET");
  rc_reply_free(reply);
  assert_told(&who, "a SET 1 RC_OK - EXECUTED\na SET 1 RC_ERR_IO - UNKNOWN\n");
  finish(cluster, net);
}

static void a_transaction_is_told_as_exec(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a",
      ALL_AT_A
      "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 1\nREPLY +QUEUED\nEXPECT EXEC\nSEND *1\\r\\n+OK\\r\\n\n"
      "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 2\n" MOVED_TO_B "EXPECT EXEC\nREPLY -EXECABORT x\n",
      "b",
      ALL_AT_A
      "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 2\nREPLY +QUEUED\nEXPECT EXEC\nSEND *1\\r\\n+OK\\r\\n\n",
      NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  rc_reply_free(transaction(cluster, COMMANDS("SET foo 1"), 0, NULL));
  assert_told(&who, "a EXEC 1 RC_OK - EXECUTED\n");
  who.told[0] = '\0';
  rc_reply_free(transaction(cluster, COMMANDS("SET foo 2"), 0, NULL));
  assert_told(&who, "a EXEC 1 RC_ERR_SERVER MOVED REFUSED\nb EXEC 2 RC_OK - EXECUTED\n");
  finish(cluster, net);
}

static int set_what_was_read(rc_watch* watch, rc_commands* out, void* data) {
  (void)data;
  const char* get[] = {"GET", "foo"};
  const char* set[] = {"SET", "foo", "2"};
  rc_reply_free(rc_watch_command(watch, 2, get, NULL, NULL));
  const int code = rc_commands_add(out, 3, set, NULL, NULL);
  return code == RC_OK ? RC_WATCH_EXECUTE : code;
}

static void a_watch_tells_what_it_sends(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         ALL_AT_A
                         "REPEAT 2\n"
                         "EXPECT WATCH foo\nREPLY +OK\n"
                         "EXPECT GET foo\nBULK 1\n"
                         "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 2\nREPLY +QUEUED\nEXPECT EXEC\n"
                         "REPLY *-1\n"
                         "END\n"
                         "EXPECT WATCH foo\nREPLY +OK\n"
                         "EXPECT GET foo\nBULK 1\n"
                         "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 2\nREPLY +QUEUED\nEXPECT EXEC\n"
                         "SEND *1\\r\\n+OK\\r\\n\n",
                         NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  const char* keys[] = {"foo"};
  rc_error* error = NULL;
  rc_reply* reply = rc_watch_transaction(cluster, 1, keys, NULL, set_what_was_read, NULL, &error);
  assert_no_error(error);
  rc_reply_free(reply);
  // A transaction that a conflict has ended was refused, not executed.
  assert_told(
      &who,
      "a WATCH 1 RC_OK - EXECUTED\na GET 1 RC_OK - EXECUTED\na EXEC 1 RC_ERR_WATCH_CONFLICT - REFUSED\n"
      "a WATCH 2 RC_OK - EXECUTED\na GET 2 RC_OK - EXECUTED\na EXEC 2 RC_ERR_WATCH_CONFLICT - REFUSED\n"
      "a WATCH 3 RC_OK - EXECUTED\na GET 3 RC_OK - EXECUTED\na EXEC 3 RC_OK - EXECUTED\n");
  finish(cluster, net);
}

static void a_read_that_is_passed_on_tells_each_node(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\nEXPECT GET foo\nBULK v\n", "b",
      "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a,b\nALWAYS EXPECT READONLY -> REPLY +OK\n"
      "EXPECT GET foo\nREPLY -MASTERDOWN x\n",
      NULL);
  witness who = {.net = net, .shortest_us = INT64_MAX};
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_attempt_hook(options, on_attempt, &who, NULL);
  rc_options_set_read_from(options, RC_READ_PREFER_REPLICA, NULL);
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "GET foo", "v");
  assert_told(&who, "b GET 1 RC_ERR_SERVER MASTERDOWN REFUSED\na GET 2 RC_OK - EXECUTED\n");
  finish(cluster, net);
}

static void the_hook_may_call_the_cluster(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         ALL_AT_A
                                         "ALWAYS EXPECT GET inner -> BULK from inside\n"
                                         "ALWAYS EXPECT GET foo -> BULK v\n"
                                         "ALWAYS EXPECT BLPOP ... -> REPLY *-1\n"
                                         "ALWAYS EXPECT MULTI -> REPLY +OK\n"
                                         "ALWAYS EXPECT WATCH foo -> REPLY +OK\n"
                                         "ALWAYS EXPECT SET foo 2 -> REPLY +QUEUED\n"
                                         "ALWAYS EXPECT EXEC -> SEND *1\\r\\n+OK\\r\\n\n",
                                         NULL);
  witness who;
  rc_cluster* cluster = open_witnessed(net, &who, 5000);
  who.cluster = cluster;
  assert_answer(cluster, "GET foo", "v");
  assert_null(who.cluster);
  assert_told(&who, "a GET 1 RC_OK - EXECUTED\na GET 1 RC_OK - EXECUTED\n");
  who.cluster = cluster;
  rc_reply_free(run(cluster, "BLPOP foo 1", 0, NULL));
  assert_null(who.cluster);
  who.cluster = cluster;
  rc_reply_free(pipeline(cluster, COMMANDS("GET foo", "GET foo"), 0, NULL));
  assert_null(who.cluster);
  const char* keys[] = {"foo"};
  who.cluster = cluster;
  rc_reply* reply = rc_watch_transaction(cluster, 1, keys, NULL, set_what_was_read, NULL, NULL);
  assert_non_null(reply);
  rc_reply_free(reply);
  assert_null(who.cluster);
  finish(cluster, net);
}

static void a_hook_that_is_taken_back_is_not_told(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", ALL_AT_A "EXPECT GET foo\nBULK v\n", NULL);
  witness who = {.net = net};
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_attempt_hook(options, on_attempt, &who, NULL);
  rc_options_set_attempt_hook(options, NULL, NULL, NULL);
  rc_cluster* cluster = open_with(options);
  assert_answer(cluster, "GET foo", "v");
  assert_told(&who, "");
  finish(cluster, net);
}

// ---- the log ----

typedef struct journal {
  rc_cluster* cluster;   // to be called from inside, once; else NULL
  char lines[TOLD_MAX];  // "2 message\n"
  int inside, nested;
} journal;

static void on_line(int level, const char* message, void* data) {
  journal* log = data;
  log->nested |= log->inside++ > 0;
  char line[700];
  snprintf(line, sizeof line, "%d %s\n", level, message);
  assert_true(strlen(log->lines) + strlen(line) < sizeof log->lines);
  strcat(log->lines, line);
  if (log->cluster != NULL) {
    rc_cluster* cluster = log->cluster;
    log->cluster = NULL;
    assert_answer(cluster, "GET inner", "from inside");
  }
  log->inside--;
}

static rc_cluster* open_logged(const scripted_net* net, journal* log, int level) {
  *log = (journal){.cluster = NULL};
  rc_options* options = options_for(net, "a", 5000);
  rc_options_set_username(options, "app", NULL);
  rc_options_set_password(options, "s3cret", NULL);
  assert_int_equal(rc_options_set_log(options, level, on_line, log, NULL), RC_OK);
  return open_with(options);
}

#define LET_IN "ALWAYS EXPECT AUTH app s3cret -> REPLY +OK\n"

// The texts stand in the log in this order.
#define assert_in_order(log, ...) \
  check_in_order((log), (const char*[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)

static void check_in_order(const journal* log, const char* const* texts, const char* file, int line) {
  const char* at = log->lines;
  for (; *texts != NULL && at != NULL; texts++) {
    at = strstr(at, *texts);
    if (at == NULL) print_error("\"%s\" is not there, or not in its place, in:\n%s", *texts, log->lines);
  }
  const int shows_secret = strstr(log->lines, "s3cret") != NULL;
  if (shows_secret) print_error("a secret is shown in:\n%s", log->lines);
  if (at == NULL || shows_secret) _fail(file, line);
}

static int lines_of(const journal* log, const char* level) {
  int count = 0;
  for (const char* at = log->lines; at != NULL; at = strchr(at, '\n')) {
    if (*at == '\n') at++;
    count += strncmp(at, level, strlen(level)) == 0 && *at != '\0';
  }
  return count;
}

static scripted_net* start_eventful(void) {
  return scripted_net_start("a",
                            LET_IN
                            "EXPECT CLUSTER SLOTS\nSLOTS 0-16383 a\n"
                            "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-12181 a 12182 b 12183-16383 a\n"
                            "EXPECT SET foo s3cret\n" MOVED_TO_B
                            "EXPECT GET bar\nCLOSE\n"
                            "EXPECT GET bar\nREPLY -TRYAGAIN x\n"
                            "EXPECT GET bar\nBULK s3cret\n",
                            "b",
                            LET_IN
                            "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-12181 a 12182 b 12183-16383 a\n"
                            "EXPECT SET foo s3cret\nREPLY +OK\n",
                            NULL);
}

static void what_happens_is_told_in_order(void** state) {
  (void)state;
  scripted_net* net = start_eventful();
  journal log;
  rc_cluster* cluster = open_logged(net, &log, RC_LOG_DEBUG);
  char a[100];
  char b[100];
  snprintf(a, sizeof a, "3 connected to %s\n", scripted_net_address(net, "a"));
  snprintf(b, sizeof b, "3 connected to %s\n", scripted_net_address(net, "b"));
  assert_in_order(&log, a, "4 the layout was told: 1 nodes, 16384 slots with an owner\n",
                  "3 opened: 1 nodes, 16384 slots with an owner\n");
  assert_answer(cluster, "SET foo s3cret", "OK");
  assert_in_order(&log, a, "3 opened", "4 redirected (slot 12182): 127.0.0.1:", "MOVED 12182", b);
  log.lines[0] = '\0';
  assert_answer(cluster, "GET bar", "s3cret");
  assert_in_order(&log, "2 the connection to 127.0.0.1:", "closed by the node\n",
                  "3 trying again (slot 5061): ", a, "3 waiting (slot 5061): 127.0.0.1:", "TRYAGAIN x\n");
  finish(cluster, net);
}

static void each_level_leaves_out_what_is_below(void** state) {
  (void)state;
  for (int level = RC_LOG_ERROR; level <= RC_LOG_DEBUG; level++) {
    scripted_net* net = start_eventful();
    journal log;
    rc_cluster* cluster = open_logged(net, &log, level);
    assert_answer(cluster, "SET foo s3cret", "OK");
    assert_answer(cluster, "GET bar", "s3cret");
    assert_int_equal(lines_of(&log, "2 ") > 0, level >= RC_LOG_WARNING);
    assert_int_equal(lines_of(&log, "3 ") > 0, level >= RC_LOG_INFO);
    assert_int_equal(lines_of(&log, "4 ") > 0, level >= RC_LOG_DEBUG);
    finish(cluster, net);
  }
}

// Refused passwords, errors that quote what was sent, nonsense.
static void no_line_shows_a_password_or_a_value(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         LET_IN ALL_AT_A
                                         "EXPECT SET foo s3cret\nREPLY -TRYAGAIN x\n"
                                         "ALWAYS EXPECT AUTH app s3cret -> REPLY -WRONGPASS invalid\n"
                                         "EXPECT SET foo s3cret\nSEND !nonsense s3cret\\r\\n\n",
                                         NULL);
  journal log;
  rc_cluster* cluster = open_logged(net, &log, RC_LOG_DEBUG);
  assert_null(run(cluster, "SET foo s3cret", 300, NULL));
  assert_null(run(cluster, "SET foo s3cret", 300, NULL));  // refused by AUTH
  assert_in_order(&log, "3 waiting (slot 12182)", "2 ", "is not RESP", "2 ", "WRONGPASS");
  finish(cluster, net);
}

static void a_call_that_cannot_open_tells_why(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a", "REFUSE\n", NULL);
  journal log = {.cluster = NULL};
  rc_options* options = options_for(net, "a", 500);
  rc_options_set_log(options, RC_LOG_WARNING, on_line, &log, NULL);
  assert_null(rc_cluster_open(options, NULL));
  rc_options_free(options);
  assert_in_order(&log, "2 cannot connect to 127.0.0.1:");
  assert_true(scripted_net_passed(net));
}

static void the_log_may_call_the_cluster(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         LET_IN ALL_AT_A
                                         "ALWAYS EXPECT GET inner -> BULK from inside\n"
                                         "EXPECT GET foo\nREPLY -TRYAGAIN x\n"
                                         "EXPECT GET foo\nBULK v\n"
                                         "EXPECT GET foo\nREPLY -TRYAGAIN y\n"
                                         "EXPECT GET foo\nBULK w\n",
                                         NULL);
  journal log;
  rc_cluster* cluster = open_logged(net, &log, RC_LOG_DEBUG);
  log.cluster = cluster;
  assert_answer(cluster, "GET foo", "v");
  assert_null(log.cluster);
  assert_answer(cluster, "GET foo", "w");
  assert_in_order(&log, "TRYAGAIN x", "TRYAGAIN y");
  assert_false(log.nested);
  finish(cluster, net);
}

static void all_kinds_of_calls_tell_the_log(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a",
                         LET_IN ALL_AT_A
                         "EXPECT GET foo\nREPLY -TRYAGAIN pipeline\n"
                         "EXPECT GET foo\nBULK v\n"
                         "EXPECT MULTI\nREPLY +OK\nEXPECT DISCARD\nREPLY +OK\n"
                         "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 1\nREPLY -TRYAGAIN transaction\n"
                         "EXPECT EXEC\nREPLY -EXECABORT x\n"
                         "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 1\nREPLY +QUEUED\nEXPECT EXEC\n"
                         "SEND *1\\r\\n+OK\\r\\n\n"
                         "EXPECT WATCH foo\nREPLY -TRYAGAIN watch\n"
                         "EXPECT WATCH foo\nREPLY +OK\n"
                         "EXPECT GET foo\nBULK 1\n"
                         "EXPECT MULTI\nREPLY +OK\nEXPECT SET foo 2\nREPLY +QUEUED\nEXPECT EXEC\n"
                         "SEND *1\\r\\n+OK\\r\\n\n",
                         NULL);
  journal log;
  rc_cluster* cluster = open_logged(net, &log, RC_LOG_INFO);
  rc_reply_free(pipeline(cluster, COMMANDS("GET foo"), 0, NULL));
  assert_in_order(&log, "TRYAGAIN pipeline");
  rc_reply_free(transaction(cluster, COMMANDS("SET foo 1"), 0, NULL));
  assert_in_order(&log, "TRYAGAIN transaction");
  const char* keys[] = {"foo"};
  rc_reply_free(rc_watch_transaction(cluster, 1, keys, NULL, set_what_was_read, NULL, NULL));
  assert_in_order(&log, "TRYAGAIN watch");
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_command_is_one_attempt),
      cmocka_unit_test(an_attempt_takes_as_long_as_its_answer),
      cmocka_unit_test(each_redirect_is_an_attempt),
      cmocka_unit_test(waiting_is_several_attempts),
      cmocka_unit_test(lost_connections_and_timeouts_are_attempts),
      cmocka_unit_test(connections_that_cannot_be_made_are_attempts),
      cmocka_unit_test(what_is_refused_before_it_is_sent_is_no_attempt),
      cmocka_unit_test(each_command_of_a_pipeline_is_an_attempt),
      cmocka_unit_test(a_pipeline_that_is_lost_tells_each_commands_end),
      cmocka_unit_test(a_transaction_is_told_as_exec),
      cmocka_unit_test(a_watch_tells_what_it_sends),
      cmocka_unit_test(a_read_that_is_passed_on_tells_each_node),
      cmocka_unit_test(the_hook_may_call_the_cluster),
      cmocka_unit_test(a_hook_that_is_taken_back_is_not_told),
      cmocka_unit_test(what_happens_is_told_in_order),
      cmocka_unit_test(each_level_leaves_out_what_is_below),
      cmocka_unit_test(no_line_shows_a_password_or_a_value),
      cmocka_unit_test(a_call_that_cannot_open_tells_why),
      cmocka_unit_test(the_log_may_call_the_cluster),
      cmocka_unit_test(all_kinds_of_calls_tell_the_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
