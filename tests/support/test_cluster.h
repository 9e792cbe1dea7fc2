// Real redis-server processes on loopback, as clusters or alone, for tests and examples.
//
//   start one in the group setup, test_cluster_reset() before each test, test_cluster_stop() in the teardown.
//
// Nodes are numbered: first the primaries, then the replicas (node P + i replicates primary i % P), then
// those added by test_cluster_add_node. Functions that can fail return 1 for success and 0 (or what they
// say) for failure, and then tell the reason on stderr. All may be called from several threads, but
// start, stop, reset and add_node only by one at a time.
//
// The program is redis-server from PATH, or what RC_TEST_REDIS_SERVER names. With RC_TEST_TLS=1 every cluster
// speaks TLS only, asks clients for a certificate, and unless a test gives a password, for that of a user:
// test_access.h opens such clusters.
#pragma once

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct test_cluster test_cluster;

// How a cluster uses TLS, with certificates of test_certificates.h. Its nodes then have no other port.
#define TEST_NO_TLS 0
#define TEST_TLS 1   // clients may come without a certificate
#define TEST_MTLS 2  // clients must show one

// All zero means: 3 primaries, no replicas, node timeout 1000 ms, no password, no TLS, full coverage
// required.
typedef struct test_cluster_options {
  int primaries;
  int replicas_per_primary;
  int node_timeout_ms;
  const char* password;                 // of `username`, or of the default user when that is NULL
  const char* username;                 // the default user then has a password of its own
  const char* const* user_rules;        // what `username` may do, ends with NULL; NULL: everything
  int tls;                              // TEST_TLS, TEST_MTLS
  int ipv6;                             // 1: at ::1, and nowhere else
  int partial_coverage;                 // 1: cluster-require-full-coverage no
  const char* log_folder;               // keeps each server's output, PORT.log; NULL: it goes with the server
  const char* const* server_arguments;  // more arguments for redis-server, ends with NULL

  // The port that a node with this port announces to clients and other nodes; NULL: its own.
  int (*announce_port)(int port, void* announce_context);
  void* announce_context;
} test_cluster_options;

// ---- life ----

// NULL options: 3 primaries with a replica each. NULL on failure.
test_cluster* test_cluster_start(const test_cluster_options* options);

// One server that is not in cluster mode, without TLS; node 0 of what is returned. The arguments end with
// NULL, or are NULL.
test_cluster* test_server_start(const char* const* server_arguments);

// Kills the servers and removes their files. Takes NULL.
void test_cluster_stop(test_cluster* cluster);

// Back to the state after the start: all nodes running, roles and slots as they were, added nodes gone, no
// keys. Takes a few milliseconds when only keys were written, else about 1.5 s; then nodes have new ids. What
// a test has changed by CONFIG SET or ACL it must undo itself.
int test_cluster_reset(test_cluster* cluster);

// Waits until all running nodes agree about roles and slots, see each other, and serve every slot.
int test_cluster_wait_ok(test_cluster* cluster, int timeout_ms);

// ---- nodes ----

int test_cluster_node_count(test_cluster* cluster);
const char* test_node_host(test_cluster* cluster, int node);  // "127.0.0.1", or "::1"
int test_node_port(test_cluster* cluster, int node);
const char* test_node_address(test_cluster* cluster, int node);  // "127.0.0.1:10123", "[::1]:10123"
pid_t test_node_pid(test_cluster* cluster, int node);            // 0 when killed
const char* test_node_log(test_cluster* cluster, int node);      // path of the server's output

// What the node says of itself. 0 too when it does not answer.
int test_node_is_primary(test_cluster* cluster, int node);

// The running node that says it owns the slot; waits a while for one. -1, and what each node says on stderr,
// when there is none.
int test_cluster_primary_of(test_cluster* cluster, int slot);

// A running replica of the node, or -1.
int test_cluster_replica_of(test_cluster* cluster, int node);

// Freezes a node (connections are still accepted by the kernel, nothing answers), and lets it go on.
int test_node_stop(test_cluster* cluster, int node);
int test_node_continue(test_cluster* cluster, int node);

// kill -9, and the same node again: same port, same id, no keys of its own.
int test_node_kill(test_cluster* cluster, int node);
int test_node_restart(test_cluster* cluster, int node);

// CLUSTER FAILOVER at the replica; returns when it and its former primary agree. Waits first until the servers would
// follow it: one node can be elected once in 4 s, or four node timeouts.
int test_cluster_failover(test_cluster* cluster, int replica);

// A new primary without slots that all others know. Returns its number, or -1.
int test_cluster_add_node(test_cluster* cluster);

// Takes all added nodes away again, which must own no slots, and makes the others forget them.
int test_cluster_remove_added(test_cluster* cluster);

// ---- commands to one node, past the library under test ----
// The format is hiredis': "SET %s %b". They give up after 5 s.

#define TEST_NODE_FAILED LLONG_MIN

// 1 when the reply is not an error.
int test_node_ok(test_cluster* cluster, int node, const char* format, ...);

// The same at every running node: 1 when no reply is an error.
int test_cluster_ok(test_cluster* cluster, const char* format, ...);

// An integer reply, or a string that is one; TEST_NODE_FAILED for anything else.
long long test_node_int(test_cluster* cluster, int node, const char* format, ...);

// The reply as text to free(): an error starts with '-', the elements of an array end with newlines.
// NULL for nil and where no reply came.
char* test_node_text(test_cluster* cluster, int node, const char* format, ...);

// ---- live migration of a slot, from the node that owns it ----

// The whole of it. Keys may be read and written meanwhile.
int test_cluster_move_slot(test_cluster* cluster, int slot, int to_node);

// In steps, so that a test can stop half-way: after begin a missing key is answered by ASK, and commands
// with keys on both sides by TRYAGAIN.
int test_cluster_begin_move(test_cluster* cluster, int slot, int to_node);
int test_cluster_move_key(test_cluster* cluster, int slot, int to_node, const char* key);
int test_cluster_move_keys(test_cluster* cluster, int slot, int to_node,
                           int max);  // how many it moved, or -1
int test_cluster_finish_move(test_cluster* cluster, int slot, int to_node);

// Ends a begun move where it stands; the owner stays. Moved keys are moved back.
int test_cluster_cancel_move(test_cluster* cluster, int slot, int to_node);

#ifdef __cplusplus
}
#endif
