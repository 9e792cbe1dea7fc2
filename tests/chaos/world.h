// The cluster behind the fault proxy, the one handle that all callers share, and the tags of the keys.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "cluster/handle.hpp"
#include "fault_proxy.h"

namespace chaos {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using std::chrono::milliseconds;

constexpr int kHomeShards = 3;
constexpr int kTags = 24;             // whose slots may move
constexpr int kTimeoutMs = 6000;      // of the handle
constexpr int kNodeTimeoutMs = 1000;  // of the servers: an election takes 2 to 2.5 s

struct Tag {
  std::string name;
  int slot;
  int home;    // shard
  int shard;   // where it is now
  int before;  // where it was when the round began
};

class World {
 public:
  World() = default;
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  bool start(const std::string& log_folder);  // all but the handle; an empty folder keeps no logs
  bool open(const std::string& log = "");     // the handle tells all that it does into this file
  void close() { handle_.reset(); }

  test_cluster* cluster() const { return cluster_; }
  fault_proxy* proxy() const { return proxy_; }
  rc_cluster* handle() const { return handle_.get(); }

  // Shard i is node i and its replica; the fourth comes and goes.
  int shards() const { return shards_; }
  void set_shards(int count) { shards_ = count; }
  int primary(int shard) const;  // the node, or -1
  int replica(int shard) const;
  static int shard_of(int node) { return node < 2 * kHomeShards ? node % kHomeShards : kHomeShards; }
  int port(int node) const { return test_node_port(cluster_, node); }

  // First those that may move, then one for each home shard that stays.
  void begin_round() {
    for (Tag& tag : tags_) tag.before = tag.shard;
  }
  std::vector<Tag>& tags() { return tags_; }
  const std::vector<Tag>& tags() const { return tags_; }
  static int fixed_tag(int shard) { return kTags + shard; }

  std::string nodes_seen_by(int node) const;

  // What a node answers, asked past the proxy; one line an element.
  Words ask(int tag, const char* format, const std::string& key) const;

 private:
  void choose_tags();
  int in_shard(int shard, bool primary) const;

  fault_proxy* proxy_ = nullptr;
  test_cluster* cluster_ = nullptr;
  std::FILE* log_ = nullptr;  // outlives the handle
  Handle handle_;
  int shards_ = kHomeShards;
  std::vector<Tag> tags_;
};

}  // namespace chaos
