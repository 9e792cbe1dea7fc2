// Who is at which address, as the nodes of a cluster have told of each other.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "sync/mutex.h"

namespace rediscluster {

struct Member {
  Address address;
  std::string id = {};        // empty: not told, or told in several ways
  std::string hostname = {};  // that it announces beside the address; empty: none
  std::string ip = {};        // the same
};

// Immutable.
class Members {
 public:
  Members() = default;
  // Of two for one address the earlier counts; if they differ in their ids, neither is known.
  explicit Members(std::vector<Member> members);
  Members(const Members&) = delete;  // the ids are views
  Members& operator=(const Members&) = delete;

  const Member* at(const Address& address) const noexcept;  // null: not known
  bool has(std::string_view id) const noexcept;
  bool know_ids() const noexcept { return !ids_.empty(); }
  bool share_an_id(const Members& others) const noexcept;
  const std::vector<Member>& all() const noexcept { return members_; }

 private:
  std::vector<Member> members_;        // by address
  std::vector<std::string_view> ids_;  // sorted; of members_
};

// The newest that is known, for connections that are being made.
class Membership {
 public:
  std::shared_ptr<const Members> get() const {
    const MutexLock lock(mutex_);
    return members_;
  }
  void set(std::shared_ptr<const Members> members) {
    const MutexLock lock(mutex_);
    members_.swap(members);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Members> members_ GUARDED_BY(mutex_) = std::make_shared<const Members>();
};

}  // namespace rediscluster
