#include "calls/readers.h"

#include <algorithm>
#include <array>

#include "calls/exchange.h"
#include "resp/server_answer.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

// One read in so many goes to a node that is not the quickest: it may have become so.
constexpr std::uint32_t kLookElsewhere = 64;
constexpr Duration kZoneAnswer = milliseconds(1000);

// Nodes: a few, as a shard usually has, without an allocation for each read.
class Few {
 public:
  void push_back(Node* node) {
    if (many_.empty() && size_ < few_.size()) {
      few_[size_] = node;
    } else {
      if (many_.empty()) many_.assign(few_.begin(), few_.end());
      many_.resize(size_);
      many_.push_back(node);
    }
    ++size_;
  }
  template <class Condition>
  void drop_if(const Condition& condition) noexcept {
    size_ = static_cast<std::size_t>(std::remove_if(begin(), end(), condition) - begin());
  }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  Node* operator[](std::size_t i) const noexcept { return many_.empty() ? few_[i] : many_[i]; }
  Node** begin() noexcept { return many_.empty() ? few_.data() : many_.data(); }
  Node** end() noexcept { return begin() + size_; }

 private:
  std::array<Node*, 16> few_{};
  std::vector<Node*> many_;  // all of them, once they were more
  std::size_t size_ = 0;
};

struct Readers {
  Node* primary = nullptr;
  Few replicas;
  NodeHealth* shard = nullptr;  // of the primary: it counts whose turn it is
};

Readers readers_of(const SlotMap& map, int slot) {
  Readers readers;
  readers.primary = map.owner(slot);
  if (readers.primary == nullptr) return readers;
  readers.shard = &readers.primary->health();
  for (const auto& entry : map.entries()) {
    const bool replica = entry.primary == readers.primary && !entry.is_primary();
    if (replica) readers.replicas.push_back(&entry.node->for_reading());
  }
  return readers;
}

// Each shard has turns of its own: with one count for all, who reads from two shards alternately would always
// meet the same node of each.
Node* next_of(const Few& nodes, NodeHealth& shard) noexcept {
  return nodes.empty() ? nullptr : nodes[shard.next_turn() % nodes.size()];
}

// Those that have not been measured come first.
Node* quickest_of(Few& nodes, NodeHealth& shard) {
  if (nodes.size() < 2 || random_below(kLookElsewhere) == 0) return next_of(nodes, shard);
  return *std::min_element(nodes.begin(), nodes.end(), [](Node* one, Node* other) {
    return one->health().latency() < other->health().latency();
  });
}

bool is_near(Node* node) noexcept { return node->health().zone() == NodeHealth::Zone::kSame; }

Node* choose(ReadFrom from, Node* primary, const Few& replicas, NodeHealth& shard) {
  Few some = replicas;
  switch (from) {
    case ReadFrom::kUsual:
    case ReadFrom::kPrimary:
      return primary;
    case ReadFrom::kReplica:
      return next_of(replicas, shard);
    case ReadFrom::kRoundRobin:
      if (primary != nullptr) some.push_back(primary);
      return next_of(some, shard);
    case ReadFrom::kLowestLatency:
      if (primary != nullptr) some.push_back(primary);
      return quickest_of(some, shard);
    case ReadFrom::kSameZone:
      some.drop_if([](Node* node) { return !is_near(node); });
      if (!some.empty()) return next_of(some, shard);
      if (primary != nullptr && is_near(primary)) return primary;
      break;
    case ReadFrom::kPreferReplica:
      break;
  }
  return replicas.empty() ? primary : next_of(replicas, shard);
}

// Of the node's answer to INFO.
NodeHealth::Zone zone_in(std::string_view info, std::string_view own) noexcept {
  constexpr std::string_view kField = "availability_zone:";
  const auto at = info.find(kField);
  if (at == std::string_view::npos) return NodeHealth::Zone::kOther;
  const auto rest = info.substr(at + kField.size());
  const auto zone = rest.substr(0, rest.find_first_of("\r\n"));
  return !zone.empty() && zone == own ? NodeHealth::Zone::kSame : NodeHealth::Zone::kOther;
}

}  // namespace

Reader choose_reader(const SlotMap& map, int slot, ReadFrom from, const std::vector<Node*>& tried,
                     TimePoint now) {
  const auto was_tried = [&](Node* node) {
    return std::find(tried.begin(), tried.end(), node) != tried.end();
  };
  Readers readers = readers_of(map, slot);
  if (readers.shard == nullptr) return {};
  NodeHealth& shard = *readers.shard;
  if (was_tried(readers.primary)) readers.primary = nullptr;
  readers.replicas.drop_if(was_tried);

  // Those that others have found failing lately come last.
  const auto ejected = [&](Node* node) { return node->health().ejected(now); };
  Few well = readers.replicas;
  well.drop_if(ejected);
  Node* primary = readers.primary != nullptr && !ejected(readers.primary) ? readers.primary : nullptr;
  while (Node* node = choose(from, primary, well, shard)) {
    const auto probe = node->health().try_probe(now, node->last_received_at());
    if (probe != NodeHealth::Probe::kOfAnother) return {node, probe == NodeHealth::Probe::kMine};
    if (node == primary) primary = nullptr;
    well.drop_if([node](Node* each) { return each == node; });
  }
  // All have failed lately. The one that is asked leaves time for another, if there is one.
  const bool primary_counts = readers.primary != nullptr && from != ReadFrom::kReplica;
  const std::size_t left = readers.replicas.size() + (primary_counts ? 1 : 0);
  return {choose(from, readers.primary, readers.replicas, shard), left > 1};
}

void learn_zones(const Context& context, int slot, Deadline deadline) {
  static constexpr const char* kWords[] = {"INFO", "server"};
  static constexpr std::size_t kLengths[] = {4, 6};
  const Args args(2, kWords, kLengths);
  const auto map = context.topology.keep_map();
  Readers readers = readers_of(*map, slot);
  if (readers.primary != nullptr) readers.replicas.push_back(readers.primary);
  for (Node* node : readers.replicas) {
    const TimePoint now = Clock::now();
    NodeHealth& health = node->health();
    if (health.zone() != NodeHealth::Zone::kNotAsked || health.ejected(now)) continue;
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
      health.set_zone(zone_in(last_reply(*request).string(), context.zone));
    }
  }
}

}  // namespace rediscluster
