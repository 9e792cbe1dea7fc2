#include "topology/cluster_view.h"

#include <optional>

#include "base/slots.h"
#include "base/text.h"

namespace rediscluster {
namespace {

// The value of a name in [name, value, name, value, ...]; empty if it is not there or no host.
std::string host_in(const Reply& metadata, std::string_view name) {
  if (metadata.type != ReplyType::kArray && metadata.type != ReplyType::kMap) return {};
  for (std::size_t i = 0; i + 1 < metadata.length; i += 2) {
    const auto value = metadata.elements[i + 1].string();
    if (metadata.elements[i].string() == name && value != "?" && check_host(value).ok())
      return std::string(value);
  }
  return {};
}

// [host, port, id, metadata, ...]: the host may be empty or nil (the one that was asked) or "?" (not known to
// the server). Before Redis 4 there is no id, and before 7 no metadata.
std::optional<Member> parse_node(const Reply& node, const Address& asked) {
  if (node.type != ReplyType::kArray || node.length < 2) return std::nullopt;
  const Reply& port = node.elements[1];
  if (port.type != ReplyType::kInteger || port.integer < 1 || port.integer > 65535) return std::nullopt;
  const auto host = node.elements[0].string();
  if (host == "?") return std::nullopt;
  if (!host.empty() && !check_host(host).ok()) return std::nullopt;
  Member member{{host.empty() ? asked.host : std::string(host), static_cast<int>(port.integer)}, {}, {}, {}};
  if (node.length > 2) member.id = node.elements[2].string();
  if (node.length > 3) {
    member.hostname = host_in(node.elements[3], "hostname");
    member.ip = host_in(node.elements[3], "ip");
  }
  return member;
}

std::optional<SlotRange> parse_range(const Reply& entry, const Address& asked, std::vector<Member>& members) {
  if (entry.type != ReplyType::kArray || entry.length < 3) return std::nullopt;
  const Reply& first = entry.elements[0];
  const Reply& last = entry.elements[1];
  if (first.type != ReplyType::kInteger || last.type != ReplyType::kInteger) return std::nullopt;
  if (first.integer < 0 || last.integer >= kSlotCount || first.integer > last.integer) return std::nullopt;
  auto primary = parse_node(entry.elements[2], asked);
  if (!primary) return std::nullopt;
  SlotRange range{static_cast<int>(first.integer), static_cast<int>(last.integer), primary->address, {}};
  members.push_back(std::move(*primary));
  for (std::size_t i = 3; i < entry.length; ++i) {
    auto replica = parse_node(entry.elements[i], asked);
    if (!replica) continue;
    range.replicas.push_back(replica->address);
    members.push_back(std::move(*replica));
  }
  return range;
}

}  // namespace

Result<ClusterView> parse_cluster_slots(const Reply& reply, const Address& asked) {
  ClusterView view;
  if (reply.type == ReplyType::kArray) {
    for (std::size_t i = 0; i < reply.length; ++i) {
      if (auto range = parse_range(reply.elements[i], asked, view.members))
        view.ranges.push_back(std::move(*range));
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
