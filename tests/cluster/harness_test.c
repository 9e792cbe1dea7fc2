// The harness itself: clusters start, are disturbed in every way tests need, come back, and leave nothing.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "any_cmocka.h"
#include "scripted_node.h"
#include "test_cluster.h"
#include "test_process.h"
#include "test_wait.h"

// Slot of "foo", of node 2 in a cluster of three.
enum { kFooSlot = 12182, kFooNode = 2 };

static test_cluster* cluster;

static int start_cluster(void** state) {
  (void)state;
  const long long begin = test_now_ms();
  cluster = test_cluster_start(NULL);
  print_message("start of 3 + 3 nodes: %lld ms\n", test_now_ms() - begin);
  return cluster == NULL ? -1 : 0;
}

static int stop_cluster(void** state) {
  (void)state;
  test_cluster_stop(cluster);
  return test_process_count() == 0 ? 0 : -1;
}

static int reset_cluster(void** state) {
  (void)state;
  const long long begin = test_now_ms();
  if (!test_cluster_reset(cluster)) return -1;
  print_message("reset: %lld ms\n", test_now_ms() - begin);
  return 0;
}

static void assert_text(char* actual, const char* expected) {
  assert_non_null(actual);
  assert_string_equal(actual, expected);
  free(actual);
}

static void assert_starts_with(char* actual, const char* expected) {
  assert_non_null(actual);
  assert_memory_equal(actual, expected, strlen(expected));
  free(actual);
}

static void assert_as_started(void) {
  assert_int_equal(test_cluster_node_count(cluster), 6);
  assert_int_equal(test_cluster_primary_of(cluster, 0), 0);
  assert_int_equal(test_cluster_primary_of(cluster, 16383), 2);
  assert_int_equal(test_cluster_primary_of(cluster, kFooSlot), kFooNode);
  for (int node = 0; node < 6; node++) {
    assert_int_equal(test_node_is_primary(cluster, node), node < 3);
    assert_int_equal(test_node_int(cluster, node, "DBSIZE"), 0);
  }
  for (int node = 0; node < 3; node++) assert_int_equal(test_cluster_replica_of(cluster, node), node + 3);
}

static void nodes_are_as_described(void** state) {
  (void)state;
  assert_as_started();
  for (int node = 0; node < 6; node++) {
    char address[64];
    snprintf(address, sizeof address, "%s:%d", test_node_host(cluster, node), test_node_port(cluster, node));
    assert_string_equal(test_node_address(cluster, node), address);
    assert_true(test_node_pid(cluster, node) > 0);
  }
}

static void replies_are_text_or_numbers(void** state) {
  (void)state;
  assert_true(test_node_ok(cluster, kFooNode, "SET foo %d", 12));
  assert_int_equal(test_node_int(cluster, kFooNode, "GET foo"), 12);
  assert_text(test_node_text(cluster, kFooNode, "MGET foo foo"), "12\n12\n");
  assert_null(test_node_text(cluster, kFooNode, "GET %s", "{foo}missing"));
  assert_starts_with(test_node_text(cluster, 0, "GET foo"), "-MOVED 12182 ");
  assert_int_equal(test_node_int(cluster, kFooNode, "LPUSH foo x"), TEST_NODE_FAILED);
  assert_false(test_node_ok(cluster, kFooNode, "NONSENSE"));
}

static void a_slot_moves_with_its_keys(void** state) {
  (void)state;
  for (int i = 0; i < 250; i++) assert_true(test_node_ok(cluster, kFooNode, "SET {foo}%d %d", i, i));
  assert_true(test_cluster_move_slot(cluster, kFooSlot, 0));
  assert_int_equal(test_cluster_primary_of(cluster, kFooSlot), 0);
  assert_int_equal(test_node_int(cluster, 0, "DBSIZE"), 250);
  assert_int_equal(test_node_int(cluster, 0, "GET {foo}249"), 249);
  assert_true(test_cluster_wait_ok(cluster, 10000));
  assert_true(test_cluster_move_slot(cluster, kFooSlot, kFooNode));
  assert_int_equal(test_node_int(cluster, kFooNode, "GET {foo}0"), 0);
}

