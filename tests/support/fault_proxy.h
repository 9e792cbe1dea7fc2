// A proxy between clients and nodes that does to their connections what bad networks do, on cue or at random.
//
//   fault_proxy* proxy = fault_proxy_start();
//   const test_cluster_options options = {.announce_port = fault_proxy_add, .announce_context = proxy};
//   test_cluster* cluster = test_cluster_start(&options);
//   ... open the client at fault_proxy_port(proxy, test_node_port(cluster, 0)) ...
//   fault_proxy_inject(proxy, test_node_port(cluster, 0), (fault){.kind = FAULT_DROP_REPLY, .after = 2});
//
// With RC_TEST_TLS=1 it speaks TLS to both sides, and faults are still those of requests and replies.
// Every node has a port of the proxy, which it announces; here it is named by its own port. Functions that
// take a node's port take FAULT_ALL_NODES too. All are thread-safe. One thread of the process does the work.
//
// A replica's connection to its primary passes untouched (PING, then REPLCONF): what it missed would be lost
// by the cluster, not by its client. Nobody's PING at the very beginning suffers, or counts for a cue.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#define FAULT_ALL_NODES 0

typedef struct fault_proxy fault_proxy;

typedef enum fault_kind {
  FAULT_DROP_REQUEST,  // closes before the request reaches the node
  FAULT_CUT_REQUEST,   // closes after its first bytes have passed
  FAULT_DROP_REPLY,    // the node executes the request; closes before its reply
  FAULT_CUT_REPLY,     // closes after the first bytes of the reply have passed
  FAULT_MUTE           // the node executes the request; from its reply on nothing passes, nothing is closed
} fault_kind;
#define FAULT_KINDS 5
#define FAULT_BIT(kind) (1U << (kind))
#define FAULT_CLOSING (FAULT_BIT(FAULT_MUTE) - 1)  // all kinds that close

typedef struct fault {
  fault_kind kind;
  int after;  // so many requests or replies of the node pass first
  int bytes;  // how many pass of one that is cut; never all
  int reset;  // 1: closes by RST
} fault;

fault_proxy* fault_proxy_start(void);       // NULL on failure
void fault_proxy_stop(fault_proxy* proxy);  // closes everything; takes NULL

// The port of the proxy that leads to the node, listening from now on; the same for the same node. 0 when
// none is free. `proxy` is a void* to fit test_cluster_options.announce_port.
int fault_proxy_add(int node_port, void* proxy);

// The same for a node that has been added; 0 for another.
int fault_proxy_port(fault_proxy* proxy, int node_port);

// ---- faults ----

// Once, of the next requests or replies. Several for one node come one after the other.
void fault_proxy_inject(fault_proxy* proxy, int node_port, fault cue);

// One in `one_in` requests and replies suffers one of `kinds` (FAULT_BIT), chosen by the seed; 0 ends it.
void fault_proxy_random(fault_proxy* proxy, int node_port, int one_in, unsigned kinds, unsigned seed);

// While on, bytes are neither read nor passed on.
void fault_proxy_stall(fault_proxy* proxy, int node_port, int on);

// Every byte takes so much longer, each way.
void fault_proxy_delay(fault_proxy* proxy, int node_port, int ms);

// Closes all connections to the node.
void fault_proxy_close(fault_proxy* proxy, int node_port, int reset);

// While on, nobody listens: connects are refused. Do this before a node is killed: where the node is dead,
// the proxy otherwise takes connections that it cannot serve.
void fault_proxy_refuse(fault_proxy* proxy, int node_port, int on);

// Ends random faults, stalls, delays, and cues that did not come. Muted connections are closed.
void fault_proxy_heal(fault_proxy* proxy);

// ---- what happened ----

long fault_proxy_injected(fault_proxy* proxy, fault_kind kind);
int fault_proxy_connections(fault_proxy* proxy, int node_port);  // that are open to the client
int fault_proxy_muted(fault_proxy* proxy);                       // of them
int fault_proxy_descriptors(fault_proxy* proxy);                 // of the process that are the proxy's

#ifdef __cplusplus
}
#endif
