// What is done to the cluster during a round, and what that excuses.
#pragma once

#include <set>
#include <string>

#include "chaos/world.h"

namespace chaos {

struct Event {
  std::string name;
  TimePoint begin;
  TimePoint end;         // the cluster is whole again, and connections can be made and used
  std::set<int> shards;  // that it was done to

  bool breaks = false;    // connections: what was sent over them may have become unknown
  bool hangs = false;     // the shards did not answer for some time
  bool unblocks = false;  // a primary that becomes a replica throws out blocked callers
  bool loses = false;     // writes that were not yet replicated
  bool wipes = false;     // the primary came back without any keys
  int down_shard = -1;    // the only one; the others must go on undisturbed
  Clock::duration replication_lag = milliseconds(500);  // at most; more where the machine lets nobody run
  int elections = 0;                                    // that it calls for, in its shard
  std::set<int> replaced;  // shards whose primary the servers replaced without being made to

  bool touches(const World& world, int tag) const {
    return tag < 0 || shards.contains(world.tags()[static_cast<std::size_t>(tag)].shard);
  }

  // Whether an acknowledged write may be missing. Replication is asynchronous: what a primary had
  // acknowledged last goes with it. One that was stopped may take more before it hears that it is none now.
  bool may_lose(const World& world, int tag, TimePoint acknowledged) const {
    if (was_replaced(world, tag)) return true;  // nobody knows when
    if (!touches(world, tag) || acknowledged > end) return false;
    return wipes || (loses && acknowledged > begin - replication_lag);
  }
  bool may_lose(const World& world, int tag) const {
    return was_replaced(world, tag) || ((wipes || loses) && touches(world, tag));
  }

  // The servers took these shards' primaries for dead, though nobody had touched them, and gave them others.
  void note_replaced(const std::set<int>& by_the_servers) {
    if (by_the_servers.empty()) return;
    replaced = by_the_servers;
    shards.insert(replaced.begin(), replaced.end());
    breaks = hangs = unblocks = true;
    if (down_shard >= 0 && (replaced.size() > 1 || !replaced.contains(down_shard))) down_shard = -1;
    name += " (the servers took it for a failure)";
  }

 private:
  bool was_replaced(const World& world, int tag) const {
    if (tag < 0 || replaced.empty()) return false;
    const Tag& asked = world.tags()[static_cast<std::size_t>(tag)];
    return replaced.contains(asked.shard) || replaced.contains(asked.before);
  }
};

}  // namespace chaos
