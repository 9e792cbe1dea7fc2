// Commands that belong to one node, whichever route a caller takes: which node carries them out is the whole
// meaning of them, and without a key they would go to any. They are refused before anything is sent, unless
// the caller has said which node. Kept by hand, since no server tells which they are.
#pragma once

#include <array>
#include <string_view>

#include "commands/command_policy.h"
#include "commands/command_spec.h"

namespace rediscluster {

struct NodeCommand {
  std::string_view name;  // lower case; "script|load" for a subcommand
  const char* reason;     // what would go wrong
  const char* advice;     // what to do instead
};

namespace reason {
inline constexpr char kOneNode[] = "is meant for one node, and as it has no key it would go to any";
inline constexpr char kWait[] =
    "counts the replicas that have the writes of its own connection, and connections are shared: it would "
    "speak of other callers' writes, or of none";
inline constexpr char kCursor[] =
    "has a cursor that only the node which gave it understands, and the next call may go to another";
inline constexpr char kOwnClients[] = "names a client by a number that each node gives to one of its own";
inline constexpr char kOwnOrder[] =
    "orders and counts the slots of one node, and the nodes' answers together would be in no order";
inline constexpr char kModule[] =
    "has no key, and its module does not tell which nodes answer for the whole cluster";
}  // namespace reason

namespace advice {
inline constexpr char kThatNode[] = "say which one, by rc_call_options_set_route_node";
inline constexpr char kWait[] =
    "put it behind a write in one pipeline or transaction: there it follows the write, on the same "
    "connection";
inline constexpr char kScan[] =
    "rc_scan_new scans the whole cluster; or say which node to scan, by rc_call_options_set_route_node";
inline constexpr char kSlotRange[] =
    "CLUSTER SLOT-STATS SLOTSRANGE tells of the whole cluster; or say which node, by "
    "rc_call_options_set_route_node";
inline constexpr char kRoute[] =
    "say where it is to go, by rc_call_options_set_route_key, rc_call_options_set_route_node, or "
    "rc_call_options_set_route with RC_ROUTE_ONE (where any node answers for all) or RC_ROUTE_PRIMARIES";
}  // namespace advice

inline constexpr NodeCommand kNodeCommands[] = {
    {"wait", reason::kWait, advice::kWait},
    {"waitaof", reason::kWait, advice::kWait},
    {"scan", reason::kCursor, advice::kScan},
    // The cursor of a search stays with the node that began it.
    {"ft.cursor", reason::kCursor, advice::kThatNode},
    // Not to be spread either: a node refuses to forget itself and its own primary, and they are to be told
    // last.
    {"cluster|forget", reason::kOneNode, advice::kThatNode},
    {"client|unblock", reason::kOwnClients, advice::kThatNode},
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
};

// Modules whose commands without keys are asked of the whole cluster. Some answer for it at any node, some
// for their own keys only, and some differ by how the servers are set up.
inline constexpr std::string_view kModulesOfTheWhole[] = {"ft.", "ts."};

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

constexpr void refuse(CommandSpec& spec, Refusal refusal, const char* reason, const char* advice) noexcept {
  spec.refusal = refusal;
  spec.refused_reason = reason;
  spec.refused_advice = advice;
}

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
  if (spec.request_policy == RequestPolicy::kMultiShard) spec.flags |= kInParts;
  // Where no rule combines the answers, each is known to be one node's: INFO, MEMORY STATS, LATENCY HISTORY.
  if (spec.response_policy == ResponsePolicy::kSpecial && spec.request_policy != RequestPolicy::kSpecial)
    spec.request_policy = RequestPolicy::kOne;
  for (const auto& [name, policies] : kPoliciesByHand) {
    if (spec.name != name) continue;
    spec.request_policy = policies.request;
    spec.response_policy = policies.response;
  }
  if (spec.key_rule != KeyRule::kNone) return;
  if (spec.request_policy == RequestPolicy::kSpecial)
    refuse(spec, Refusal::kUnlessRouted, reason::kModule, advice::kRoute);
  for (const std::string_view module : kModulesOfTheWhole) {
    if (spec.request_policy == RequestPolicy::kNone && spec.name.starts_with(module))
      refuse(spec, Refusal::kUnlessRouted, reason::kModule, advice::kRoute);
  }
}

}  // namespace rediscluster
