/*
 * The way between Go and the C API: a call, a whole pipeline included, crosses in one step, with its
 * arguments in one flat buffer and its replies in another. Numbers in both are little-endian, without gaps.
 *
 *   arguments:  for each u64 length, bytes
 *   commands:   for each u32 number of arguments, arguments
 *   a value:    u8 type, then as the comments at rcgo_type say
 */
#ifndef REDISCLUSTER_GO_BRIDGE_H
#define REDISCLUSTER_GO_BRIDGE_H

#include <rediscluster/rediscluster.h>

/* Types of values are RC_REPLY_*, and these. */
enum rcgo_type {
  /* NIL: nothing. INTEGER, BOOL, DOUBLE: 8 bytes. ARRAY, SET, PUSH, MAP: u32 count, then the elements.
   * STATUS, STRING, BIG_NUMBER, VERBATIM: u32 length, bytes.
   * ERROR: u32 code, u32 outcome, u32 length, server code, u32 length, message, u32 number of parts; of each
   * part u32 length, node, u32 number of keys, u32 index of each, the reply or NIL, the ERROR or NIL. */
  RCGO_FAILED = 64, /* the call as a whole: as an ERROR */
  RCGO_FAR = 128    /* added to the type of a long text: u64 address, u64 length; it lies in the reply */
};

enum rcgo_operation { RCGO_COMMAND, RCGO_PIPELINE, RCGO_TRANSACTION, RCGO_EXPLAIN, RCGO_WATCH, RCGO_REFRESH };

/* What came of a call. Lives in Go's memory, so it holds addresses as numbers. */
typedef struct rcgo_answer {
  uint64_t size;  /* of the value */
  uint64_t heap;  /* 0: the value is in `near`; else its address */
  uint64_t reply; /* 0, or the reply that texts of the value lie in */
  char near[4072];
} rcgo_answer;

/* To be called when heap or reply are not 0, after the value was read. */
void rcgo_release(rcgo_answer* answer);

/* What is different for one call; 0 and NULL stand for nothing. */
typedef struct rcgo_terms {
  int timeout_ms;
  int idempotent;
  int read_from; /* RC_READ_* and 1 */
  int route;     /* RC_ROUTE_* */
  int unsplit;
  int combine;      /* RC_COMBINE_* */
  const char* node; /* and the next: to this node */
  int node_port;
  const char* key; /* and the next: to the primary of its slot */
  size_t key_len;
  rc_cancel* cancel;
} rcgo_terms;

void rcgo_run(rc_cluster* cluster, enum rcgo_operation operation, rcgo_terms terms, const char* in,
              size_t count, rcgo_answer* answer);

/* The primaries that the operation would go to as far as the client knows, "host:port" and a NUL each, in answer->near; where
 * reads go elsewhere, "replicas of host:port" for these. Of a long list some commands only are looked at. Returns whether one
 * of these may block. No node is asked. */
int rcgo_find_nodes(rc_cluster* cluster, enum rcgo_operation operation, int reads_elsewhere, const char* in,
                    size_t count, rcgo_answer* answer);

/* `in`: `count` options, each a name and RCGO_VALUES values, all with a NUL at their end; "url" is the first.
 * `functions` is told to rcgoCredentials, rcgoLog and rcgoAttempt, in Go. */
enum { RCGO_VALUES = 4 };
rc_cluster* rcgo_open(const char* in, size_t count, uintptr_t functions, rcgo_terms terms,
                      rcgo_answer* answer);
void rcgo_refresh(rc_cluster* cluster, rcgo_terms terms, rcgo_answer* answer);
void rcgo_info(rc_cluster* cluster, rcgo_answer* answer);

/* Which keys a scan returns; 0 and NULL stand for nothing. */
typedef struct rcgo_scan_terms {
  const char* match; /* and its length */
  size_t match_len;
  int count;
  const char* type;
  const char* cursor;
} rcgo_scan_terms;

/* NULL: it failed, as the answer says. */
rc_scan* rcgo_scan(rc_cluster* cluster, rcgo_scan_terms terms, rcgo_answer* answer);
void rcgo_scan_next(rc_scan* scan, rcgo_terms terms, rcgo_answer* answer); /* nothing: the end */

/* `session` is told to rcgoSession, in Go, for each session. */
void rcgo_watch(rc_cluster* cluster, rcgo_terms terms, const char* keys, size_t count, uintptr_t session,
                rcgo_answer* answer);
void rcgo_watch_command(rc_watch* watch, const char* in, size_t count, rcgo_answer* answer);
void rcgo_append(rc_commands* commands, const char* in, size_t count, rcgo_answer* answer);

#endif
