// Requests that have not been handed to the writer yet, and their bytes. Without locks and without I/O: its
// owner's lock guards it.
//
// A position is a number of bytes since the connection object began. A request that is taken back leaves a
// hole in the bytes: to move all that come after it, for each of many callers whose time runs out at once,
// would keep the last of them waiting. Holes are closed before anything is sent.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "connection/request_queue.h"

namespace rediscluster {

class WriteQueue {
 public:
  // Room for the request's bytes, which the caller then writes before push(); null when there is no memory.
  char* extend(Request& request, std::size_t size) noexcept {
    char* const room = bytes_.extend(size);
    if (room == nullptr) return nullptr;
    request.size = size;
    request.begin = end_;
    end_ += size;
    return room;
  }
  void push(Request& request) noexcept { requests_.push(&request); }

  bool empty() const noexcept { return bytes_.empty(); }
  const Request* front() const noexcept { return requests_.front(); }
  // Whether a request that is not done is one of these.
  bool holds(const Request& request) const noexcept { return request.begin >= begin(); }
  bool any_pinned() const noexcept;

  void take_back(Request& request) noexcept;
  // The requests go to the end of `to`, their bytes into `out`, which is empty. Returns the position where
  // these begin.
  std::uint64_t take(RequestQueue& to, Buffer& out) noexcept {
    if (holes_ != 0) [[unlikely]]
      close_holes();
    const std::uint64_t first = begin();
    out.swap(bytes_);
    to.append(requests_);
    return first;
  }
  // What will not be sent: the requests, whose bytes are dropped.
  RequestQueue drop() noexcept;
  void release_memory() noexcept { bytes_.release(); }

  // The first whose caller sleeps, with the leader's role handed to him; or null.
  Request* promote_oldest() noexcept;

 private:
  std::uint64_t begin() const noexcept { return end_ - bytes_.size(); }
  void close_holes() noexcept;

  Buffer bytes_;
  RequestQueue requests_;
  std::uint64_t end_ = 0;  // where the bytes end
  std::size_t holes_ = 0;  // bytes of requests that were taken back
};

}  // namespace rediscluster
