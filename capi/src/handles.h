// What is behind the opaque handles. rc_error and rc_reply are the core's own types.
#pragma once

#include <memory>

#include "client/cluster.h"
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

struct rc_call_options {
  rediscluster::CallOptions options;
};

struct rc_commands {
  rediscluster::CommandList list;
  bool owned = true;  // false: a watch callback's, not to be freed by it
};

struct rc_watch {
  rediscluster::WatchSession* session = nullptr;
};
