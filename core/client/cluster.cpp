#include "client/cluster.h"

#include <algorithm>

#include "base/text.h"
#include "client/names.h"
#include "operations/command.h"
#include "operations/pipeline.h"
#include "operations/transaction.h"

namespace rediscluster {
namespace {

ConnectionSettings connection_settings(const Options& options) {
  ConnectionSettings settings;
  settings.username = options.username;
  settings.password = options.password;
  settings.name = options.name;
  settings.connect_timeout = milliseconds(options.connect_timeout_ms);
  settings.silence = milliseconds(options.timeout_ms);
  return settings;
}

}  // namespace

Cluster::Cluster(const Options& options)
    : settings_(connection_settings(options)),
      nodes_(settings_, counters_),
      topology_(options.seeds, nodes_, stop_, counters_),
      context_{milliseconds(options.timeout_ms),
               options.max_redirects,
               options.watch_retries,
               nodes_,
               topology_,
               learned_,
               counters_,
               stop_} {}

Cluster::~Cluster() { close(); }

Result<std::shared_ptr<Cluster>> Cluster::open(const Options& options) {
  if (options.seeds.empty()) {
    return make_error(Code::kInvalidArgument, Outcome::kNotSent,
                      "no seed nodes: add one with rc_options_add_node or rc_options_add_address");
  }
  std::shared_ptr<Cluster> cluster(new Cluster(options));
  Status found = cluster->refresh();
  if (!found.ok()) {
    const ErrorPtr error = found.take();
    const std::string_view word = error->server_code == nullptr ? "" : error->server_code;
    return make_error(error->code, error->outcome, text("open: ", error->message), word);
  }
  if (!options.name.empty()) remember_name(options.name, cluster);
  return cluster;
}

std::shared_ptr<Cluster> Cluster::find(std::string_view name) { return find_named(name); }

Result<ReplyPtr> Cluster::command(const Args& args, const CallOptions& options) {
  return run_command(context_, args, options);
}

Result<ReplyPtr> Cluster::pipeline(const CommandList& commands, const CallOptions& options) {
  return run_pipeline(context_, commands, options);
}

Result<ReplyPtr> Cluster::transaction(const CommandList& commands, const CallOptions& options) {
  return run_transaction(context_, commands, options);
}

Result<ReplyPtr> Cluster::watch(std::span<const std::string_view> keys, const WatchFunction& function,
                                const CallOptions& options) {
  return run_watch(context_, keys, function, options);
}

Status Cluster::refresh() { return topology_.refresh(Deadline::after(context_.timeout)); }

Info Cluster::info() const {
  Info info;
  const auto map = topology_.keep_map();
  for (const auto& entry : map->entries()) {
    const Address& address = entry.node->address();
    info.nodes.push_back(
        {address.host, address.port, entry.is_primary(), entry.node->connected(), entry.slots});
  }
  std::stable_partition(info.nodes.begin(), info.nodes.end(),
                        [](const NodeInfo& node) { return node.is_primary; });
  info.slots_covered = map->covered();
  for (const Address& seed : topology_.seeds()) info.seeds.push_back(to_string(seed));
  info.counters = {
      {"refreshes", counters_.refreshes}, {"moved", counters_.moved},     {"ask", counters_.ask},
      {"waits", counters_.waits},         {"retries", counters_.retries}, {"timeouts", counters_.timeouts},
      {"connects", counters_.connects},   {"unknown", counters_.unknown}};
  return info;
}

void Cluster::close() noexcept {
  if (!stop_.stop()) return;
  forget_name(this);
  nodes_.close();
}

}  // namespace rediscluster
