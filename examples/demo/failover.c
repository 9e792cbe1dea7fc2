// A primary dies under load. Its replica is elected; the handle goes on.
#include <string.h>

#include "demo.h"
#include "load.h"
#include "output.h"
#include "test_wait.h"

enum { kThreads = 4, kCallsBefore = 2000, kCallsAfter = 2000, kElectionMs = 20000 };

// One hash tag: all these keys are in one slot.
static const char kCounters[] = "{stock}:sold:";
static const char kCarts[] = "{stock}:cart:";

static void report_retry_safe(const load* l) {
  say("GET, SET", "%lld calls, the longest %.2f s (GET only reads, SET is marked idempotent)", load_calls(l),
      load_longest_call(l));
  load_check_none_failed(l);
}

// Without a reply nobody can know whether an INCR was executed, and a second one could count twice: the
// library says so and leaves it to the caller. A dying process still takes connections for a moment, so a
// thread may meet that more than once. Replication is asynchronous: the servers themselves may lose what they
// acknowledged last.
static void report_incr(demo* d, const load* l) {
  const long long unknown = load_failed(l, RC_OUTCOME_UNKNOWN);
  const long long acknowledged = load_succeeded(l);
  say("INCR", "%lld calls: %lld acknowledged, %lld of unknown outcome (in flight as the node died)",
      load_calls(l), acknowledged, unknown);
  if (load_failed_in_all(l) > 0) say("message", "%s", load_first_error(l));
  check(load_failed_in_all(l) == unknown, "none failed with another outcome");
  const long long sum = load_sum(d->cluster, kCounters);
  check(sum >= 0 && sum <= acknowledged + unknown, "none ran twice: the counters sum up to %lld", sum);
  if (sum >= 0 && sum < acknowledged) {
    say("note", "the dead server had acknowledged %lld that had not reached its replica", acknowledged - sum);
  }
}

void kill_primary(demo* d) {
  heading("A primary is killed (kill -9) under load");
  const int slot = rc_key_slot(kCounters, strlen(kCounters));
  const int victim = test_cluster_primary_of(d->servers, slot);
  const int heir = test_cluster_replica_of(d->servers, victim);
  if (!check(heir >= 0, "the owner of slot %d has a replica", slot)) return;

  load* safe = load_start_retry_safe(d->cluster, kCarts, kThreads);
  load* incr = load_start_incr(d->cluster, kCounters, kThreads);
  int going = load_wait(safe, kCallsBefore) && load_wait(incr, kCallsBefore);

  test_node_kill(d->servers, victim);
  load_mark(safe);
  load_mark(incr);
  const long long killed = test_now_ms();
  const int elected = TEST_WAIT(test_node_is_primary(d->servers, heir), kElectionMs);
  const long long election = test_now_ms() - killed;
  going = load_wait(safe, kCallsAfter) && load_wait(incr, kCallsAfter) && going;
  load_stop(safe);
  load_stop(incr);

  say("killed", "%s, owner of slot %d%s", test_node_address(d->servers, victim), slot,
      victim == 0 ? ", and the seed that the handle was opened from" : "");
  check(elected, "its replica %s was elected after %lld ms", test_node_address(d->servers, heir), election);
  check(going && load_ms_to_success(incr) >= 0, "writes to its slots succeed again after %lld ms",
        load_ms_to_success(incr));
  report_retry_safe(safe);
  report_incr(d, incr);
  load_free(safe);
  load_free(incr);

  heading("The same handle afterwards");
  read_all_slots(d);
  check(print_nodes(d->cluster) == 16384, "every slot has an owner");
}
