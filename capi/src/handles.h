// What is behind the opaque handles. rc_error and rc_reply are the core's own types.
#pragma once

#include <memory>

#include "client/cluster.h"
#include "client/queue.h"
#include "client/subscription.h"
#include "rediscluster/rediscluster.h"

struct rc_options {
  rediscluster::Options options;
};

struct rc_cluster {  // one object a reference
  std::shared_ptr<rediscluster::Cluster> cluster;
};

struct rc_info {
  rediscluster::Info info;
};

struct rc_cancel {
  std::shared_ptr<rediscluster::Cancel> cancel = std::make_shared<rediscluster::Cancel>();
};

struct rc_call_options {
  rediscluster::CallOptions options;
};

namespace rediscluster {

inline const CallOptions usual_call;

inline const CallOptions& options_of(const rc_call_options* options) noexcept {
  return options == nullptr ? usual_call : options->options;
}

}  // namespace rediscluster

struct rc_commands {
  rediscluster::CommandList list;
  bool owned = true;  // false: a watch callback's, not to be freed by it
};

struct rc_scan {
  std::shared_ptr<rediscluster::Cluster> cluster;
  std::unique_ptr<rediscluster::Scan> scan;  // goes before the cluster, whose connection it may hold
};

struct rc_queue_options {
  rediscluster::QueueOptions options;
};

struct rc_queue {
  std::shared_ptr<rediscluster::Queue> queue;
};

struct rc_script {
  explicit rc_script(std::string_view body) : script(body) {}

  rediscluster::Script script;
};

struct rc_subscription {
  explicit rc_subscription(std::shared_ptr<rediscluster::Cluster> cluster)
      : subscription(std::move(cluster)) {}
  rediscluster::Subscription subscription;
};

struct rc_watch {
  rediscluster::WatchSession* session = nullptr;
};
