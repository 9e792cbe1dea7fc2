// Threads that call without pause on the keys <prefix>0, <prefix>1, ... while something happens to the
// cluster.
#pragma once

#include <rediscluster/rediscluster.h>

typedef struct load load;

enum { kLoadKeys = 100 };

// INCR may be executed only once each: where no reply came, the outcome is unknown.
load* load_start_incr(rc_cluster* cluster, const char* prefix, int threads);

// GET, and SET marked as idempotent: the library may send them again.
load* load_start_retry_safe(rc_cluster* cluster, const char* prefix, int threads);

// Waits until so many more calls have succeeded; 0 when they did not within 20 s.
int load_wait(load* l, long long calls);

// From now on, look for the first success of a call that begins from now on.
void load_mark(load* l);
long long load_ms_to_success(load* l);  // since the mark; -1: none yet

// The threads finish their calls and end.
void load_stop(load* l);

// Read these after load_stop.
long long load_calls(const load* l);
long long load_succeeded(const load* l);
long long load_failed(const load* l, int outcome);  // an RC_OUTCOME_*
long long load_failed_in_all(const load* l);
const char* load_first_error(const load* l);  // "" when there was none
int load_check_none_failed(const load* l);
double load_longest_call(const load* l);  // seconds

void load_free(load* l);

// The sum of the counters that INCR counts, or -1.
long long load_sum(rc_cluster* cluster, const char* prefix);
