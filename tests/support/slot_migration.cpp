// Live migration of a slot: the steps that redis-cli --cluster reshard takes, one function each.
#include <cstdlib>
#include <cstring>

#include "cluster_internal.h"
#include "cluster_view.h"
#include "test_wait.h"

using namespace test_support;

namespace {

constexpr int kBatch = 100;

struct Move {
  Node* source = nullptr;
  Node* target = nullptr;
};

bool find_move(test_cluster* cluster, int slot, int to_node, Move* move) {
  const int owner = test_cluster_primary_of(cluster, slot);
  move->target = node_at(cluster, to_node);
  if (owner < 0) return false;
  if (move->target == nullptr || owner == to_node) {
    complain("slot %d cannot move to node %d: its owner is node %d", slot, to_node, owner);
    return false;
  }
  move->source = node_at(cluster, owner);
  return true;
}

// `state` is IMPORTING, MIGRATING or NODE with the id of a node, or STABLE without.
bool set_slot(Node& node, int slot, const char* state, const Node* other) {
  std::vector<std::string> words = {"CLUSTER", "SETSLOT", std::to_string(slot), state};
  if (other != nullptr) words.push_back(other->id);
  const Reply reply = node.admin.command(words);
  if (!ok(reply)) {
    complain("CLUSTER SETSLOT %d %s at %s: %s", slot, state, node.address.c_str(), text(reply).c_str());
  }
  return ok(reply);
}

bool migrate(const test_cluster& cluster, Node& from, const Node& to, const std::vector<std::string>& keys) {
  std::vector<std::string> words = {"MIGRATE", to.host, std::to_string(to.port), "", "0", "5000"};
  if (!cluster.admin_password.empty()) words.insert(words.end(), {"AUTH", cluster.admin_password});
  words.push_back("KEYS");
  words.insert(words.end(), keys.begin(), keys.end());
  const Reply reply = from.admin.command(words);
  if (!ok(reply)) {
    complain("MIGRATE from %s to %s: %s", from.address.c_str(), to.address.c_str(), text(reply).c_str());
  }
  return ok(reply);
}

// Moves up to `max` keys of the slot, in batches; says how many, or -1.
int migrate_some(const test_cluster& cluster, Node& from, const Node& to, int slot, int max) {
  int moved = 0;
  while (moved < max) {
    const int batch = max - moved < kBatch ? max - moved : kBatch;
    const Reply names = from.admin.command("CLUSTER GETKEYSINSLOT %d %d", slot, batch);
    if (!ok(names) || names->type != REDIS_REPLY_ARRAY) return -1;
    if (names->elements == 0) break;
    std::vector<std::string> keys;
    for (size_t i = 0; i < names->elements; ++i) {
      keys.emplace_back(names->element[i]->str, static_cast<size_t>(names->element[i]->len));
    }
    if (!migrate(cluster, from, to, keys)) return -1;
    moved += static_cast<int>(keys.size());
  }
  return moved;
}

// What CLUSTER INFO says for `name`, or -1.
long long number_in_info(Node& node, const char* name) {
  const std::string info = text(node.admin.command("CLUSTER INFO"));
  const size_t at = info.find(name);
  return at == std::string::npos ? -1 : atoll(info.c_str() + at + strlen(name));
}

bool knows_owner(Node& node, int slot, const Node& owner) {
  for (const NodeView& seen : ask_view(node)) {
    if (seen.id == owner.id) return seen.owns(slot);
  }
  return false;
}

// A node that takes a slot over makes up an epoch, the highest that it knows plus one; the claim with the
// higher epoch holds. Before Redis 7, others hear of both only by gossip, replicas too. What is moved before
// they have can go back to its former owner, which then wants to know nothing of it.
bool wait_for_newest_epoch(test_cluster* cluster, Node& target) {
  const auto known = [&] {
    const long long newest = number_in_info(target, "cluster_current_epoch:");
    for (Node* node : responding_nodes(cluster)) {
      if (number_in_info(*node, "cluster_my_epoch:") > newest) return false;
    }
    return true;
  };
  if (TEST_WAIT(known(), 20000)) return true;
  complain("%s does not hear of the newest epoch", target.address.c_str());
  return false;
}

bool wait_until_all_know_owner(test_cluster* cluster, int slot, const Node& owner) {
  const auto all_know = [&] {
    for (Node* node : responding_nodes(cluster)) {
      if (!knows_owner(*node, slot, owner)) return false;
    }
    return true;
  };
  if (TEST_WAIT(all_know(), 20000)) return true;
  complain("not all nodes hear that %s owns slot %d", owner.address.c_str(), slot);
  return false;
}

}  // namespace

extern "C" int test_cluster_begin_move(test_cluster* cluster, int slot, int to_node) {
  Move move;
  return find_move(cluster, slot, to_node, &move) && set_slot(*move.target, slot, "IMPORTING", move.source) &&
         set_slot(*move.source, slot, "MIGRATING", move.target);
}

extern "C" int test_cluster_move_key(test_cluster* cluster, int slot, int to_node, const char* key) {
  Move move;
  return find_move(cluster, slot, to_node, &move) && migrate(*cluster, *move.source, *move.target, {key});
}

extern "C" int test_cluster_move_keys(test_cluster* cluster, int slot, int to_node, int max) {
  Move move;
  if (!find_move(cluster, slot, to_node, &move)) return -1;
  return migrate_some(*cluster, *move.source, *move.target, slot, max);
}

extern "C" int test_cluster_finish_move(test_cluster* cluster, int slot, int to_node) {
  Move move;
  if (!find_move(cluster, slot, to_node, &move)) return 0;
  const Reply left = move.source->admin.command("CLUSTER COUNTKEYSINSLOT %d", slot);
  if (text(left) != "0") {
    complain("slot %d cannot be handed over: %s keys are still at the source", slot, text(left).c_str());
    return 0;
  }
  if (!wait_for_newest_epoch(cluster, *move.target)) return 0;
  // The target first: in between, the source still sends by ASK what the target then owns.
  if (!set_slot(*move.target, slot, "NODE", move.target)) return 0;
  if (!set_slot(*move.source, slot, "NODE", move.target)) return 0;
  for (int i = 0; i < node_count(cluster); ++i) {
    Node* other = node_at(cluster, i);
    if (other == move.target || other == move.source || !test_node_is_primary(cluster, i)) continue;
    if (!set_slot(*other, slot, "NODE", move.target)) return 0;
  }
  return wait_until_all_know_owner(cluster, slot, *move.target);
}

extern "C" int test_cluster_cancel_move(test_cluster* cluster, int slot, int to_node) {
  Move move;
  // The source first: while it is migrating, it would answer the keys that come back with ASK.
  return find_move(cluster, slot, to_node, &move) && set_slot(*move.source, slot, "STABLE", nullptr) &&
         migrate_some(*cluster, *move.target, *move.source, slot, INT_MAX) >= 0 &&
         set_slot(*move.target, slot, "STABLE", nullptr);
}

extern "C" int test_cluster_move_slot(test_cluster* cluster, int slot, int to_node) {
  return test_cluster_begin_move(cluster, slot, to_node) &&
         test_cluster_move_keys(cluster, slot, to_node, INT_MAX) >= 0 &&
         test_cluster_finish_move(cluster, slot, to_node);
}
