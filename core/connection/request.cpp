#include "connection/request.h"

#include <new>

#include "sync/free_list.h"

namespace rediscluster {

using SpareRequests = FreeList<Request, 8, std::default_delete<Request>>;

std::unique_ptr<Request, RequestRecycler> Request::received_so_far() const {
  RequestPtr copy = batch ? new_batch(expected) : new_request();
  const auto count = batch ? received.load(std::memory_order_acquire) : 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!copy_tree(arena->root().elements[i], copy->arena->root().elements[i], *copy->arena))
      throw std::bad_alloc();
  }
  copy->received.store(count, std::memory_order_relaxed);
  copy->phase.store(kDone, std::memory_order_relaxed);
  return copy;
}

void RequestRecycler::operator()(Request* request) const noexcept {
  if (request->queued && !request->done() && request->become_tombstone()) return;
  request->arena.reset();
  request->failure.reset();
  SpareRequests::give(request);
}

RequestPtr new_request() {
  Request* spare = SpareRequests::take();
  if (spare == nullptr) return RequestPtr(new Request());
  spare->sent = 0;
  spare->received.store(0, std::memory_order_relaxed);
  spare->phase.store(Request::kWaiting, std::memory_order_relaxed);
  spare->large = false;
  spare->expected = 1;
  spare->batch = false;
  spare->pinned = false;
  spare->queued = false;
  spare->next = nullptr;
  return RequestPtr(spare);
}

RequestPtr new_batch(std::uint32_t expected) {
  constexpr std::size_t kBytesPerReply = 32;  // short replies need no further block
  RequestPtr request = new_request();
  request->arena.reset(Arena::create(expected * (sizeof(Reply) + kBytesPerReply)));
  if (request->arena == nullptr || !request->arena->make_array(request->arena->root(), expected)) {
    throw std::bad_alloc();
  }
  request->expected = expected;
  request->batch = true;
  return request;
}

void RequestQueue::push(Request* request) noexcept {
  request->next = nullptr;
  request->previous = last_;
  (first_ == nullptr ? first_ : last_->next) = request;
  last_ = request;
}

Request* RequestQueue::pop() noexcept {
  Request* request = first_;
  if (request != nullptr) first_ = request->next;
  return request;
}

void RequestQueue::append(RequestQueue& other) noexcept {
  if (other.empty()) return;
  (first_ == nullptr ? first_ : last_->next) = other.first_;
  last_ = other.last_;
  other.first_ = nullptr;
}

void RequestQueue::remove(Request* request) noexcept {
  Request* const before = request == first_ ? nullptr : request->previous;
  (before == nullptr ? first_ : before->next) = request->next;
  (request->next == nullptr ? last_ : request->next->previous) = before;
}

}  // namespace rediscluster
