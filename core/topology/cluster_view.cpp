#include "topology/cluster_view.h"

#include <optional>

#include "base/slots.h"
#include "base/text.h"

namespace rediscluster {
namespace {

// [host, port, id, ...]: the host may be empty or nil (the one that was asked) or "?" (not known to the
// server).
std::optional<Address> parse_node(const Reply& node, const Address& asked) {
  if (node.type != ReplyType::kArray || node.length < 2) return std::nullopt;
  const Reply& port = node.elements[1];
  if (port.type != ReplyType::kInteger || port.integer < 1 || port.integer > 65535) return std::nullopt;
  const auto host = node.elements[0].string();
  if (host == "?") return std::nullopt;
  if (host.empty()) return Address{asked.host, static_cast<int>(port.integer)};
  if (!check_host(host).ok()) return std::nullopt;
  return Address{std::string(host), static_cast<int>(port.integer)};
}

std::optional<SlotRange> parse_range(const Reply& entry, const Address& asked) {
  if (entry.type != ReplyType::kArray || entry.length < 3) return std::nullopt;
  const Reply& first = entry.elements[0];
  const Reply& last = entry.elements[1];
  if (first.type != ReplyType::kInteger || last.type != ReplyType::kInteger) return std::nullopt;
  if (first.integer < 0 || last.integer >= kSlotCount || first.integer > last.integer) return std::nullopt;
  auto primary = parse_node(entry.elements[2], asked);
  if (!primary) return std::nullopt;
  SlotRange range{static_cast<int>(first.integer), static_cast<int>(last.integer), std::move(*primary), {}};
  for (std::size_t i = 3; i < entry.length; ++i) {
    if (auto replica = parse_node(entry.elements[i], asked)) range.replicas.push_back(std::move(*replica));
  }
  return range;
}

}  // namespace

Result<ClusterView> parse_cluster_slots(const Reply& reply, const Address& asked) {
  ClusterView view;
  if (reply.type == ReplyType::kArray) {
    for (std::size_t i = 0; i < reply.length; ++i) {
      if (auto range = parse_range(reply.elements[i], asked)) view.ranges.push_back(std::move(*range));
    }
    if (reply.length == 0) {
      return make_error(
          Code::kClusterDown, Outcome::kRefused,
          text(to_string(asked), " knows no slot with an owner: assign the slots (redis-cli --cluster fix)"));
    }
  }
  if (view.ranges.empty()) {
    return make_error(Code::kProtocol, Outcome::kRefused,
                      text("the answer of ", to_string(asked),
                           " to CLUSTER SLOTS makes no sense: check what listens there"));
  }
  return view;
}

}  // namespace rediscluster
