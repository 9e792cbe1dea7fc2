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

  bool touches(const World& world, int tag) const {
    return tag < 0 || shards.contains(world.tags()[static_cast<std::size_t>(tag)].shard);
  }

  // Whether an acknowledged write may be missing. Replication is asynchronous: what a primary had
  // acknowledged last goes with it. One that was stopped may take more before it hears that it is none now.
  bool may_lose(const World& world, int tag, TimePoint acknowledged) const {
    constexpr milliseconds kReplicationLag(500);
    if (!touches(world, tag) || acknowledged > end) return false;
    return wipes || (loses && acknowledged > begin - kReplicationLag);
  }
  bool may_lose(const World& world, int tag) const { return (wipes || loses) && touches(world, tag); }
};

}  // namespace chaos
