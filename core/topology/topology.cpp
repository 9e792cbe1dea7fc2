#include "topology/topology.h"

#include <algorithm>

#include "base/random.h"
#include "base/text.h"

namespace rediscluster {
namespace {

void shuffle(std::vector<Node*>& nodes, std::size_t from) {
  for (std::size_t i = nodes.size(); i > from + 1; --i) {
    std::swap(nodes[i - 1], nodes[from + random_below(static_cast<std::uint32_t>(i - from))]);
  }
}

}  // namespace

Topology::Topology(std::vector<Address> seeds, const SlotMap& known, Nodes& nodes, const Stop& stop,
                   Counters& counters, Duration look_again)
    : seeds_(std::move(seeds)),
      nodes_(nodes),
      map_(known.with_nodes(nodes)),
      refresher_([this] { return candidates(); },
                 [this](const ClusterView& view, TimePoint asked_at) { accept(view, asked_at); }, stop,
                 counters, look_again) {}

// Any node of the cluster will do, so the load is spread by chance; the seeds are for when none of them
// answers.
std::vector<Node*> Topology::candidates() {
  std::vector<Node*> nodes;
  const auto map = map_.get();
  for (const auto& entry : map->entries()) nodes.push_back(entry.node);
  shuffle(nodes, 0);
  const std::size_t known = nodes.size();
  for (const Address& seed : seeds_) {
    Node& node = nodes_.at(seed);
    if (std::find(nodes.begin(), nodes.end(), &node) != nodes.end()) continue;
    node.drop_idle();  // its name is looked up again
    nodes.push_back(&node);
  }
  shuffle(nodes, known);
  // Others wait meanwhile, and should not do so for a function of the user's.
  std::stable_partition(nodes.begin(), nodes.end(), [](const Node* node) { return !node->asks_first(); });
  return nodes;
}

void Topology::learn_moved(int slot, Node& owner, TimePoint now) {
  {
    const std::lock_guard lock(changing_);
    const auto map = map_.get();
    if (map->owner(slot) == &owner)
      return;  // somebody else's MOVED told it: what that one wanted is under way
    map_.set(map->with_moved(slot, owner, now));
  }
  want_refresh();
}

void Topology::accept(const ClusterView& view, TimePoint asked_at) {
  const std::lock_guard lock(changing_);
  const auto before = map_.get();
  const auto after = before->with_view(view, nodes_, asked_at);
  map_.set(after);
  if (Log* log = nodes_.log(); log != nullptr && log->wants(LogLevel::kDebug)) {
    log->add(LogLevel::kDebug, text("the layout was told: ", after->entries().size(), " nodes, ",
                                    after->covered(), " slots with an owner"));
  }
  const auto in_map = [&](const Node* node) {
    return std::any_of(after->entries().begin(), after->entries().end(),
                       [&](const SlotMap::Entry& entry) { return entry.node == node; });
  };
  for (const auto& old : before->entries()) {
    if (!in_map(old.node)) old.node->drop_idle();
  }
  nodes_.tidy(Clock::now(), in_map);
}

}  // namespace rediscluster
