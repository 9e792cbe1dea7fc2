// What a handle keeps does not grow with all that it has ever heard of.
#include <fcntl.h>
#include <malloc.h>

#include "scripted/scenario.h"

static int open_files(void) {
  int count = 0;
  for (int fd = 0; fd < 4096; fd++) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

static size_t memory_in_use(void) { return mallinfo2().uordblks; }

// Appends an answer to CLUSTER SLOTS with so many replicas at addresses of this machine where nobody listens.
static size_t add_answer(char* script, size_t length, size_t size, int first, int replicas) {
  length += (size_t)snprintf(script + length, size - length,
                             "EXPECT CLUSTER SLOTS\nSEND *1\\r\\n*%d\\r\\n:0\\r\\n:16383\\r\\n"
                             "*2\\r\\n$9\\r\\n127.0.0.1\\r\\n:${port}\\r\\n",
                             3 + replicas);
  for (int i = first; i < first + replicas; i++) {
    length += (size_t)snprintf(script + length, size - length, "*2\\r\\n$15\\r\\n127.%d.%d.%d\\r\\n:1\\r\\n",
                               101 + i / 22500, 101 + i / 150 % 150, 101 + i % 150);
  }
  return length + (size_t)snprintf(script + length, size - length, "\n");
}

// Each refresh tells of other replicas, some of which a read is tried at for so long.
static size_t bytes_a_replica(int refreshes, int replicas, int read_timeout_ms) {
  const size_t size = (size_t)(refreshes + 1) * ((size_t)replicas + 4) * 64;
  char* script = malloc(size);
  assert_non_null(script);
  size_t length = (size_t)snprintf(script, size, "ALWAYS EXPECT GET foo -> BULK v\n");
  for (int i = 0; i <= refreshes; i++) length = add_answer(script, length, size, i * replicas, replicas);
  scripted_net* net = scripted_net_start("a", script, NULL);
  free(script);
  rc_cluster* cluster = open_at(net, "a", 20000);
  assert_answer(cluster, "GET foo", "v");
  const int files = open_files();
  const size_t memory = memory_in_use();
  rc_call_options* from_replicas = rc_call_options_new();
  assert_int_equal(rc_call_options_set_read_from(from_replicas, RC_READ_PREFER_REPLICA, NULL), RC_OK);
  assert_int_equal(rc_call_options_set_timeout_ms(from_replicas, read_timeout_ms, NULL), RC_OK);
  const char* const get[] = {"GET", "foo"};
  for (int i = 0; i < refreshes; i++) {
    rc_error* error = NULL;
    assert_int_equal(rc_cluster_refresh(cluster, &error), RC_OK);
    rc_reply_free(rc_command_with(cluster, from_replicas, 2, get, NULL, NULL));
  }
  rc_call_options_free(from_replicas);
  const size_t now = memory_in_use();
  const size_t each = (now > memory ? now - memory : 0) / (size_t)(refreshes * replicas);
  print_message("%d descriptors before, %d after; %zu bytes of memory a replica\n", files, open_files(),
                each);
  assert_in_range(open_files(), files - 5, files + 5);
  finish(cluster, net);
  return each;
}

static void addresses_that_have_gone_leave_no_descriptors_and_little_memory(void** state) {
  (void)state;
  assert_in_range(bytes_a_replica(24, 20, 20000), 1, 2200);
}

// There have been ever so many, and nearly none of them was ever tried.
static void addresses_that_were_only_heard_of_cost_next_to_nothing(void** state) {
  (void)state;
  assert_in_range(bytes_a_replica(30, 1000, 1), 1, 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_that_have_gone_leave_no_descriptors_and_little_memory),
      cmocka_unit_test(addresses_that_were_only_heard_of_cost_next_to_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
