// Commands that belong to one node or to one connection, or speak of the whole cluster. A command without
// keys goes to any primary: for these the answer would be a lie, such as the OK of a FLUSHALL that emptied a
// third. They are refused before anything is sent. Those that the servers' command tips tell of follow from
// the tips (see settle_node_rule); the others are kept here by hand, since no server tells which they are.
#pragma once

#include <array>
#include <string_view>

#include "commands/command_spec.h"

namespace rediscluster {

struct NodeCommand {
  std::string_view name;  // lower case; "script|load" for a subcommand
  const char* reason;     // what would go wrong
  const char* advice;     // what to do instead
};

namespace reason {
inline constexpr char kAllNodes[] =
    "would reach one node only, any, and its answer would pass for the whole cluster's";
inline constexpr char kOneNode[] = "is meant for one node, and as it has no key it would go to any";
inline constexpr char kWait[] =
    "counts the replicas that have the writes of its own connection, and connections are shared: it would "
    "speak "
    "of other callers' writes, or of none";
inline constexpr char kCursor[] =
    "has a cursor that only the node which gave it understands, and the next call may go to another";
inline constexpr char kSlotOrKey[] =
    "asks about a slot or a key that only one node has, and it would go to any";
}  // namespace reason

namespace advice {
inline constexpr char kEachNode[] =
    "send it to each node over a connection of your own (redis-cli --cluster call); operations on the whole "
    "cluster come with a later release";
inline constexpr char kThatNode[] = "send it to that node over a connection of your own (redis-cli)";
inline constexpr char kWait[] =
    "min-replicas-to-write at the servers makes them refuse writes that no replica could follow, or send the "
    "write "
    "and WAIT over a connection of your own";
inline constexpr char kScan[] =
    "scan each primary over a connection of your own; an operation that scans the whole cluster comes with a "
    "later "
    "release";
inline constexpr char kScript[] =
    "send EVALSHA with a key, and where it answers NOSCRIPT, EVAL with the script itself, which keeps it "
    "there";
}  // namespace advice

inline constexpr NodeCommand kNodeCommands[] = {
    // The tips tell that these are for all nodes or all shards; here is what to do instead of each.
    {"wait", reason::kWait, advice::kWait},
    {"waitaof", reason::kWait, advice::kWait},
    {"scan", reason::kCursor, advice::kScan},
    {"script|load", reason::kAllNodes, advice::kScript},
    {"script|exists", reason::kAllNodes, advice::kScript},
    // Nil from a node without keys says that the database is empty. Its tips leave the answers uncombined.
    {"randomkey", reason::kAllNodes, advice::kScan},
    // The cursor of a search stays with the node that began it.
    {"ft.cursor", reason::kCursor, advice::kThatNode},
    // Like SCRIPT EXISTS, but newer.
    {"script|show", reason::kAllNodes, advice::kScript},
    // They say OK, or how many, when one node of many has done it.
    {"acl|load", reason::kAllNodes, advice::kEachNode},
    {"acl|log", reason::kAllNodes, advice::kEachNode},
    {"bgrewriteaof", reason::kAllNodes, advice::kEachNode},
    {"bgsave", reason::kAllNodes, advice::kEachNode},
    {"save", reason::kAllNodes, advice::kEachNode},
    {"swapdb", reason::kAllNodes, advice::kEachNode},
    {"module|load", reason::kAllNodes, advice::kEachNode},
    {"module|loadex", reason::kAllNodes, advice::kEachNode},
    {"module|unload", reason::kAllNodes, advice::kEachNode},
    {"client|kill", reason::kAllNodes, advice::kEachNode},
    {"client|pause", reason::kAllNodes, advice::kEachNode},
    {"client|unpause", reason::kAllNodes, advice::kEachNode},
    {"cluster|forget", reason::kAllNodes, advice::kEachNode},
    // Each node knows its own subscribers only: 0 does not mean that nobody listens.
    {"pubsub|channels", reason::kAllNodes, advice::kEachNode},
    {"pubsub|numpat", reason::kAllNodes, advice::kEachNode},
    {"pubsub|numsub", reason::kAllNodes, advice::kEachNode},
    {"pubsub|shardchannels", reason::kAllNodes, advice::kEachNode},
    {"pubsub|shardnumsub", reason::kAllNodes, advice::kEachNode},
    // Which node carries them out is the whole meaning of them.
    {"client|unblock", reason::kOneNode, advice::kThatNode},
    {"cluster|addslots", reason::kOneNode, advice::kThatNode},
    {"cluster|addslotsrange", reason::kOneNode, advice::kThatNode},
    {"cluster|bumpepoch", reason::kOneNode, advice::kThatNode},
    {"cluster|delslots", reason::kOneNode, advice::kThatNode},
    {"cluster|delslotsrange", reason::kOneNode, advice::kThatNode},
    {"cluster|failover", reason::kOneNode, advice::kThatNode},
    {"cluster|flushslots", reason::kOneNode, advice::kThatNode},
    {"cluster|replicate", reason::kOneNode, advice::kThatNode},
    {"cluster|reset", reason::kOneNode, advice::kThatNode},
    {"cluster|saveconfig", reason::kOneNode, advice::kThatNode},
    {"cluster|set-config-epoch", reason::kOneNode, advice::kThatNode},
    {"cluster|setslot", reason::kOneNode, advice::kThatNode},
    {"failover", reason::kOneNode, advice::kThatNode},
    {"replicaof", reason::kOneNode, advice::kThatNode},
    {"shutdown", reason::kOneNode, advice::kThatNode},
    {"slaveof", reason::kOneNode, advice::kThatNode},
    // Where the slot or the key is not, the answer is 0, nothing, or "no such key".
    {"cluster|countkeysinslot", reason::kSlotOrKey, advice::kThatNode},
    {"cluster|getkeysinslot", reason::kSlotOrKey, advice::kThatNode},
    {"debug|object", reason::kSlotOrKey, advice::kThatNode},
};

// Any node that answers is all that is asked for, whatever the tips say.
inline constexpr std::string_view kAnyNodeWillDo[] = {"ping"};

// Commands with a key that only read, but not the same at each node that has the key: these always go to the
// primary.
inline constexpr std::string_view kAtPrimary[] = {
    // The cursor follows the order of one node's hash table. (Names that end so are all of this kind.)
    "hscan", "sscan", "zscan",
    // Scripts are not replicated: a replica answers NOSCRIPT to what its primary knows.
    "evalsha_ro",
    // How this one node keeps the key, and when it was last used there: a replica tells of itself.
    "object|encoding", "object|freq", "object|idletime", "object|refcount", "memory|usage",
    // It marks the key as used: at a replica that keeps nothing from being evicted.
    "touch"};

// What follows from a command's tips and name. Called once a command, when its table is built; what the
// tables by hand say is written over it.
constexpr void settle_node_rule(CommandSpec& spec) noexcept {
  constexpr std::array<std::string_view, 2> kCursors{"scan", "scandump"};  // HSCAN, BF.SCANDUMP
  for (const std::string_view name : kAtPrimary) {
    if (spec.name == name) spec.flags |= kPrimaryOnly;
  }
  for (const std::string_view end : kCursors) {
    if (spec.name.ends_with(end)) spec.flags |= kPrimaryOnly;
  }
  const bool spread = spec.request_policy == RequestPolicy::kAllNodes ||
                      spec.request_policy == RequestPolicy::kAllShards ||
                      spec.request_policy == RequestPolicy::kSpecial;
  // Where no rule combines the answers, each is known to be one node's: INFO, MEMORY STATS, LATENCY HISTORY.
  const bool of_one_node =
      spec.request_policy != RequestPolicy::kSpecial && spec.response_policy == ResponsePolicy::kSpecial;
  if (!spread || of_one_node || spec.key_rule != KeyRule::kNone) return;
  for (const std::string_view name : kAnyNodeWillDo) {
    if (spec.name == name) return;
  }
  spec.refused_reason = reason::kAllNodes;
  spec.refused_advice = advice::kEachNode;
}

}  // namespace rediscluster
