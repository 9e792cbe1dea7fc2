// The two sides of every comparison. Both check every reply; both die when one is wrong.
#pragma once

#include <rediscluster/rediscluster.h>

#include <memory>

#include "workload.h"

namespace bench {

// One thread at a time.
class Client {
 public:
  virtual ~Client() = default;
  virtual void get(const Key& key) = 0;
  virtual void set(const Key& key) = 0;
  virtual void get_many(const Key* first, std::size_t count) = 0;  // as one pipeline
};

// A connection a node, made now; the key's node is known beforehand, so nothing is spent on routing.
std::unique_ptr<Client> connect_hiredis(const Workload& workload);

// Any number of them share a handle.
struct FreeCluster {
  void operator()(rc_cluster* cluster) const { rc_cluster_free(cluster); }
};
using Cluster = std::unique_ptr<rc_cluster, FreeCluster>;
Cluster open_ours(const Workload& workload);
std::unique_ptr<Client> use_ours(rc_cluster* cluster);

}  // namespace bench
