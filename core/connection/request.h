// One submission to a connection: a command, or several that must follow one another on the wire, and their
// replies.
//
// It belongs to its caller and to the connection at once while it is under way. It ends in one of two ways:
// the connection finishes it (then it is the caller's), or the caller's deadline passes first (then the
// connection keeps it as a tombstone that swallows the late reply, and frees it).
#pragma once

#include <memory>

#include "resp/reply_parser.h"
#include "sync/parking.h"

namespace rediscluster {

class Request {
 public:
  enum Phase : std::uint32_t {
    kWaiting,
    kParked,    // its caller sleeps
    kPromoted,  // its caller has been handed the leader's role
    kDone,
    kAbandoned,  // its caller is gone
  };

  // Results; valid once done.
  ArenaPtr arena;  // one reply: its root. A batch: an array of which the first `received` elements are there
  ErrorPtr failure;      // null: every reply is there
  std::size_t sent = 0;  // on failure: how many of its bytes were handed to the socket
  std::atomic<std::uint32_t> received{0};
  bool large = false;  // its replies took so long to read that others should not have to wait for their like

  bool done() const noexcept { return phase.load(std::memory_order_acquire) == kDone; }
  bool finished() const noexcept { return received.load(std::memory_order_relaxed) == expected; }
  Destination destination() noexcept {
    if (phase.load(std::memory_order_relaxed) == kAbandoned) return {};
    if (!batch) return {&arena, nullptr};
    return {&arena, &arena->root().elements[received.load(std::memory_order_relaxed)]};
  }

  // A finished copy of what there is of a batch; the original goes on being filled.
  std::unique_ptr<Request, struct RequestRecycler> received_so_far() const;
  // False: it was finished before. Else it is the connection's, not the caller's.
  bool become_tombstone() noexcept {
    std::uint32_t waiting = kWaiting;
    return phase.compare_exchange_strong(waiting, kAbandoned, std::memory_order_acq_rel);
  }

  // Set before it is submitted: it makes sense on the connection that is open now, and on no other.
  bool pinned = false;

  // For the connection.
  bool queued = false;  // a connection knows it
  FutexWord phase{kWaiting};
  std::uint32_t expected = 1;
  bool batch = false;
  std::uint64_t begin = 0;  // where its bytes begin in all that the connection ever sends
  std::size_t size = 0;
  Request* next = nullptr;
  Request* previous = nullptr;  // in a queue that is only pushed to, if it is not the first
};

// Keeps a few of them for this thread's next calls. One that is still under way becomes a tombstone.
struct RequestRecycler {
  void operator()(Request* request) const noexcept;
};
using RequestPtr = std::unique_ptr<Request, RequestRecycler>;

RequestPtr new_request();                      // for one reply
RequestPtr new_batch(std::uint32_t expected);  // for an array of replies

// A first-in, first-out list of requests, which it does not own.
class RequestQueue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  Request* front() const noexcept { return first_; }
  void push(Request* request) noexcept;
  Request* pop() noexcept;
  void append(RequestQueue& other) noexcept;  // leaves it empty
  // One that is in it, if nothing but push() and remove() has changed it since the first was pushed.
  void remove(Request* request) noexcept;

 private:
  Request* first_ = nullptr;
  Request* last_ = nullptr;
};

}  // namespace rediscluster