static void a_move_can_stop_half_way(void** state) {
  (void)state;
  assert_true(test_node_ok(cluster, kFooNode, "MSET {foo}1 1 {foo}2 2 {foo}3 3"));
  assert_true(test_cluster_begin_move(cluster, kFooSlot, 0));
  assert_starts_with(test_node_text(cluster, kFooNode, "GET {foo}missing"), "-ASK 12182 ");
  assert_true(test_cluster_move_key(cluster, kFooSlot, 0, "{foo}1"));
  assert_starts_with(test_node_text(cluster, kFooNode, "GET {foo}1"), "-ASK 12182 ");
  assert_starts_with(test_node_text(cluster, kFooNode, "MGET {foo}1 {foo}2"), "-TRYAGAIN ");
  assert_false(test_cluster_finish_move(cluster, kFooSlot, 0));
  assert_int_equal(test_cluster_move_keys(cluster, kFooSlot, 0, 1), 1);
  assert_int_equal(test_cluster_move_keys(cluster, kFooSlot, 0, 10), 1);
  assert_true(test_cluster_finish_move(cluster, kFooSlot, 0));
  assert_text(test_node_text(cluster, 0, "MGET {foo}1 {foo}2 {foo}3"), "1\n2\n3\n");
}

static void a_begun_move_can_be_cancelled(void** state) {
  (void)state;
  assert_true(test_node_ok(cluster, kFooNode, "MSET {foo}1 1 {foo}2 2"));
  assert_true(test_cluster_begin_move(cluster, kFooSlot, 1));
  assert_true(test_cluster_move_key(cluster, kFooSlot, 1, "{foo}1"));
  assert_true(test_cluster_cancel_move(cluster, kFooSlot, 1));
  assert_text(test_node_text(cluster, kFooNode, "MGET {foo}1 {foo}2"), "1\n2\n");
}

static void a_killed_primary_is_replaced_and_reset_brings_it_back(void** state) {
  (void)state;
  assert_true(test_node_ok(cluster, kFooNode, "SET foo bar"));
  assert_true(test_node_kill(cluster, kFooNode));
  assert_int_equal(test_node_pid(cluster, kFooNode), 0);
  assert_true(TEST_WAIT(test_cluster_primary_of(cluster, kFooSlot) == kFooNode + 3, 30000));
  assert_true(test_cluster_wait_ok(cluster, 30000));
  assert_true(test_node_restart(cluster, kFooNode));
  assert_true(TEST_WAIT(!test_node_is_primary(cluster, kFooNode), 30000));
  assert_true(test_cluster_reset(cluster));
  assert_as_started();
}

static void a_stopped_node_says_nothing_until_it_goes_on(void** state) {
  (void)state;
  assert_true(test_node_stop(cluster, 4));
  assert_false(test_node_stop(cluster, 4));
  assert_false(test_node_is_primary(cluster, 4));
  assert_true(test_node_continue(cluster, 4));
  assert_text(test_node_text(cluster, 4, "PING"), "PONG");
}

static void reset_finds_stopped_and_ended_nodes(void** state) {
  (void)state;
  assert_true(test_node_stop(cluster, 1));
  free(test_node_text(cluster, 3, "SHUTDOWN NOSAVE"));
  assert_true(TEST_WAIT(test_node_pid(cluster, 3) == 0, 10000));
  assert_true(test_cluster_begin_move(cluster, kFooSlot, 0));
  assert_true(test_cluster_reset(cluster));
  assert_as_started();
}

static void a_replica_takes_over_on_demand(void** state) {
  (void)state;
  assert_true(test_cluster_failover(cluster, 3));
  assert_true(test_node_is_primary(cluster, 3));
  assert_false(test_node_is_primary(cluster, 0));
  assert_int_equal(test_cluster_primary_of(cluster, 0), 3);
  assert_true(test_cluster_failover(cluster, 0));  // and back, at once
  assert_true(test_node_is_primary(cluster, 0));
}

