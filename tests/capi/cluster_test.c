// Opening, finding, closing and looking into a real cluster.
#include <pthread.h>
#include <stdlib.h>

#include "capi/cluster_fixture.h"

static void one_seed_is_enough(void** state) {
  (void)state;
  for (int node = 0; node < test_cluster_node_count(shared.servers); ++node) {
    rc_options* options = rc_options_new();
    assert_int_equal(rc_options_add_node(options, test_node_host(shared.servers, node),
                                         test_node_port(shared.servers, node), NULL),
                     RC_OK);
    rc_cluster* cluster = open_with(options);
    rc_reply* reply = rc_command(cluster, WORDS("GET", "key"), NULL);
    assert_non_null(reply);
    rc_reply_free(reply);
    rc_cluster_free(cluster);
  }
}

static void dead_seeds_are_skipped(void** state) {
  (void)state;
  rc_options* options = rc_options_new();
  assert_int_equal(rc_options_add_node(options, "127.0.0.1", 1, NULL), RC_OK);
  assert_int_equal(rc_options_add_address(options, "no-such-host.invalid:7000", NULL), RC_OK);
  assert_int_equal(rc_options_add_address(options, test_node_address(shared.servers, 1), NULL), RC_OK);
  rc_cluster_free(open_with(options));
}

static void a_url_opens_a_cluster(void** state) {
  (void)state;
  char url[256];
  snprintf(url, sizeof url, "redis://%s,%s/0?timeout_ms=4000&name=by-url",
           test_node_address(shared.servers, 0), test_node_address(shared.servers, 1));
  rc_error* error = NULL;
  rc_options* options = rc_options_from_url(url, &error);
  assert_no_error(error);
  rc_cluster* cluster = open_with(options);
  rc_cluster* found = rc_cluster_find("by-url");
  assert_non_null(found);
  rc_cluster_free(found);
  rc_cluster_free(cluster);
}

static void a_port_where_nobody_listens_is_a_connect_error(void** state) {
  (void)state;
  rc_options* options = rc_options_new();
  rc_options_add_node(options, "127.0.0.1", 1, NULL);
  rc_error* error = NULL;
  assert_null(rc_cluster_open(options, &error));
  assert_failure(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "127.0.0.1:1");
  rc_options_free(options);
}

static void a_password_that_is_refused_is_an_auth_error_and_not_shown(void** state) {
  (void)state;
  rc_options* options = seed_options();
  rc_options_set_username(options, "somebody", NULL);
  rc_options_set_password(options, "sesame", NULL);
  rc_error* error = NULL;
  assert_null(rc_cluster_open(options, &error));
  assert_null(strstr(rc_error_message(error), "sesame"));
  assert_int_equal(rc_error_code(error), RC_ERR_AUTH);
  rc_error_free(error);
  rc_options_free(options);
}

static void a_silent_node_ends_the_open_at_its_timeout(void** state) {
  (void)state;
  assert_true(test_node_stop(shared.servers, 0));
  rc_options* options = rc_options_new();
  rc_options_add_address(options, test_node_address(shared.servers, 0), NULL);
  rc_options_set_timeout_ms(options, 200, NULL);
  const long long start = test_now_ms();
  rc_error* error = NULL;
  assert_null(rc_cluster_open(options, &error));
  const long long took = test_now_ms() - start;
  assert_true(test_node_continue(shared.servers, 0));
  assert_int_equal(rc_error_code(error), RC_ERR_TIMEOUT);
  assert_in_range(took, 190, 10000);  // the upper bound only ends a hang
  rc_error_free(error);
  rc_options_free(options);
}

static void options_are_reusable_and_not_needed_after_the_open(void** state) {
  (void)state;
  rc_options* options = seed_options();
  rc_cluster* first = rc_cluster_open(options, NULL);
  rc_cluster* second = rc_cluster_open(options, NULL);
  rc_options_free(options);
  assert_non_null(first);
  assert_non_null(second);
  rc_cluster_free(first);
  rc_reply* reply = rc_command(second, WORDS("SET", "key", "value"), NULL);
  assert_non_null(reply);
  rc_reply_free(reply);
  rc_cluster_free(second);
}

