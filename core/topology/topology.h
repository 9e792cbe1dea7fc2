// What the handle knows of its cluster, kept true by MOVED answers and refreshes.
#pragma once

#include "sync/snapshot.h"
#include "topology/listeners.h"
#include "topology/opinions.h"
#include "topology/refresher.h"
#include "topology/slot_map.h"

namespace rediscluster {

// The map as it is now, for one expression: see Snapshot::read. What has to last is kept by keep_map().
class MapReading {
 public:
  explicit MapReading(const Snapshot<SlotMap>& map) : map_(map.read()) {}

  const SlotMap& operator*() const noexcept { return *map_; }
  const SlotMap* operator->() const noexcept { return &*map_; }
  Node* owner(int slot) const noexcept { return map_->owner(slot); }

 private:
  const Snapshot<SlotMap>::Reading map_;
};

class Topology {
 public:
  // Begins with what is `known`, which may be of other nodes: those of a process that was forked.
  Topology(std::vector<Address> seeds, const SlotMap& known, Nodes& nodes, const Stop& stop,
           Counters& counters, Duration look_again = Duration::zero());

  MapReading map() const { return MapReading(map_); }
  std::shared_ptr<const SlotMap> keep_map() const { return map_.get(); }
  const std::vector<Address>& seeds() const noexcept { return seeds_; }

  void learn_moved(int slot, Node& owner, TimePoint now);

  using Ticket = RefreshTicket;
  // Says that a refresh is wanted; costs next to nothing, and asks nobody yet.
  Ticket request_refresh() noexcept { return refresher_.request(); }
  // A view that was asked for after the ticket was given has come and counts in the map.
  bool satisfied(Ticket ticket) const noexcept { return refresher_.satisfied(ticket); }
  // A refresh is wanted or under way, and goes on with the next poll_refresh().
  bool refresh_pending() const noexcept { return refresher_.pending(); }
  // Until the ticket is satisfied: the caller asks nodes, or sleeps while another does so. Fails when all
  // nodes have failed, with what the most telling of them said, and when the time is up.
  Status wait(Ticket ticket, Deadline deadline) { return refresher_.wait(ticket, deadline); }
  // The two together.
  Status refresh(Deadline deadline) { return wait(request_refresh(), deadline); }
  // Every call passes here: the one whose turn it is pushes a wanted refresh on. Never waits.
  void poll_refresh(TimePoint now) {
    if (refresher_.due(now)) [[unlikely]]
      refresher_.poll(now);
  }

  // They are told of every new map and of the end of every round of a refresh: see TopologyListener.
  void add_listener(TopologyListener& listener) noexcept { listeners_.add(listener); }
  void remove_listener(TopologyListener& listener) noexcept { listeners_.remove(listener); }

 private:
  void set_map(std::shared_ptr<const SlotMap> map) noexcept;
  void tell_listeners() noexcept;

  std::vector<Node*> candidates();
  bool hear(ClusterView view, Node& teller, TimePoint asked_at);
  bool decide();

  bool act_on(Opinions::Judgement judgement);
  void take(const Opinion& opinion, const Node* confirmed_by);

  const std::vector<Address> seeds_;
  Nodes& nodes_;
  std::mutex changing_;  // one change of the map at a time
  Opinions opinions_;    // guarded by changing_
  Snapshot<SlotMap> map_;
  Listeners listeners_;
  std::atomic<bool> untold_{false};            // the map was set, and the listeners have not been told
  std::atomic<std::uint64_t> rounds_told_{0};  // how many ended rounds the listeners have been told of
  Refresher refresher_;
};

}  // namespace rediscluster
