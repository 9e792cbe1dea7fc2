// Who owns a slot. While many slots move, no two views of the cluster may be alike for a while, and the map
// waits for two that are. A scan goes by what the node that it asks says of the slot, as it is with MOVED.
#include <algorithm>

#include "resp/server_answer.h"
#include "scan/scan.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

// For how long a node is asked about others.
constexpr Duration kPatience = milliseconds(250);

}  // namespace

Node* Scan::owner_of(const SlotMap& map, int slot) const noexcept {
  if (owners_.empty()) return map.owner(slot);
  const auto told = owners_.find(slot);
  return told == owners_.end() ? map.owner(slot) : told->second;
}

bool Scan::owns_what_is_asked(const Context& context, const Node& node) const {
  const auto map = context.topology.keep_map();
  return std::any_of(asked_.begin(), asked_.end(), [&](int slot) { return owner_of(*map, slot) == &node; });
}

// The owner of the first of the slots, but not one that a call has just waited for in vain, if there is
// another; asked_ becomes those of the slots that are its own. Null: they have no owner.
Node* Scan::choose_owner(const Context& context, const std::vector<int>& slots) {
  const auto map = context.topology.keep_map();
  Node* chosen = nullptr;
  for (const int slot : slots) {
    Node* const owner = owner_of(*map, slot);
    if (owner == nullptr || (chosen != nullptr && owner == avoid_)) continue;
    chosen = owner;
    if (chosen != avoid_) break;
  }
  asked_.clear();
  for (const int slot : slots) {
    if (owner_of(*map, slot) == chosen) asked_.push_back(slot);
  }
  return chosen;
}

// By its id, as the map knows its address as clients see it.
Node& Scan::node_at(const Context& context, const NodeLine& line) const {
  const auto members = context.topology.keep_map()->members();
  const auto& all = members->all();
  const auto member =
      std::find_if(all.begin(), all.end(), [&](const Member& one) { return one.id == line.id; });
  return context.nodes.at(member == all.end() ? line.address : member->address);
}

void Scan::note_owners(const Context& context, std::string_view lines, const std::vector<int>& slots) {
  for (const int slot : slots) {
    if (const auto line = line_of_owner(lines, slot)) {
      owners_[slot] = &node_at(context, *line);
    } else {
      owners_.erase(slot);
    }
  }
}

// CLUSTERSCAN is answered by MOVED where the slot of its cursor is another's.
void Scan::note_redirect(const Call& call, const Node& node, std::string_view line) {
  const Redirect redirect = parse_redirect(line);
  const bool named = !redirect.host.empty();
  if (!redirect.valid || (named && !check_host(redirect.host).ok())) return;
  owners_[redirect.slot] =
      &call.context.nodes.at({named ? std::string(redirect.host) : node.address().host, redirect.port});
  if (position_.state.at(redirect.slot) != ScanState::Slot::kWaiting) return;
  ScanState state = position_.state;
  state.wait_again(redirect.slot);
  commit(call.context, std::move(state));
}

// The owner could not be asked, and the map knows no other: any other node may.
void Scan::look_around(const Call& call) {
  if (failed_ == nullptr || asked_.empty() || !owns_what_is_asked(call.context, *failed_)) return;
  const auto map = call.context.topology.keep_map();
  Node* other = nullptr;
  std::uint32_t seen = 0;
  for (const auto& entry : map->entries()) {
    if (entry.node != failed_ && random_below(++seen) == 0) other = entry.node;
  }
  if (other == nullptr) return;
  NodeBatch batch;
  batch.add({"CLUSTER", "NODES"});
  const auto answer = batch.send(call.context, lease(*other), false,
                                 call.deadline.sooner(Clock::now() + kPatience), [] { return true; });
  if (answer.kind == NodeBatch::Answer::kResults) {
    note_owners(call.context, answer.results[0].string(), asked_);
  } else {
    drop_lease();
  }
}

}  // namespace rediscluster