static void an_added_node_takes_slots_and_is_gone_after_reset(void** state) {
  (void)state;
  const int added = test_cluster_add_node(cluster);
  assert_int_equal(added, 6);
  const pid_t pid = test_node_pid(cluster, added);
  assert_true(test_node_is_primary(cluster, added));
  assert_true(test_node_ok(cluster, kFooNode, "SET foo bar"));
  assert_true(test_cluster_move_slot(cluster, kFooSlot, added));
  assert_text(test_node_text(cluster, added, "GET foo"), "bar");
  assert_true(test_cluster_reset(cluster));
  assert_as_started();
  assert_int_equal(kill(pid, 0), -1);
}

static void reset_is_quick_when_only_keys_were_written(void** state) {
  (void)state;
  char* id = test_node_text(cluster, 0, "CLUSTER MYID");
  assert_true(test_node_ok(cluster, kFooNode, "SET foo bar"));
  assert_true(test_cluster_reset(cluster));
  assert_as_started();
  assert_text(test_node_text(cluster, 0, "CLUSTER MYID"), id);  // else it was built anew
  free(id);
}

static void passwords_and_users_are_asked_for(void** state) {
  (void)state;
  const char* const arguments[] = {"--maxmemory", "64mb", NULL};
  const test_cluster_options options = {.primaries = 2,
                                        .password = "p w",
                                        .username = "app",
                                        .partial_coverage = 1,
                                        .server_arguments = arguments};
  test_cluster* secured = test_cluster_start(&options);
  assert_non_null(secured);
  assert_int_equal(test_cluster_node_count(secured), 2);
  assert_text(test_node_text(secured, 0, "AUTH app %s", "p w"), "OK");
  assert_starts_with(test_node_text(secured, 0, "AUTH %s", "p w"), "-WRONGPASS");
  assert_text(test_node_text(secured, 0, "CONFIG GET cluster-require-full-coverage"),
              "cluster-require-full-coverage\nno\n");
  assert_text(test_node_text(secured, 1, "CONFIG GET maxmemory"), "maxmemory\n67108864\n");
  assert_true(test_node_ok(secured, 0, "SET {2}a %s", "1") || test_node_ok(secured, 1, "SET {2}a %s", "1"));
  const int slot = (int)test_node_int(secured, 0, "CLUSTER KEYSLOT 2");
  const int from = test_cluster_primary_of(secured, slot);
  assert_true(test_cluster_move_slot(secured, slot, 1 - from));
  assert_text(test_node_text(secured, 1 - from, "GET {2}a"), "1");
  assert_true(test_cluster_reset(secured));
  assert_int_equal(test_cluster_primary_of(secured, slot), from);
  test_cluster_stop(secured);
}

// What clients may use is shown by the tests of the library; here that everything between the nodes works.
static void assert_serves_and_moves(test_cluster* some) {
  assert_int_equal(test_cluster_primary_of(some, kFooSlot), 1);
  assert_true(test_node_ok(some, 1, "SET foo bar"));
  assert_int_equal(test_node_int(some, 1, "WAIT 1 5000"), 1);
  assert_true(test_cluster_move_slot(some, kFooSlot, 0));
  assert_text(test_node_text(some, 0, "GET foo"), "bar");
  assert_true(test_cluster_failover(some, 2));
  assert_true(test_cluster_reset(some));
  assert_int_equal(test_cluster_primary_of(some, kFooSlot), 1);
}

static void a_cluster_may_speak_tls_only(void** state) {
  (void)state;
  const test_cluster_options options = {.primaries = 2, .replicas_per_primary = 1, .tls = TEST_MTLS};
  test_cluster* encrypted = test_cluster_start(&options);
  assert_non_null(encrypted);
  assert_text(test_node_text(encrypted, 0, "CONFIG GET port"), "port\n0\n");
  assert_text(test_node_text(encrypted, 0, "CONFIG GET tls-auth-clients"), "tls-auth-clients\nyes\n");
  assert_serves_and_moves(encrypted);
  test_cluster_stop(encrypted);
}

