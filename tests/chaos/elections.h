// Which shards got another primary by a vote of the servers: in their own logs, so that none is missed, not
// even one that was undone before anybody looked. A starved machine makes servers replace primaries that
// nobody has touched.
#pragma once

#include <map>

#include "chaos/world.h"

namespace chaos {

class Elections {
 public:
  explicit Elections(const World& world) : world_(world) {}

  void begin();                            // a round: what was won before it is forgotten
  std::map<int, int> since_begin() const;  // how many were won, by shard

 private:
  std::map<int, int> won_by_node() const;

  const World& world_;
  std::map<int, int> before_;  // by node
};

}  // namespace chaos
