#include "connection/write_queue.h"

#include <cassert>

namespace rediscluster {

bool WriteQueue::any_pinned() const noexcept {
  for (const Request* at = requests_.front(); at != nullptr; at = at->next) {
    if (at->pinned) return true;
  }
  return false;
}

void WriteQueue::take_back(Request& request) noexcept {
  assert(holds(request));
  requests_.remove(&request);
  holes_ += request.size;
  if (holes_ > bytes_.size() / 2) close_holes();
}

void WriteQueue::close_holes() noexcept {
  const std::uint64_t first = begin();
  std::size_t end = 0;
  for (Request* at = requests_.front(); at != nullptr; at = at->next) {
    const auto from = static_cast<std::size_t>(at->begin - first);
    if (from != end) bytes_.move(end, from, at->size);
    at->begin = first + end;
    end += at->size;
  }
  if (end == 0) bytes_.clear();
  bytes_.shorten(end);
  end_ = first + end;
  holes_ = 0;
}

// Their positions are used up, so that none of them is held to be here.
RequestQueue WriteQueue::drop() noexcept {
  RequestQueue dropped;
  dropped.append(requests_);
  bytes_.clear();
  holes_ = 0;
  return dropped;
}

Request* WriteQueue::promote_oldest() noexcept {
  for (Request* at = requests_.front(); at != nullptr; at = at->next) {
    if (at->promote()) return at;
  }
  return nullptr;
}

}  // namespace rediscluster