static void a_cluster_may_live_at_an_ipv6_address_only(void** state) {
  (void)state;
  if (!scripted_net_has_ipv6()) skip();
  const test_cluster_options options = {.primaries = 2, .replicas_per_primary = 1, .ipv6 = 1};
  test_cluster* modern = test_cluster_start(&options);
  assert_non_null(modern);
  assert_string_equal(test_node_host(modern, 0), "::1");
  assert_serves_and_moves(modern);
  test_cluster_stop(modern);
}

static void a_user_may_do_what_its_rules_say(void** state) {
  (void)state;
  const char* const rules[] = {"~app:*", "+get", NULL};
  const test_cluster_options options = {
      .primaries = 1, .username = "app", .password = "p", .user_rules = rules};
  test_cluster* secured = test_cluster_start(&options);
  assert_non_null(secured);
  assert_text(test_node_text(secured, 0, "ACL DRYRUN app GET app:1"), "OK");
  char* answer = test_node_text(secured, 0, "ACL DRYRUN app GET foo");
  assert_non_null(answer);
  assert_string_not_equal(answer, "OK");
  free(answer);
  assert_true(test_cluster_ok(secured, "ACL SETUSER app +set"));
  assert_text(test_node_text(secured, 0, "ACL DRYRUN app SET app:1 x"), "OK");
  test_cluster_stop(secured);
}

static void the_logs_of_servers_can_be_kept(void** state) {
  (void)state;
  const test_cluster_options options = {.primaries = 1, .log_folder = test_process_folder()};
  test_cluster* logged = test_cluster_start(&options);
  assert_non_null(logged);
  char path[512];
  snprintf(path, sizeof path, "%s/%d.log", options.log_folder, test_node_port(logged, 0));
  assert_string_equal(test_node_log(logged, 0), path);
  test_cluster_stop(logged);
  FILE* log = fopen(path, "r");
  assert_non_null(log);
  assert_int_not_equal(fgetc(log), EOF);
  fclose(log);
}

static void a_plain_server_knows_no_cluster(void** state) {
  (void)state;
  test_cluster* server = test_server_start(NULL);
  assert_non_null(server);
  assert_starts_with(test_node_text(server, 0, "CLUSTER SLOTS"),
                     "-ERR This instance has cluster support disabled");
  assert_true(test_node_ok(server, 0, "SET foo bar"));
  assert_true(test_cluster_reset(server));
  assert_int_equal(test_node_int(server, 0, "DBSIZE"), 0);
  test_cluster_stop(server);
}

static void* start_server(void* unused) {
  (void)unused;
  return test_server_start(NULL);
}

static void a_server_outlives_the_thread_that_started_it(void** state) {
  (void)state;
  pthread_t thread;
  void* server = NULL;
  assert_int_equal(pthread_create(&thread, NULL, start_server, NULL), 0);
  assert_int_equal(pthread_join(thread, &server), 0);
  assert_non_null(server);
  assert_false(TEST_WAIT(test_node_pid(server, 0) == 0, 100));
  assert_text(test_node_text(server, 0, "PING"), "PONG");
  test_cluster_stop(server);
}

static void a_server_that_cannot_start_is_reported(void** state) {
  (void)state;
  const char* const arguments[] = {"--no-such-option", "1", NULL};
  assert_null(test_server_start(arguments));
}

// ---- what a test binary leaves behind, however it ends ----

// In a process of its own: starts a server, says its pid and folder, and ends as told.
static int end_with_a_server(const char* how) {
  test_cluster* server = test_server_start(NULL);
  if (server == NULL) return 1;
  printf("%d %s\n", (int)test_node_pid(server, 0), test_process_folder());
  fflush(stdout);
  if (strcmp(how, "exit") == 0) return 0;
  if (strcmp(how, "abort") == 0) abort();
  volatile uintptr_t nowhere = 8;
  if (strcmp(how, "fault") == 0) *(volatile int*)nowhere = 1;
  for (;;) pause();
}

static int read_line(const char* path, int* pid, char* folder) {
  FILE* file = fopen(path, "r");
  const int fields = file == NULL ? 0 : fscanf(file, "%d %255s", pid, folder);
  if (file != NULL) fclose(file);
  return fields == 2;
}

