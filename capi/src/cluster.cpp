// rc_cluster and rc_info.
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"

using namespace rediscluster;

namespace {

rc_cluster* reference(std::shared_ptr<Cluster> cluster) { return new rc_cluster{std::move(cluster)}; }

const NodeInfo* node(const rc_info* info, size_t i) noexcept {
  return info != nullptr && i < info->info.nodes.size() ? &info->info.nodes[i] : nullptr;
}

}  // namespace

rc_cluster* rc_cluster_open(const rc_options* options, rc_error** error) {
  return rc_cluster_open_with(options, nullptr, error);
}

rc_cluster* rc_cluster_open_with(const rc_options* options, const rc_call_options* call_options,
                                 rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_cluster>> {
    if (options == nullptr) return invalid_argument("options is NULL");
    auto opened = Cluster::open(options->options, options_of(call_options));
    if (!opened.ok()) return opened.take_error();
    return std::unique_ptr<rc_cluster>(reference(opened.take()));
  });
}

rc_cluster* rc_cluster_find(const char* name) {
  const NoCancel guard;
  return make_quietly([&]() -> rc_cluster* {
    auto found = name == nullptr ? nullptr : Cluster::find(name);
    return found == nullptr ? nullptr : reference(std::move(found));
  });
}

int rc_cluster_refresh(rc_cluster* cluster, rc_error** error) {
  return rc_cluster_refresh_with(cluster, nullptr, error);
}

int rc_cluster_refresh_with(rc_cluster* cluster, const rc_call_options* options, rc_error** error) {
  const NoCancel guard;
  return run(Outcome::kUnknown, error, [&]() -> Status {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    return cluster->cluster->refresh(options_of(options));
  });
}

rc_info* rc_cluster_info(rc_cluster* cluster, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_info>> {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    return std::unique_ptr<rc_info>(new rc_info{cluster->cluster->info()});
  });
}

void rc_cluster_close(rc_cluster* cluster) {
  const NoCancel guard;
  if (cluster != nullptr) cluster->cluster->close();
}

void rc_cluster_free(rc_cluster* cluster) {
  const NoCancel guard;
  delete cluster;
}

size_t rc_info_node_count(const rc_info* info) { return info == nullptr ? 0 : info->info.nodes.size(); }

const char* rc_info_node_host(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it == nullptr ? nullptr : it->host.c_str();
}

int rc_info_node_port(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it == nullptr ? 0 : it->port;
}

int rc_info_node_is_primary(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it != nullptr && it->is_primary ? 1 : 0;
}

int rc_info_node_is_connected(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it != nullptr && it->is_connected ? 1 : 0;
}

int rc_info_node_slot_count(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it == nullptr ? 0 : it->slot_count;
}

const char* rc_info_node_id(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it == nullptr ? nullptr : it->id.c_str();
}

int rc_info_node_primary(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it == nullptr ? -1 : it->primary;
}

size_t rc_info_node_range_count(const rc_info* info, size_t i) {
  const NodeInfo* it = node(info, i);
  return it == nullptr ? 0 : it->ranges.size();
}

int rc_info_node_range_first(const rc_info* info, size_t i, size_t r) {
  const NodeInfo* it = node(info, i);
  return it != nullptr && r < it->ranges.size() ? it->ranges[r].first : 0;
}

int rc_info_node_range_last(const rc_info* info, size_t i, size_t r) {
  const NodeInfo* it = node(info, i);
  return it != nullptr && r < it->ranges.size() ? it->ranges[r].second : 0;
}

int rc_info_slot_owner(const rc_info* info, int slot) {
  return info == nullptr ? -1 : info->info.slot_owner(slot);
}

int rc_info_slots_covered(const rc_info* info) { return info == nullptr ? 0 : info->info.slots_covered; }

size_t rc_info_seed_count(const rc_info* info) { return info == nullptr ? 0 : info->info.seeds.size(); }

const char* rc_info_seed(const rc_info* info, size_t i) {
  return info != nullptr && i < info->info.seeds.size() ? info->info.seeds[i].c_str() : nullptr;
}

uint64_t rc_info_counter(const rc_info* info, const char* name) {
  return info == nullptr || name == nullptr ? 0 : info->info.counter(name);
}

void rc_info_free(rc_info* info) { delete info; }
