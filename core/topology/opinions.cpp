#include "topology/opinions.h"

#include <algorithm>

#include "base/text.h"

namespace rediscluster {
namespace {

// Nodes that contradict each other: so many are asked at most.
constexpr std::size_t kMaxOpinions = 5;
// An owner of which something was heard so short a time ago will soon say whether it still is one.
constexpr Duration kJustHeard = milliseconds(300);

// A node keeps its id when it gets another address.
bool is_the_same(const Member* one, const Member* other) noexcept {
  return one != nullptr && other != nullptr && !one->id.empty() && one->id == other->id;
}

}  // namespace

// A view without one known id is of strangers: the address of a node may belong to another cluster by now. It
// counts only when no known node confirms the map. A view that takes slots from an owner whom other nodes
// have named counts when that owner says so itself, or another node does: who tells it may be cut off from
// the rest, and not know of an election. Two may be cut off together, so where the owner itself insists a
// third has to say so too. CLUSTER SLOTS tells no epochs, by which the nodes themselves would decide.
Opinions::Judgement Opinions::hear(const SlotMap& map, ClusterView view, Node& teller, TimePoint asked_at) {
  last_teller_ = &teller;
  Opinion opinion{&teller, std::move(view), asked_at};
  opinion.of_strangers = are_strangers(map, opinion.view);
  if (opinion.of_strangers) {
    warn(teller,
         " tells of a cluster of which no node is known: it is believed only if no known node answers");
    opinions_.push_back(std::move(opinion));
    return {};
  }
  dismiss_strangers();
  opinion.owners = owners_in(opinion.view);
  Node* const loser = deprived(map, opinion);
  if (opinions_.empty() && loser == nullptr) return {Judgement::Kind::kTake, std::move(opinion)};
  if (loser != nullptr) deprived_ = loser;
  const auto confirm = who_agrees(map, opinion);
  const bool insisted = loser != nullptr && insists(map, *loser, opinion);
  if (confirm.size() >= (insisted ? 2U : 1U)) {
    const Node* const confirmed_by = confirm.back();
    forget_all();
    return {Judgement::Kind::kTake, std::move(opinion), confirmed_by};
  }
  opinions_.push_back(std::move(opinion));
  if (opinions_.size() < kMaxOpinions) return {};
  forget_all();
  return {Judgement::Kind::kKeepMap};
}

Opinions::Judgement Opinions::decide(const SlotMap& map) {
  if (opinions_.empty()) return {};
  if (opinions_.front().of_strangers) return take_strangers();
  dismiss_strangers();
  const bool contradicted = std::any_of(opinions_.begin(), opinions_.end(), [&](const Opinion& opinion) {
    return deprived(map, opinion) == nullptr;
  });
  Judgement judgement{Judgement::Kind::kKeepMap};
  for (Opinion& opinion : opinions_) {
    // Two say so, and nobody but the owner denies it.
    const auto confirm = who_agrees(map, opinion);
    if (confirm.empty()) continue;
    judgement = {Judgement::Kind::kTake, std::move(opinion), confirm.back()};
    break;
  }
  if (!contradicted && !judgement.opinion) judgement = {Judgement::Kind::kTake, std::move(opinions_.back())};
  forget_all();
  return judgement;
}

void Opinions::note_taken(const Node& teller, const Node* confirmed_by, const SlotMap& before,
                          const SlotMap& after) {
  bool same_owners = true;
  for (int slot = 0; slot < kSlotCount && same_owners; ++slot)
    same_owners = before.owner(slot) == after.owner(slot);
  if (!same_owners) witnesses_.clear();
  for (const Node* witness : {&teller, confirmed_by}) {
    const bool new_one = std::find(witnesses_.begin(), witnesses_.end(), witness) == witnesses_.end();
    if (witness != nullptr && new_one) witnesses_.push_back(witness);
  }
  deprived_ = nullptr;
}

// Who was asked last is asked again only when all others fail: it may be cut off. An owner that is to lose
// slots is asked first, unless there are signs that it does not answer.
void Opinions::arrange(std::vector<Node*>& candidates, TimePoint now) const {
  std::stable_partition(candidates.begin(), candidates.end(),
                        [&](const Node* node) { return node != last_teller_; });
  if (deprived_ == nullptr) return;
  if (now - deprived_->last_received_at() >= kJustHeard && !deprived_->owes_nothing()) return;
  std::stable_partition(candidates.begin(), candidates.end(),
                        [&](const Node* node) { return node == deprived_; });
}

bool Opinions::are_strangers(const SlotMap& map, const ClusterView& view) {
  if (!map.members()->know_ids()) return false;
  const Members told(view.members);
  return told.know_ids() && !told.share_an_id(*map.members()) && !names_a_new_owner(map, view);
}

// One of whom a known node has told by MOVED, and no view yet.
bool Opinions::names_a_new_owner(const SlotMap& map, const ClusterView& view) {
  return std::any_of(view.ranges.begin(), view.ranges.end(), [&](const SlotRange& range) {
    const Node* const owner = &nodes_.at(range.primary);
    return map.members()->at(owner->address()) == nullptr &&
           std::any_of(map.entries().begin(), map.entries().end(),
                       [&](const SlotMap::Entry& entry) { return entry.node == owner; });
  });
}

std::vector<Node*> Opinions::owners_in(const ClusterView& view) {
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
Node* Opinions::deprived(const SlotMap& map, const Opinion& opinion) const {
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

// The owner has said itself that slots are its own which the opinion gives to another.
bool Opinions::insists(const SlotMap& map, const Node& owner, const Opinion& opinion) const {
  const auto own = std::find_if(opinions_.begin(), opinions_.end(),
                                [&](const Opinion& other) { return other.teller == &owner; });
  if (own == opinions_.end()) return false;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    const auto at = static_cast<std::size_t>(slot);
    const bool taken = opinion.owners[at] != nullptr && opinion.owners[at] != &owner;
    if (taken && map.owner(slot) == &owner && own->owners[at] == &owner) return true;
  }
  return false;
}

// The other nodes that have told the same, in the order in which they did.
std::vector<const Node*> Opinions::who_agrees(const SlotMap& map, const Opinion& opinion) const {
  std::vector<const Node*> nodes;
  for (const Opinion& other : opinions_) {
    const bool told_before =
        other.teller == opinion.teller || std::find(nodes.begin(), nodes.end(), other.teller) != nodes.end();
    if (!told_before && agree(map, opinion, other)) nodes.push_back(other.teller);
  }
  return nodes;
}

// Two nodes name the same owners wherever one of them names others than the map.
bool Opinions::agree(const SlotMap& map, const Opinion& one, const Opinion& other) const {
  for (int slot = 0; slot < kSlotCount; ++slot) {
    Node* const known = map.owner(slot);
    const auto at = static_cast<std::size_t>(slot);
    Node* const first = one.owners[at] == nullptr ? known : one.owners[at];
    Node* const second = other.owners[at] == nullptr ? known : other.owners[at];
    if (first != second && known != nullptr) return false;
  }
  return true;
}

// Every known node is gone or says the same: all of the cluster was replaced. Of several clusters the one of
// which most nodes have told.
Opinions::Judgement Opinions::take_strangers() {
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
  Judgement judgement{Judgement::Kind::kTake, std::move(opinions_[best])};
  opinions_.clear();
  return judgement;
}

// A known node confirms the map. What is connected to the others' addresses may have been made before they
// were strangers'.
void Opinions::dismiss_strangers() {
  for (const Opinion& opinion : opinions_) {
    if (opinion.of_strangers) opinion.teller->drain(Clock::now());
  }
  std::erase_if(opinions_, [](const Opinion& opinion) { return opinion.of_strangers; });
}

void Opinions::forget_all() noexcept {
  opinions_.clear();
  deprived_ = nullptr;
}

void Opinions::warn(const Node& teller, std::string_view what) const {
  if (Log* log = nodes_.log(); log != nullptr && log->wants(LogLevel::kWarning))
    log->add(LogLevel::kWarning, text(teller.name(), what));
}

}  // namespace rediscluster
