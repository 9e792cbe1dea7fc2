// The demo's steps. Each prints a block of its own, and tells by check() (output.h) whether what it shows is
// true.
#pragma once

#include <rediscluster/rediscluster.h>

#include "test_cluster.h"

typedef struct demo {
  test_cluster* servers;  // redis-server processes on this machine: 3 primaries, 3 replicas
  rc_cluster* cluster;    // the client: one handle, used by all threads
} demo;

// An array of words as the three parameters argc, argv, argv_len: rc_command(cluster, WORDS("GET", key),
// &error).
#define WORDS(...) \
  sizeof((const char*[]){__VA_ARGS__}) / sizeof(const char*), (const char*[]){__VA_ARGS__}, NULL

int open_cluster(demo* d);   // open.c; 0 when there is nothing to go on with
void one_command(demo* d);   // commands.c
void pipeline(demo* d);      // pipeline.c
void transactions(demo* d);  // transactions.c
void move_money(demo* d);    // accounts.c
void move_slot(demo* d);     // resharding.c
void kill_primary(demo* d);  // failover.c

void read_all_slots(demo* d);  // pipeline.c; what pipeline() has written
