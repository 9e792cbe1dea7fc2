#include "topology/topology.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

// Nodes that contradict each other: so many are asked at most.
constexpr std::size_t kMaxOpinions = 5;
// An owner of which something was heard so short a time ago will soon say whether it still is one.
constexpr Duration kJustHeard = milliseconds(300);

void shuffle(std::vector<Node*>& nodes, std::size_t from) {
  for (std::size_t i = nodes.size(); i > from + 1; --i) {
    std::swap(nodes[i - 1], nodes[from + random_below(static_cast<std::uint32_t>(i - from))]);
  }
}

// A node keeps its id when it gets another address.
bool is_the_same(const Member* one, const Member* other) noexcept {
  return one != nullptr && other != nullptr && !one->id.empty() && one->id == other->id;
}

}  // namespace

Topology::Topology(std::vector<Address> seeds, const SlotMap& known, Nodes& nodes, const Stop& stop,
                   Counters& counters, Duration look_again)
    : seeds_(std::move(seeds)),
      nodes_(nodes),
      map_(known.with_nodes(nodes)),
      refresher_([this] { return candidates(); },
                 [this](ClusterView view, Node& teller, TimePoint asked_at) {
                   return hear(std::move(view), teller, asked_at);
                 },
                 [this] { return decide(); }, stop, counters, look_again, [this] { tell_listeners(); }) {
  nodes_.set_members(known.members());
}

