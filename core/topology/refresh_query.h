// One node that was asked for CLUSTER SLOTS by a refresh.
#pragma once

#include "drive/leader.h"
#include "nodes/connection_lease.h"
#include "topology/cluster_view.h"

namespace rediscluster {

class RefreshQuery {
 public:
  // Asks, over a connection of its own. The caller holds no lock and no role: functions of the user's may
  // run. `requests`: the newest request for a refresh that the answer meets.
  RefreshQuery(Node& node, TimePoint now, std::uint64_t requests);

  Node& node() const noexcept { return connection_.node(); }
  TimePoint asked_at() const noexcept { return asked_at_; }
  std::uint64_t requests() const noexcept { return requests_; }
  // In brackets, what a node that is being connected to has not done yet.
  std::string pending_step() const { return connection_->pending_step(); }

  // Drives the connection until then at the latest. True: the query has ended.
  bool advance(TimePoint until) { return try_progress(*connection_, *request_, Deadline(until)); }
  // It has had more time than any node that is well needs.
  bool overdue(TimePoint now) const noexcept;

  // What has come of a query that has ended.
  bool was_sent() const noexcept;
  // The connection had been there, and the node does not know its user any more. That is a state of the
  // connection: over another, which logs in anew, the node may answer.
  bool was_logged_out() const noexcept;
  Result<ClusterView> take_view();
  // The connection may be kept for others: it leads to a node of the cluster.
  void vouch_for_node() noexcept { connection_->accept_any_node(false); }

 private:
  ConnectionLease connection_;
  RequestPtr request_;
  const std::uint64_t requests_;
  const TimePoint asked_at_;
  const bool reused_;    // the connection had been there
  TimePoint sent_at_{};  // after what the user was asked before it
};

}  // namespace rediscluster
