// The connections to a node that are each for one caller at a time, and are kept for the next one when they
// are idle. Without a lock: that of the node guards it.
#pragma once

#include <memory>
#include <vector>

#include "connection/connection.h"

namespace rediscluster {

class ConnectionPool {
 public:
  // The idle one that was used last, so that those that are not needed age; null: there is none.
  // std::bad_alloc.
  std::shared_ptr<Connection> lease_idle();
  // Keeps it for the next caller, if it is idle and `keep`. Returns one that is to be let go, without a lock
  // held: this one, one that nobody has needed for a while, or none.
  std::shared_ptr<Connection> give_back(std::shared_ptr<Connection> connection, bool keep,
                                        TimePoint now) noexcept;

  // One that was made for its caller. std::bad_alloc.
  void add(std::shared_ptr<Connection> connection) { busy_.push_back(std::move(connection)); }
  void remove(const std::shared_ptr<Connection>& connection) noexcept;

  bool has_idle() const noexcept { return !idle_.empty(); }
  bool connected() const noexcept;  // one of them is

  void close_unneeded(TimePoint now) noexcept;  // what nobody has needed for a while
  void close_idle() noexcept { idle_.clear(); }
  void close() noexcept;  // these, and what is leased when its caller has done with it
  void drain(TimePoint since) noexcept;

 private:
  struct Idle {
    std::shared_ptr<Connection> connection;
    TimePoint since;
  };
  std::vector<Idle> idle_;  // the longest first
  std::vector<std::shared_ptr<Connection>> busy_;
};

}  // namespace rediscluster
