// To which nodes a command without a key goes, how several nodes' replies make one, and whether a caller may
// send it at all.
#pragma once

#include <cstdint>
#include <string_view>

namespace rediscluster {

// Where it goes unless its caller has chosen a route. Most are the command tips of Redis 7 and Valkey.
enum class RequestPolicy : std::uint8_t {
  kNone,        // nothing is told: where its keys are; without keys any primary
  kOne,         // one primary, any
  kAllShards,   // every primary that owns slots
  kAllNodes,    // every node, replicas too
  kMultiShard,  // keys in several slots: in parts
  kSpecial,     // a program has to know more: asked of one primary, or refused
  kChannel,     // the owner of the slot of its first argument, a channel. That is no key: in a transaction it
                // goes where the keys are
};

// How the replies make one. Where nothing is told, arrays (of keys: by the order of the keys) and texts are
// joined.
enum class ResponsePolicy : std::uint8_t {
  kNone,
  kOneSucceeded,
  kAllSucceeded,
  kAggLogicalAnd,  // these element by element, where the replies are arrays
  kAggLogicalOr,
  kAggMin,
  kAggMax,
  kAggSum,
  kSpecial,    // each speaks of its own node, and no rule makes one of several
  kUnion,      // arrays are joined, and nothing is in the result twice
  kSumByName,  // arrays of names, each with an integer behind it: the sum for each name
};

struct Policies {
  RequestPolicy request = RequestPolicy::kNone;
  ResponsePolicy response = ResponsePolicy::kNone;
};

// Which routes a command is refused on.
enum class Refusal : std::uint8_t {
  kNone,
  kAlways,        // on all
  kUnlessNode,    // unless its caller has named the node that is to run it
  kUnlessRouted,  // unless its caller has chosen a route of any kind
};

struct PolicyByHand {
  std::string_view name;  // lower case; "script|load" for a subcommand
  Policies policies;
};

// What the servers give no tips of, or tips that say less than a user means. They win over tips.
inline constexpr PolicyByHand kPoliciesByHand[] = {
    // Any node that answers is all that is asked for, whatever the tips say.
    {"ping", {RequestPolicy::kOne}},
    // The bus brings it to all nodes, but one publisher's messages keep their order through one node only.
    {"publish", {RequestPolicy::kChannel}},
    // Each node knows its own keys only, so each is asked, and one of the answers is taken by its weight: a
    // small shard's keys are not more likely than others.
    {"randomkey", {RequestPolicy::kAllShards, ResponsePolicy::kSpecial}},
    // Each node knows its own subscribers only, and a replica may have some, of shard channels too.
    {"pubsub|channels", {RequestPolicy::kAllNodes, ResponsePolicy::kUnion}},
    {"pubsub|shardchannels", {RequestPolicy::kAllNodes, ResponsePolicy::kUnion}},
    {"pubsub|numpat", {RequestPolicy::kAllNodes, ResponsePolicy::kAggSum}},
    {"pubsub|numsub", {RequestPolicy::kAllNodes, ResponsePolicy::kSumByName}},
    {"pubsub|shardnumsub", {RequestPolicy::kAllNodes, ResponsePolicy::kSumByName}},
    // Each node has clients of its own. The lines are joined; a killed client is counted where it was.
    {"client|list", {RequestPolicy::kAllNodes}},
    {"client|kill", {RequestPolicy::kAllNodes, ResponsePolicy::kAggSum}},
    // A cluster of which one node pauses is not paused.
    {"client|pause", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    {"client|unpause", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    // Each node has a file of its own, and after a failover that of the replica counts. All have saved since
    // the least of the times.
    {"bgrewriteaof", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    {"bgsave", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    {"save", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    {"lastsave", {RequestPolicy::kAllNodes, ResponsePolicy::kAggMin}},
    // Users, modules and the log of refused clients are a node's own; ACL SETUSER has tips.
    {"acl|load", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    {"acl|log", {RequestPolicy::kAllNodes}},
    {"module|load", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    {"module|loadex", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    {"module|unload", {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    // Databases are the whole cluster's, like the keys in them.
    {"swapdb", {RequestPolicy::kAllShards, ResponsePolicy::kAllSucceeded}},
    // A script is where it was loaded or run, and is the same wherever it is.
    {"script|show", {RequestPolicy::kAllShards, ResponsePolicy::kOneSucceeded}},
};

}  // namespace rediscluster
