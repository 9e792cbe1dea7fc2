#include "connection/request.h"

#include <new>

#include "sync/free_list.h"

namespace rediscluster {

using SpareRequests = FreeList<Request, 8, std::default_delete<Request>>;

const char* Request::name_of(Phase phase) noexcept {
  switch (phase) {
    case kWaiting:
      return "waiting";
    case kParked:
      return "parked";
    case kPromoted:
      return "promoted";
    case kDone:
      return "done";
    case kAbandoned:
      return "abandoned";
  }
  return "?";
}

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
  spare->completion = nullptr;
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

}  // namespace rediscluster
