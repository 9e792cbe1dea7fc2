#include "calls/zones.h"

#include <algorithm>

#include "calls/exchange.h"
#include "resp/server_answer.h"
#include "routing/replica_choice.h"

namespace rediscluster {
namespace {

constexpr Duration kZoneAnswer = milliseconds(1000);

// Of the node's answer to INFO.
NodeFacts::Zone zone_in(std::string_view info, std::string_view own) noexcept {
  constexpr std::string_view kField = "availability_zone:";
  const auto at = info.find(kField);
  if (at == std::string_view::npos) return NodeFacts::Zone::kOther;
  const auto rest = info.substr(at + kField.size());
  const auto zone = rest.substr(0, rest.find_first_of("\r\n"));
  return !zone.empty() && zone == own ? NodeFacts::Zone::kSame : NodeFacts::Zone::kOther;
}

}  // namespace

void learn_zones(const Context& context, int slot, Deadline deadline) {
  static constexpr const char* kWords[] = {"INFO", "server"};
  static constexpr std::size_t kLengths[] = {4, 6};
  const Args args(2, kWords, kLengths);
  const auto map = context.topology.keep_map();
  ShardNodes shard = shard_of(*map, slot);
  NodeList& nodes = shard.replicas;
  for (Node*& replica : nodes) replica = &replica->for_reading();
  if (shard.primary != nullptr) nodes.push_back(shard.primary);
  for (Node* node : nodes) {
    const TimePoint now = Clock::now();
    NodeHealth& health = node->health();
    if (node->facts().zone() != NodeFacts::Zone::kNotAsked || health.ejected(now)) continue;
    if (deadline.passed(now)) return;
    // A node that is frozen must leave the call enough time for the others.
    const Duration patience = std::min<Duration>(kZoneAnswer, deadline.left(now) / 4);
    const RequestPtr request =
        exchange(node->connection(), args, encoded_size(args), {}, now, deadline.sooner(now + patience));
    if (request->failure != nullptr) {
      health.eject(Clock::now());
    } else if (classify(last_reply(*request).string()) == Answer::kLoggedOut) {
      node->drain(Clock::now());
    } else {
      node->facts().set_zone(zone_in(last_reply(*request).string(), context.zone));
    }
  }
}

}  // namespace rediscluster
