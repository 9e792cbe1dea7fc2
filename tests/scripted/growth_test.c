// What a handle keeps does not grow with all that it has ever heard of.
#include <fcntl.h>
#include <malloc.h>

#include "scripted/scenario.h"

#define REFRESHES 25
#define REPLICAS 20

static int open_files(void) {
  int count = 0;
  for (int fd = 0; fd < 4096; fd++) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

static size_t memory_in_use(void) { return mallinfo2().uordblks; }

// Appends an answer to CLUSTER SLOTS with replicas at ports of this machine where nobody listens.
static size_t add_answer(char* script, size_t length, size_t size, int first_port) {
  length += (size_t)snprintf(script + length, size - length,
                             "EXPECT CLUSTER SLOTS\nSEND *1\\r\\n*%d\\r\\n:0\\r\\n:16383\\r\\n"
                             "*2\\r\\n$9\\r\\n127.0.0.1\\r\\n:${port}\\r\\n",
                             3 + REPLICAS);
  for (int i = 0; i < REPLICAS; i++) {
    length += (size_t)snprintf(script + length, size - length, "*2\\r\\n$9\\r\\n127.0.0.1\\r\\n:%d\\r\\n",
                               first_port + i);
  }
  return length + (size_t)snprintf(script + length, size - length, "\n");
}

static void addresses_that_have_gone_leave_no_descriptors_and_little_memory(void** state) {
  (void)state;
  static char script[REFRESHES * (REPLICAS + 4) * 64];
  size_t length = (size_t)snprintf(script, sizeof script, "ALWAYS EXPECT GET foo -> BULK v\n");
  for (int i = 0; i < REFRESHES; i++) length = add_answer(script, length, sizeof script, 1 + i * REPLICAS);
  scripted_net* net = scripted_net_start("a", script, NULL);
  rc_cluster* cluster = open_at(net, "a", 20000);
  assert_answer(cluster, "GET foo", "v");
  const int files = open_files();
  const size_t memory = memory_in_use();
  rc_call_options* from_replicas = rc_call_options_new();
  assert_int_equal(rc_call_options_set_read_from(from_replicas, RC_READ_PREFER_REPLICA, NULL), RC_OK);
  const char* const get[] = {"GET", "foo"};
  for (int i = 1; i < REFRESHES; i++) {
    rc_error* error = NULL;
    assert_int_equal(rc_cluster_refresh(cluster, &error), RC_OK);
    rc_reply* reply = rc_command_with(cluster, from_replicas, 2, get, NULL, &error);  // tries some of them
    assert_no_error(error);
    rc_reply_free(reply);
  }
  rc_call_options_free(from_replicas);
  const size_t now = memory_in_use();
  print_message("%d descriptors before, %d after; %zu bytes of memory a replica\n", files, open_files(),
                (now > memory ? now - memory : 0) / ((REFRESHES - 1) * REPLICAS));
  assert_in_range(open_files(), files - 5, files + 5);
  assert_true(now < memory + (size_t)(REFRESHES - 1) * REPLICAS * 4096);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(addresses_that_have_gone_leave_no_descriptors_and_little_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
