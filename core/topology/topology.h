// What the handle knows of its cluster, kept true by MOVED answers and refreshes.
#pragma once

#include "base/snapshot.h"
#include "topology/refresher.h"
#include "topology/slot_map.h"

namespace rediscluster {

class Topology {
 public:
  // Begins with what is `known`, which may be of other nodes: those of a process that was forked.
  Topology(std::vector<Address> seeds, const SlotMap& known, Nodes& nodes, const Stop& stop,
           Counters& counters, Duration look_again = Duration::zero());

  const SlotMap& map() const { return map_.read(); }  // good until this thread asks again
  std::shared_ptr<const SlotMap> keep_map() const { return map_.get(); }
  const std::vector<Address>& seeds() const noexcept { return seeds_; }

  void learn_moved(int slot, Node& owner, TimePoint now);
  void want_refresh() noexcept { refresher_.want(); }
  // Every call passes here: the one whose turn it is pushes a wanted refresh on. Never waits.
  void tend(TimePoint now) {
    if (refresher_.due(now)) [[unlikely]]
      refresher_.push(now);
  }
  Status refresh(Deadline deadline) { return refresher_.wait(deadline); }

 private:
  std::vector<Node*> candidates();
  void accept(const ClusterView& view, TimePoint asked_at);

  const std::vector<Address> seeds_;
  Nodes& nodes_;
  std::mutex changing_;  // one change of the map at a time
  Snapshot<SlotMap> map_;
  Refresher refresher_;
};

}  // namespace rediscluster
