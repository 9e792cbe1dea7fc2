#include "chaos/world.h"

#include <cstdlib>
#include <sstream>

#include "chaos/journal.h"

namespace chaos {
namespace {

void log_line(int level, const char* message, void* file) {
  std::fprintf(static_cast<std::FILE*>(file), "%s %d %s\n", time_of_day(Clock::now()).c_str(), level,
               message);
}

}  // namespace

World::~World() {
  handle_.reset();
  test_cluster_stop(cluster_);
  fault_proxy_stop(proxy_);
  if (log_ != nullptr) std::fclose(log_);
}

bool World::start(const std::string& log_folder) {
  proxy_ = fault_proxy_start();
  test_cluster_options options{};
  options.primaries = kHomeShards;
  options.replicas_per_primary = 1;
  options.node_timeout_ms = kNodeTimeoutMs;
  options.partial_coverage = 1;
  if (!log_folder.empty()) options.log_folder = log_folder.c_str();
  options.announce_port = fault_proxy_add;
  options.announce_context = proxy_;
  cluster_ = test_cluster_start(&options);
  choose_tags();
  return cluster_ != nullptr;
}

bool World::open(const std::string& log) {
  const Options options = options_for("127.0.0.1", fault_proxy_port(proxy_, port(0)), kTimeoutMs);
  if (!log.empty()) {
    log_ = std::fopen(log.c_str(), "w");
    if (log_ == nullptr) return false;
    rc_options_set_log(options.get(), RC_LOG_DEBUG, log_line, log_, nullptr);
  }
  handle_ = open_with(options);
  return handle_ != nullptr;
}

void World::choose_tags() {
  std::vector<Tag> chosen[kHomeShards];
  for (int i = 0; tags_.size() < kTags + kHomeShards; ++i) {
    const std::string name = "{t" + std::to_string(i) + "}";
    const int slot = rc_key_slot(name.data(), name.size());
    const int home = slot * kHomeShards / 16384;
    auto& mine = chosen[home];
    if (mine.size() > kTags / kHomeShards) continue;
    mine.push_back({name, slot, home, home, home});
    if (chosen[0].size() + chosen[1].size() + chosen[2].size() < kTags + kHomeShards) continue;
    for (const auto& tags : chosen) tags_.insert(tags_.end(), tags.begin() + 1, tags.end());
    for (const auto& tags : chosen) tags_.push_back(tags.front());
  }
}

int World::in_shard(int shard, bool primary) const {
  const int first = shard < kHomeShards ? shard : 2 * kHomeShards;
  const int second = shard < kHomeShards ? shard + kHomeShards : 2 * kHomeShards + 1;
  for (const int node : {first, second}) {
    if (node < test_cluster_node_count(cluster_) && test_node_pid(cluster_, node) != 0 &&
        (test_node_is_primary(cluster_, node) != 0) == primary) {
      return node;
    }
  }
  return -1;
}

int World::primary(int shard) const { return in_shard(shard, true); }
int World::replica(int shard) const { return in_shard(shard, false); }

std::string World::nodes_seen_by(int node) const {
  char* text = test_node_text(cluster_, node, "CLUSTER NODES");
  const std::string nodes = text == nullptr ? "" : text;
  std::free(text);
  return nodes;
}

Words World::ask(int tag, const char* format, const std::string& key) const {
  const int node = primary(tags_[static_cast<std::size_t>(tag)].shard);
  char* text = node < 0 ? nullptr : test_node_text(cluster_, node, format, key.c_str());
  std::istringstream in(text == nullptr ? "" : text);
  std::free(text);
  Words lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace chaos