static void info_tells_nodes_slots_and_seeds(void** state) {
  (void)state;
  rc_reply_free(ok("GET", "key"));
  rc_error* error = NULL;
  rc_info* info = rc_cluster_info(shared.cluster, &error);
  assert_no_error(error);
  assert_int_equal(rc_info_slots_covered(info), 16384);
  const size_t count = rc_info_node_count(info);
  assert_int_equal(count, 6);
  int slots = 0, primaries = 0, connected = 0;
  for (size_t i = 0; i < count; ++i) {
    assert_string_equal(rc_info_node_host(info, i), "127.0.0.1");
    assert_in_range(rc_info_node_port(info, i), 1, 65535);
    if (rc_info_node_is_primary(info, i)) {
      assert_int_equal(primaries, i);  // they come first
      ++primaries;
      assert_true(rc_info_node_slot_count(info, i) > 0);
    } else {
      assert_int_equal(rc_info_node_slot_count(info, i), 0);
    }
    slots += rc_info_node_slot_count(info, i);
    connected += rc_info_node_is_connected(info, i);
  }
  assert_int_equal(primaries, 3);
  assert_int_equal(slots, 16384);
  assert_true(connected >= 1);
  assert_int_equal(rc_info_seed_count(info), 6);
  for (size_t i = 0; i < 6; ++i) {
    assert_string_equal(rc_info_seed(info, i), test_node_address(shared.servers, (int)i));
  }
  assert_true(rc_info_counter(info, "connects") >= 1);
  assert_true(rc_info_counter(info, "refreshes") >= 1);
  assert_int_equal(rc_info_counter(info, "no such counter"), 0);
  assert_int_equal(rc_info_counter(info, NULL), 0);
  assert_null(rc_info_node_host(info, count));
  assert_int_equal(rc_info_node_port(info, SIZE_MAX), 0);
  assert_int_equal(rc_info_node_is_primary(info, count), 0);
  assert_int_equal(rc_info_node_is_connected(info, count), 0);
  assert_int_equal(rc_info_node_slot_count(info, count), 0);
  assert_null(rc_info_seed(info, 6));
  rc_info_free(info);
}

// What the node itself says of its id.
static int is_own_id(const rc_info* info, size_t i) {
  for (int server = 0; server < test_cluster_node_count(shared.servers); ++server) {
    char* id = test_node_text(shared.servers, server, "CLUSTER MYID");
    const int same =
        test_node_port(shared.servers, server) == rc_info_node_port(info, i) && id != NULL &&
        strncmp(id, rc_info_node_id(info, i), 40) == 0;
    free(id);
    if (same) return 1;
  }
  return 0;
}

static void info_tells_ids_ranges_and_who_replicates_whom(void** state) {
  (void)state;
  rc_error* error = NULL;
  rc_info* info = rc_cluster_info(shared.cluster, &error);
  assert_no_error(error);
  const size_t count = rc_info_node_count(info);
  assert_int_equal(count, 6);
  int replicas_of[3] = {0};
  for (size_t i = 0; i < count; ++i) {
    assert_int_equal(strlen(rc_info_node_id(info, i)), 40);
    assert_true(is_own_id(info, i));
    int slots = 0;
    for (size_t r = 0; r < rc_info_node_range_count(info, i); ++r) {
      const int first = rc_info_node_range_first(info, i, r), last = rc_info_node_range_last(info, i, r);
      assert_in_range(first, 0, last);
      slots += last - first + 1;
      for (int slot = first; slot <= last; ++slot) assert_int_equal(rc_info_slot_owner(info, slot), i);
    }
    assert_int_equal(slots, rc_info_node_slot_count(info, i));
    const int primary = rc_info_node_primary(info, i);
    if (rc_info_node_is_primary(info, i)) {
      assert_int_equal(primary, -1);
    } else {
      assert_in_range(primary, 0, 2);
      ++replicas_of[primary];
    }
  }
  for (int i = 0; i < 3; ++i) assert_int_equal(replicas_of[i], 1);

  assert_null(rc_info_node_id(info, count));
  assert_null(rc_info_node_id(NULL, 0));
  assert_int_equal(rc_info_node_primary(info, count), -1);
  assert_int_equal(rc_info_node_primary(NULL, 0), -1);
  assert_int_equal(rc_info_node_range_count(info, SIZE_MAX), 0);
  assert_int_equal(rc_info_node_range_count(NULL, 0), 0);
  assert_int_equal(rc_info_node_range_first(info, 0, SIZE_MAX), 0);
  assert_int_equal(rc_info_node_range_last(info, 0, rc_info_node_range_count(info, 0)), 0);
  assert_int_equal(rc_info_node_range_last(NULL, 0, 0), 0);
  assert_int_equal(rc_info_slot_owner(info, -1), -1);
  assert_int_equal(rc_info_slot_owner(info, 16384), -1);
  assert_int_equal(rc_info_slot_owner(NULL, 0), -1);
  rc_info_free(info);
}

static void refresh_asks_for_the_layout(void** state) {
  (void)state;
  const uint64_t before = counter("refreshes");
  rc_error* error = NULL;
  assert_int_equal(rc_cluster_refresh(shared.cluster, &error), RC_OK);
  assert_no_error(error);
  assert_true(counter("refreshes") > before);
}

