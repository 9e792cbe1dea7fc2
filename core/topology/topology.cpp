#include "topology/topology.h"

#include <algorithm>

#include "base/text.h"
#include "sync/random.h"

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
      opinions_(nodes),
      map_(known.with_nodes(nodes)),
      refresher_([this] { return candidates(); },
                 [this](ClusterView view, Node& teller, TimePoint asked_at) {
                   return hear(std::move(view), teller, asked_at);
                 },
                 [this] { return decide(); }, stop, counters, look_again, [this] { tell_listeners(); }) {
  nodes_.set_members(known.members());
}

// Any node of the cluster will do, so the load is spread by chance; the seeds are for when none of them
// answers.
std::vector<Node*> Topology::candidates() {
  std::vector<Node*> nodes;
  const auto map = map_.get();
  for (const auto& entry : map->entries()) nodes.push_back(entry.node);
  shuffle(nodes, 0);
  const std::size_t known = nodes.size();
  {
    const std::lock_guard lock(changing_);
    opinions_.arrange(nodes, Clock::now());
  }
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
    set_map(map->with_moved(slot, owner, now));
  }
  request_refresh();
  tell_listeners();
}

// With changing_ held, so the listeners are told later.
void Topology::set_map(std::shared_ptr<const SlotMap> map) noexcept {
  map_.set(std::move(map));
  untold_.store(true);
}

// By a thread that holds nothing.
void Topology::tell_listeners() noexcept {
  if (untold_.load() && untold_.exchange(false)) listeners_.tell_new_map();
  const std::uint64_t rounds = refresher_.rounds();
  if (rounds_told_.load() != rounds && rounds_told_.exchange(rounds) != rounds) listeners_.tell_round_end();
}

bool Topology::hear(ClusterView view, Node& teller, TimePoint asked_at) {
  const std::lock_guard lock(changing_);
  return act_on(opinions_.hear(*map_.get(), std::move(view), teller, asked_at));
}

bool Topology::decide() {
  const std::lock_guard lock(changing_);
  return act_on(opinions_.decide(*map_.get()));
}

// With changing_ held. False: nothing was believed, and another node is to be heard.
bool Topology::act_on(Opinions::Judgement judgement) {
  if (judgement.opinion) take(*judgement.opinion, judgement.confirmed_by);
  return judgement.kind != Opinions::Judgement::Kind::kHearOther;
}

void Topology::take(const Opinion& opinion, const Node* confirmed_by) {
  const auto before = map_.get();
  const auto after = before->with_view(opinion.view, nodes_, opinion.asked_at);
  opinions_.note_taken(*opinion.teller, confirmed_by, *before, *after);
  set_map(after);
  nodes_.set_members(after->members());
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
