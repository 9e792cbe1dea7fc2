// What a handle wakes when it is closed: its queues and its subscriptions.
#pragma once

#include "sync/fork.h"

namespace rediscluster {

class CloseListener {
 public:
  // With fork_lock() held: it may only ring.
  virtual void on_close() noexcept = 0;

 protected:
  ~CloseListener() = default;

 private:
  friend class Cluster;
  CloseListener* next_ GUARDED_BY(fork_lock()) = nullptr;  // of its handle's
};

}  // namespace rediscluster