static rc_cluster* open_named(const char* name) {
  rc_options* options = seed_options();
  assert_int_equal(rc_options_set_name(options, name, NULL), RC_OK);
  return open_with(options);
}

static void a_named_cluster_is_found_until_its_last_reference_goes(void** state) {
  (void)state;
  rc_cluster* opened = open_named("orders");
  rc_cluster* found = rc_cluster_find("orders");
  assert_non_null(found);
  assert_null(rc_cluster_find("order"));
  rc_cluster_free(opened);

  rc_reply* reply = rc_command(found, WORDS("SET", "key", "value"), NULL);  // still open
  assert_non_null(reply);
  rc_reply_free(reply);
  rc_cluster* again = rc_cluster_find("orders");
  assert_non_null(again);
  rc_cluster_free(again);
  rc_cluster_free(found);
  assert_null(rc_cluster_find("orders"));
}

static void a_closed_cluster_is_not_found(void** state) {
  (void)state;
  rc_cluster* cluster = open_named("orders");
  rc_cluster_close(cluster);
  assert_null(rc_cluster_find("orders"));
  rc_cluster_free(cluster);
}

static void an_unnamed_cluster_is_not_found(void** state) {
  (void)state;
  assert_null(rc_cluster_find(""));
}

static int queue_nothing(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)watch, (void)to_execute, (void)user_data;
  return RC_WATCH_EXECUTE;
}

static void every_call_on_a_closed_cluster_fails_as_closed(void** state) {
  (void)state;
  rc_cluster* cluster = shared.cluster;
  rc_commands* commands = rc_commands_new();
  assert_int_equal(rc_commands_add(commands, WORDS("GET", "key"), NULL), RC_OK);
  rc_cluster_close(cluster);
  rc_cluster_close(cluster);

  rc_error* error = NULL;
  assert_null(rc_command(cluster, WORDS("GET", "key"), &error));
  assert_failure(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "");
  assert_null(rc_pipeline(cluster, commands, &error));
  assert_failure(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "");
  assert_null(rc_transaction(cluster, commands, &error));
  assert_failure(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "");
  assert_null(rc_watch_transaction(cluster, WORDS("key"), queue_nothing, NULL, &error));
  assert_failure(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "");
  assert_int_equal(rc_cluster_refresh(cluster, &error), RC_ERR_CLOSED);
  assert_failure(error, RC_ERR_CLOSED, RC_OUTCOME_NOT_SENT, "");
  rc_info_free(rc_cluster_info(cluster, NULL));  // may still be asked
  rc_commands_free(commands);
}

static void* wait_for_a_list(void* error) {
  return rc_command(shared.cluster, WORDS("BLPOP", "empty list", "0"), error);
}

static int a_client_is_blocked(void) {
  int blocked = 0;
  for (int node = 0; node < 3; ++node) {
    char* clients = test_node_text(shared.servers, node, "INFO clients");
    if (clients != NULL && strstr(clients, "blocked_clients:1") != NULL) blocked = 1;
    free(clients);
  }
  return blocked;
}

static void close_ends_a_call_under_way(void** state) {
  (void)state;
  rc_error* error = NULL;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, wait_for_a_list, &error), 0);
  const int blocked = TEST_WAIT(a_client_is_blocked(), 4000);
  rc_cluster_close(shared.cluster);
  void* reply = NULL;
  pthread_join(thread, &reply);
  assert_true(blocked);
  assert_null(reply);
  assert_int_equal(rc_error_code(error), RC_ERR_CLOSED);
  assert_int_equal(rc_error_outcome(error), RC_OUTCOME_UNKNOWN);
  rc_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_CLUSTER(one_seed_is_enough),
      WITH_CLUSTER(dead_seeds_are_skipped),
      WITH_CLUSTER(a_url_opens_a_cluster),
      WITH_CLUSTER(a_port_where_nobody_listens_is_a_connect_error),
      WITH_CLUSTER(a_password_that_is_refused_is_an_auth_error_and_not_shown),
      WITH_CLUSTER(a_silent_node_ends_the_open_at_its_timeout),
      WITH_CLUSTER(options_are_reusable_and_not_needed_after_the_open),
      WITH_CLUSTER(info_tells_nodes_slots_and_seeds),
      WITH_CLUSTER(info_tells_ids_ranges_and_who_replicates_whom),
      WITH_CLUSTER(refresh_asks_for_the_layout),
      WITH_CLUSTER(a_named_cluster_is_found_until_its_last_reference_goes),
      WITH_CLUSTER(a_closed_cluster_is_not_found),
      WITH_CLUSTER(an_unnamed_cluster_is_not_found),
      WITH_CLUSTER(every_call_on_a_closed_cluster_fails_as_closed),
      WITH_CLUSTER(close_ends_a_call_under_way),
  };
  return RUN_WITH_SERVERS(tests);
}
