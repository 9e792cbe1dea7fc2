// A slot moves to another node while threads write its keys.
#include <string.h>

#include "demo.h"
#include "load.h"
#include "output.h"

enum { kThreads = 4, kBatch = 25, kCallsBetween = 500 };

static const char kKeys[] = "{visits}:";

static uint64_t counter(rc_cluster* cluster, const char* name) {
  rc_info* info = rc_cluster_info(cluster, NULL);
  const uint64_t value = rc_info_counter(info, name);
  rc_info_free(info);
  return value;
}

// As redis-cli --cluster reshard does it, but with calls in between. While the slot is split, its owner
// answers ASK for what has left; afterwards the old owner answers MOVED.
static int move_under_load(demo* d, load* l, int slot, int to) {
  if (!test_cluster_begin_move(d->servers, slot, to)) return 0;
  int moved;
  do {
    if (!load_wait(l, kCallsBetween)) return 0;
    moved = test_cluster_move_keys(d->servers, slot, to, kBatch);
  } while (moved > 0);
  return moved == 0 && test_cluster_finish_move(d->servers, slot, to) && load_wait(l, kCallsBetween);
}

void move_slot(demo* d) {
  heading("A slot moves to another node and back, under load");
  const int slot = rc_key_slot(kKeys, strlen(kKeys));
  const int home = test_cluster_primary_of(d->servers, slot);
  const int away = (home + 1) % 3;
  const uint64_t moved_before = counter(d->cluster, "moved"), ask_before = counter(d->cluster, "ask");

  load* l = load_start_incr(d->cluster, kKeys, kThreads);
  const int there = load_wait(l, kCallsBetween) && move_under_load(d, l, slot, away);
  const int back = there && move_under_load(d, l, slot, home);
  load_stop(l);

  const uint64_t moved = counter(d->cluster, "moved") - moved_before;
  const uint64_t ask = counter(d->cluster, "ask") - ask_before;
  say("load", "INCR on %d keys of slot %d by %d threads: %lld calls", kLoadKeys, slot, kThreads,
      load_calls(l));
  say("redirects", "%llu ASK, %llu MOVED: all followed inside the library", (unsigned long long)ask,
      (unsigned long long)moved);
  check(there && back, "slot %d went from %s to %s and back", slot, test_node_address(d->servers, home),
        test_node_address(d->servers, away));
  check(moved > 0 && ask > 0, "calls met both kinds of redirect");
  load_check_none_failed(l);
  const long long sum = load_sum(d->cluster, kKeys);
  check(sum == load_succeeded(l), "nothing lost, nothing twice: the counters sum up to %lld", sum);
  load_free(l);
}
