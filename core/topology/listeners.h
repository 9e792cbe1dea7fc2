// Who wants to know of new maps. A listener is part of its owner: the list allocates nothing.
#pragma once

#include <mutex>
#include <thread>

#include "sync/parking.h"

namespace rediscluster {

// Called on the thread that set the map, or that ended the round, which holds no lock and no role then. It
// must not wait for anything. The calls of several changes may be made by several threads at a time, and two
// changes may be told by one call.
class TopologyListener {
 public:
  TopologyListener() = default;
  TopologyListener(const TopologyListener&) = delete;
  TopologyListener& operator=(const TopologyListener&) = delete;

  // The map is another than before: owners, nodes, or what is known of them.
  virtual void on_new_map() noexcept = 0;
  // A round of a refresh has ended: tickets may be satisfied, or every node has failed.
  virtual void on_round_end() noexcept {}

 protected:
  ~TopologyListener() = default;  // after remove()

 private:
  friend class Listeners;
  TopologyListener* before_ = nullptr;  // guarded by Listeners::mutex_
  TopologyListener* after_ = nullptr;   // guarded by Listeners::mutex_
};

class Listeners {
 public:
  Listeners() = default;
  ~Listeners();  // nobody is left
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  void add(TopologyListener& listener) noexcept;
  // When it returns, the listener is not called any more and no call of it is under way, but for one on this
  // very thread: a listener may remove itself, and be deleted, in a call of its own.
  void remove(TopologyListener& listener) noexcept;

  void tell_new_map() noexcept { tell(&TopologyListener::on_new_map); }
  void tell_round_end() noexcept { tell(&TopologyListener::on_round_end); }

 private:
  // A thread that is telling. It is on that thread's stack.
  struct Teller {
    TopologyListener* current = nullptr;  // is being called
    TopologyListener* next = nullptr;
    std::thread::id thread = std::this_thread::get_id();
    Teller* other = nullptr;
  };

  void tell(void (TopologyListener::*what)() noexcept) noexcept;
  bool called_by_another(const TopologyListener& listener) const noexcept;

  std::mutex mutex_;
  TopologyListener* first_ = nullptr;  // guarded by mutex_
  TopologyListener* last_ = nullptr;   // guarded by mutex_
  Teller* tellers_ = nullptr;          // guarded by mutex_
  // Changes when a call has returned. Who removes a listener sleeps on it.
  FutexWord calls_ended_{0};
};

}  // namespace rediscluster