static const char* program;

// The orphaned server becomes a child of this process, see PR_SET_CHILD_SUBREAPER below.
static int is_gone(int pid) { return waitpid(pid, NULL, WNOHANG) == pid; }

static void assert_leaves_nothing(const char* how, int signal_number, int folder_goes) {
  char output[512], folder[256];
  int server = 0;
  snprintf(output, sizeof output, "%s/output-%s-%d", test_process_folder(), how, signal_number);
  const char* const argv[] = {program, "--end", how, NULL};
  const pid_t pid = test_process_spawn(argv, output);
  assert_true(pid > 0);
  assert_true(TEST_WAIT(read_line(output, &server, folder), 30000));
  assert_true(server > 0);
  if (signal_number != 0) kill(pid, signal_number);
  assert_true(TEST_WAIT(!test_process_running(pid), 30000));
  assert_true(TEST_WAIT(kill(server, 0) != 0 || is_gone(server), 30000));
  assert_int_equal(access(folder, F_OK), folder_goes ? -1 : 0);
  if (!folder_goes) {
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
  }
}

static void a_test_that_ends_leaves_nothing(void** state) {
  (void)state;
  assert_leaves_nothing("exit", 0, 1);
  assert_leaves_nothing("abort", 0, 1);
  assert_leaves_nothing("wait", SIGTERM, 1);
  assert_leaves_nothing("wait", SIGINT, 1);
}

static void a_crashed_test_leaves_nothing(void** state) {
  (void)state;
  assert_leaves_nothing("fault", 0, 1);
}

static void a_killed_test_leaves_no_process(void** state) {
  (void)state;
  assert_leaves_nothing("wait", SIGKILL, 0);
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "--end") == 0) return end_with_a_server(argv[2]);
  program = argv[0];  // /proc/self/exe would be valgrind's under valgrind
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const struct CMUnitTest with_cluster[] = {
      cmocka_unit_test_setup(nodes_are_as_described, reset_cluster),
      cmocka_unit_test_setup(replies_are_text_or_numbers, reset_cluster),
      cmocka_unit_test_setup(a_slot_moves_with_its_keys, reset_cluster),
      cmocka_unit_test_setup(a_move_can_stop_half_way, reset_cluster),
      cmocka_unit_test_setup(a_begun_move_can_be_cancelled, reset_cluster),
      cmocka_unit_test_setup(a_killed_primary_is_replaced_and_reset_brings_it_back, reset_cluster),
      cmocka_unit_test_setup(a_stopped_node_says_nothing_until_it_goes_on, reset_cluster),
      cmocka_unit_test_setup(reset_finds_stopped_and_ended_nodes, reset_cluster),
      cmocka_unit_test_setup(a_replica_takes_over_on_demand, reset_cluster),
      cmocka_unit_test_setup(an_added_node_takes_slots_and_is_gone_after_reset, reset_cluster),
      cmocka_unit_test_setup(reset_is_quick_when_only_keys_were_written, reset_cluster),
  };
  const struct CMUnitTest alone[] = {
      cmocka_unit_test(passwords_and_users_are_asked_for),
      cmocka_unit_test(a_user_may_do_what_its_rules_say),
      cmocka_unit_test(a_cluster_may_speak_tls_only),
      cmocka_unit_test(a_cluster_may_live_at_an_ipv6_address_only),
      cmocka_unit_test(the_logs_of_servers_can_be_kept),
      cmocka_unit_test(a_plain_server_knows_no_cluster),
      cmocka_unit_test(a_server_outlives_the_thread_that_started_it),
      cmocka_unit_test(a_server_that_cannot_start_is_reported),
      cmocka_unit_test(a_test_that_ends_leaves_nothing),
      cmocka_unit_test(a_crashed_test_leaves_nothing),
      cmocka_unit_test(a_killed_test_leaves_no_process),
  };
  const int failed = cmocka_run_group_tests(with_cluster, start_cluster, stop_cluster);
  return failed + cmocka_run_group_tests(alone, NULL, NULL);
}
