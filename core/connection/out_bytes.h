// The bytes that the writer is sending. Without locks and without I/O: the writer's role guards it.
#pragma once

#include <cassert>

#include "connection/write_queue.h"

namespace rediscluster {

class OutBytes {
 public:
  const char* data() const noexcept { return bytes_.data() + sent_; }
  std::size_t size() const noexcept { return bytes_.size() - sent_; }

  // The next bytes, once all before them have been sent or dropped.
  void take(WriteQueue& from, RequestQueue& to) noexcept {
    assert(size() == 0);
    begin_ = from.take(to, bytes_);
    sent_ = 0;
  }
  void note_sent(std::size_t bytes) noexcept { sent_ += bytes; }
  // The position up to which everything was sent, unless it was dropped.
  std::uint64_t sent() const noexcept { return begin_ + sent_; }

  // Forgets what has been sent, and what has not.
  void clear() noexcept {
    begin_ += sent_;
    sent_ = 0;
    bytes_.clear();
  }
  void release_memory() noexcept {
    clear();
    bytes_.release();
  }

 private:
  Buffer bytes_;
  std::uint64_t begin_ = 0;  // where they begin, as a position of WriteQueue
  std::size_t sent_ = 0;
};

}  // namespace rediscluster