// Any node of the cluster will do, so the load is spread by chance; the seeds are for when none of them
// answers. Who was asked last is asked again only when all others fail: it may be cut off.
std::vector<Node*> Topology::candidates() {
  std::vector<Node*> nodes;
  const auto map = map_.get();
  for (const auto& entry : map->entries()) nodes.push_back(entry.node);
  shuffle(nodes, 0);
  const std::size_t known = nodes.size();
  {
    const std::lock_guard lock(changing_);
    std::stable_partition(nodes.begin(), nodes.end(), [&](const Node* node) { return node != last_teller_; });
    if (deprived_ != nullptr && Clock::now() - deprived_->last_received_at() < kJustHeard)
      std::stable_partition(nodes.begin(), nodes.end(), [&](const Node* node) { return node == deprived_; });
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

// A view without one known id is of strangers: the address of a node may belong to another cluster by now. It
// counts only when no known node confirms the map. A view that takes slots from an owner whom other nodes
// have named counts when that owner says so itself, or another node does: who tells it may be cut off from
// the rest, and not know of an election.
bool Topology::hear(ClusterView view, Node& teller, TimePoint asked_at) {
  const std::lock_guard lock(changing_);
  const auto map = map_.get();
  last_teller_ = &teller;
  Opinion opinion{&teller, std::move(view), asked_at};
  if (map->members()->know_ids()) {
    const Members told(opinion.view.members);
    opinion.of_strangers =
        told.know_ids() && !told.share_an_id(*map->members()) && !names_a_new_owner(*map, opinion.view);
  }
  if (opinion.of_strangers) {
    warn(teller,
         " tells of a cluster of which no node is known: it is believed only if no known node answers");
    opinions_.push_back(std::move(opinion));
    return false;
  }
  dismiss_strangers();
  opinion.owners = owners_in(opinion.view);
  Node* const loser = deprived(*map, opinion);
  if (opinions_.empty() && loser == nullptr) {
    take(opinion, nullptr);
    return true;
  }
  if (loser != nullptr) deprived_ = loser;
  const auto confirms = std::find_if(opinions_.rbegin(), opinions_.rend(), [&](const Opinion& other) {
    return other.teller != &teller && agree(*map, opinion, other);
  });
  if (confirms != opinions_.rend()) {
    take(opinion, confirms->teller);
    opinions_.clear();
    return true;
  }
  opinions_.push_back(std::move(opinion));
  if (opinions_.size() < kMaxOpinions) return false;
  opinions_.clear();
  deprived_ = nullptr;
  return true;
}

// One of whom a known node has told by MOVED, and no view yet.
bool Topology::names_a_new_owner(const SlotMap& map, const ClusterView& view) {
  return std::any_of(view.ranges.begin(), view.ranges.end(), [&](const SlotRange& range) {
    const Node* const owner = &nodes_.at(range.primary);
    return map.members()->at(owner->address()) == nullptr &&
           std::any_of(map.entries().begin(), map.entries().end(),
                       [&](const SlotMap::Entry& entry) { return entry.node == owner; });
  });
}

// Nobody else can be asked.
bool Topology::decide() {
  const std::lock_guard lock(changing_);
  if (opinions_.empty()) return false;
  const auto map = map_.get();
  if (opinions_.front().of_strangers) return take_strangers();
  const bool contradicted = std::any_of(opinions_.begin(), opinions_.end(), [&](const Opinion& opinion) {
    return deprived(*map, opinion) == nullptr;
  });
  if (!contradicted) take(opinions_.back(), nullptr);
  opinions_.clear();
  deprived_ = nullptr;
  return true;
}

std::vector<Node*> Topology::owners_in(const ClusterView& view) {
  std::vector<Node*> owners(kSlotCount, nullptr);
  for (const SlotRange& range : view.ranges) {
    Node& primary = nodes_.at(range.primary);
    for (int slot = range.first; slot <= range.last; ++slot) {
      Node*& owner = owners[static_cast<std::size_t>(slot)];
      if (owner == nullptr) owner = &primary;
    }
  }
  return owners;
}

// An owner that is to lose slots although others than the teller have named it; null if there is none.
Node* Topology::deprived(const SlotMap& map, const Opinion& opinion) const {
  const bool others_named = std::any_of(witnesses_.begin(), witnesses_.end(),
                                        [&](const Node* witness) { return witness != opinion.teller; });
  if (!others_named) return nullptr;
  std::optional<Members> told;
  const Node* confirmed = nullptr;  // as an owner
  for (int slot = 0; slot < kSlotCount; ++slot) {
    Node* const before = map.owner(slot);
    Node* const after = opinion.owners[static_cast<std::size_t>(slot)];
    if (after == before || after == nullptr || before == nullptr) continue;
    if (before == opinion.teller || map.was_moved(slot) || after == confirmed) continue;
    if (map.was_moved_to(*after)) {  // by another node
      confirmed = after;
      continue;
    }
    if (!told) told.emplace(opinion.view.members);
    if (!is_the_same(map.members()->at(before->address()), told->at(after->address()))) return before;
  }
  return nullptr;
}

// Two nodes name the same owners wherever one of them names others than the map.
bool Topology::agree(const SlotMap& map, const Opinion& one, const Opinion& other) const {
  for (int slot = 0; slot < kSlotCount; ++slot) {
    Node* const known = map.owner(slot);
    const auto at = static_cast<std::size_t>(slot);
    Node* const first = one.owners[at] == nullptr ? known : one.owners[at];
    Node* const second = other.owners[at] == nullptr ? known : other.owners[at];
    if (first != second && known != nullptr) return false;
  }
  return true;
}

void Topology::take(const Opinion& opinion, const Node* confirmed_by) {
  const auto before = map_.get();
  const auto after = before->with_view(opinion.view, nodes_, opinion.asked_at);
  bool same_owners = true;
  for (int slot = 0; slot < kSlotCount && same_owners; ++slot)
    same_owners = before->owner(slot) == after->owner(slot);
  if (!same_owners) witnesses_.clear();
  for (const Node* witness : {static_cast<const Node*>(opinion.teller), confirmed_by}) {
    const bool new_one = std::find(witnesses_.begin(), witnesses_.end(), witness) == witnesses_.end();
    if (witness != nullptr && new_one) witnesses_.push_back(witness);
  }
  deprived_ = nullptr;
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

// Every known node is gone or says the same: all of the cluster was replaced. Of several clusters the one of
// which most nodes have told.
bool Topology::take_strangers() {
  std::size_t best = 0;
  std::ptrdiff_t most = 0;
  for (std::size_t i = 0; i < opinions_.size(); ++i) {
    const Members own(opinions_[i].view.members);
    const auto tellers = std::count_if(opinions_.begin(), opinions_.end(), [&](const Opinion& other) {
      return own.share_an_id(Members(other.view.members));
    });
    if (tellers >= most) {
      most = tellers;
      best = i;
    }
  }
  warn(*opinions_[best].teller,
       " tells of a cluster of which no node is known, and no known node answers: it "
       "takes the place of the one that was known");
  take(opinions_[best], nullptr);
  opinions_.clear();
  return true;
}

// A known node confirms the map. What is connected to the others' addresses may have been made before they
// were strangers'.
void Topology::dismiss_strangers() {
  for (const Opinion& opinion : opinions_) {
    if (opinion.of_strangers) opinion.teller->drain(Clock::now());
  }
  std::erase_if(opinions_, [](const Opinion& opinion) { return opinion.of_strangers; });
}

void Topology::warn(const Node& teller, std::string_view what) const {
  if (Log* log = nodes_.log(); log != nullptr && log->wants(LogLevel::kWarning))
    log->add(LogLevel::kWarning, text(teller.name(), what));
}

}  // namespace rediscluster
