// The two sides of every comparison in C++. Both check every reply; both die when one is wrong.
#pragma once

#include <rediscluster/rediscluster.h>

#include <memory>
#include <vector>

#include "workload.h"

namespace bench {

// One thread at a time.
class Client {
 public:
  virtual ~Client() = default;
  virtual void get(const Key& key) = 0;
  virtual void set(const Key& key) = 0;
  virtual void mget(const Key* first, std::size_t count) = 0;  // keys of one slot
  // As one pipeline: `count` keys from `first` on, and again from the beginning where they end.
  virtual void get_many(const std::vector<Key>& keys, std::size_t first, std::size_t count) = 0;
  // As many GETs, one after the other, with so many under way at a time. Who has nothing of the kind makes
  // them one at a time.
  virtual void get_under_way(const std::vector<Key>& keys, std::size_t count, std::size_t under_way) {
    (void)under_way;
    for (std::size_t i = 0; i < count; ++i) get(keys[i % keys.size()]);
  }
};

// A client library, told where the cluster is.
class Side {
 public:
  virtual ~Side() = default;
  virtual std::unique_ptr<Client> caller() = 0;  // another thread's
  // A client of its own, one GET, closed again. Thread-safe.
  virtual void open_once(const Key& key) = 0;
};

// Callers share a handle.
std::unique_ptr<Side> ours(const std::vector<Endpoint>& nodes);
std::unique_ptr<Client> caller_of(rc_cluster* cluster);  // which must live longer

// A caller has a connection a node; the key's node is known beforehand, so nothing is spent on routing.
std::unique_ptr<Side> hiredis(const std::vector<Endpoint>& nodes);

std::unique_ptr<Side> side_named(const std::string& name, const std::vector<Endpoint>& nodes);

// For what is not the same on both sides.
struct FreeCluster {
  void operator()(rc_cluster* cluster) const { rc_cluster_free(cluster); }
};
using Cluster = std::unique_ptr<rc_cluster, FreeCluster>;
Cluster open_cluster(const std::vector<Endpoint>& nodes);

}  // namespace bench
