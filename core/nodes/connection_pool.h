// The connections to a node that are each for one caller at a time, and are kept for the next one when they
// are idle. Without a lock: that of the node guards it.
#pragma once

#include <memory>
#include <vector>

#include "connection/connection.h"

namespace rediscluster {

class ConnectionPool {
 public:
  // An idle one, or what make() gives. std::bad_alloc.
  template <class Make>
  std::shared_ptr<Connection> lease(Make&& make) {
    busy_.reserve(busy_.size() + 1);
    std::shared_ptr<Connection> connection = take_idle();
    if (connection == nullptr) connection = make();
    busy_.push_back(connection);
    return connection;
  }
  // Keeps it for the next caller, if it is idle and `keep`. Returns one that is to be let go, without a lock
  // held: this one, one that nobody has needed for a while, or none.
  std::shared_ptr<Connection> give_back(std::shared_ptr<Connection> connection, bool keep,
                                        TimePoint now) noexcept;

  // One that is never handed to another caller, and goes as it came.
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
  std::shared_ptr<Connection> take_idle() noexcept;

  std::vector<Idle> idle_;  // the longest first
  std::vector<std::shared_ptr<Connection>> busy_;
};

}  // namespace rediscluster
