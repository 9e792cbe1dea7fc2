// One submission to a connection: a command, or several that must follow one another on the wire, and their
// replies.
//
// It belongs to its caller and to the connection at once while it is under way. It ends in one of two ways:
// the connection finishes it (then it is the caller's, or its completion's), or the caller's deadline passes
// first (then the connection keeps it as a tombstone that swallows the late reply, and frees it).
#pragma once

#include <memory>

#include "connection/completion.h"
#include "resp/reply_parser.h"
#include "sync/parking.h"

namespace rediscluster {

class Request {
 public:
  enum Phase : std::uint32_t {
    kWaiting,    // under way; its caller, if there is one, is awake
    kParked,     // its caller sleeps
    kPromoted,   // its caller has been handed the leader's role, and wakes up
    kDone,       // it has its replies, or has failed
    kAbandoned,  // its caller is gone; the connection frees it when its reply has come
  };
  static const char* name_of(Phase phase) noexcept;

  // The results. The connection writes them; they are valid once it is done.
  // One reply is the root. Of a batch the root is an array, of which the first `received` elements are there.
  ArenaPtr arena;
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

  // The connection's last act upon it: it is its caller's now, who is woken if he sleeps, or its
  // completion's. One whose caller has left is freed.
  void end() noexcept;
  // Hands the leader's role to its caller, if he sleeps; he is to be unparked then.
  bool promote() noexcept {
    std::uint32_t parked = kParked;
    return phase.load(std::memory_order_relaxed) == kParked &&
           phase.compare_exchange_strong(parked, kPromoted);
  }
  bool abandoned() const noexcept { return phase.load(std::memory_order_relaxed) == kAbandoned; }

  // A finished copy of what there is of a batch; the original goes on being filled.
  std::unique_ptr<Request, struct RequestRecycler> received_so_far() const;
  // False: it was finished before. Else it is the connection's, not the caller's.
  bool become_tombstone() noexcept {
    std::uint32_t waiting = kWaiting;
    return phase.compare_exchange_strong(waiting, kAbandoned, std::memory_order_acq_rel);
  }

  // Set before it is submitted.
  bool pinned = false;               // it makes sense on the connection that is open now, and on no other
  Completion* completion = nullptr;  // null: a caller waits for it

  // For the connection.
  bool queued = false;  // a connection knows it; written under its lock
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

inline void Request::end() noexcept {
  Completion* const told =
      completion;  // read first: where there is none, a caller may free this once it is done
  switch (phase.exchange(kDone, std::memory_order_acq_rel)) {
    case kParked:
      unpark_one(phase);
      return;
    case kAbandoned:
      RequestRecycler()(this);  // done now, and nobody else's
      return;
    default:
      if (told != nullptr) [[unlikely]]
        told->complete(*this);
  }
}

RequestPtr new_request();                      // for one reply
RequestPtr new_batch(std::uint32_t expected);  // for an array of replies

}  // namespace rediscluster
