// The memory of a queue's calls, which is used again, and their tickets.
#include <atomic>
#include <cstdlib>
#include <new>

#include "queue/completion_queue.h"
#include "resp/encode.h"

namespace rediscluster {
namespace {

// Numbers are given to queues by the block, so that no two tickets in a process are equal.
constexpr std::uint64_t kNumbersAtATime = 65536;
std::atomic<std::uint64_t> numbers_given{1};

}  // namespace

QueuedCall& CompletionQueue::new_call(std::uint64_t tag, Deadline deadline, int slot, bool repeatable,
                                      ReadFrom from, std::size_t size) {
  if (next_number_ == numbers_end_) [[unlikely]] {
    next_number_ = numbers_given.fetch_add(kNumbersAtATime, std::memory_order_relaxed);
    numbers_end_ = next_number_ + kNumbersAtATime;
  }
  void* memory = spare_calls_;
  std::uint32_t place = 0;
  if (memory != nullptr) [[likely]] {
    QueuedCall* const spare = spare_calls_;
    place = static_cast<std::uint32_t>(spare->ticket);
    spare_calls_ = spare->next;
    --spare_count_;
    spare->~QueuedCall();
  } else {
    if (free_slots_.empty()) {
      calls_.reserve(calls_.size() + 1);
      free_slots_.reserve(calls_.capacity());
      timers_.reserve(calls_.size() + 1);
    }
    memory = ::operator new(sizeof(QueuedCall) + kShortCommand);
    if (free_slots_.empty()) {
      place = static_cast<std::uint32_t>(calls_.size());
      calls_.push_back(nullptr);
    } else {
      place = free_slots_.back();
      free_slots_.pop_back();
    }
  }
  auto* const call = new (memory) QueuedCall(*this, context_, tag, deadline, slot, repeatable, from);
  call->ticket = place | next_number_++ << kSlotBits;
  calls_[place] = call;
  call->size = size;
  if (size > kShortCommand) [[unlikely]] {
    call->long_bytes = static_cast<char*>(std::malloc(size));
    if (call->long_bytes == nullptr) {
      free_call(*call);
      throw std::bad_alloc();
    }
  }
  return *call;
}

// It stays a call while it is spare, with its place in the lowest bits of its ticket.
void CompletionQueue::free_call(QueuedCall& call) noexcept {
  const auto place = static_cast<std::uint32_t>(call.ticket & ((std::uint64_t{1} << kSlotBits) - 1));
  calls_[place] = nullptr;
  if (call.long_bytes != nullptr) [[unlikely]]
    std::free(std::exchange(call.long_bytes, nullptr));
  call.rare.reset();
  call.reply.reset();
  call.error.reset();
  if (spare_count_ < kMaxSpare) {
    call.ticket = place;
    call.next = spare_calls_;
    spare_calls_ = &call;
    ++spare_count_;
    return;
  }
  free_slots_.push_back(place);  // there is room for all
  call.~QueuedCall();
  ::operator delete(&call);
}

Request& CompletionQueue::new_queued_request(QueuedCall& call, bool asking) {
  Request* request = asking ? nullptr : spare_requests_;
  if (request != nullptr) [[likely]] {
    spare_requests_ = request->next;
    --spare_request_count_;
    request->sent = 0;
    request->received.store(0, std::memory_order_relaxed);
    request->phase.store(Request::kWaiting, std::memory_order_relaxed);
    request->large = false;
    request->queued = false;
    request->next = nullptr;
  } else {
    request = asking ? new_batch(2).release() : new Request();
  }
  request->completion = &call;
  call.request = request;
  return *request;
}

void CompletionQueue::free_request(Request* request) noexcept {
  request->arena.reset();
  request->failure.reset();
  if (request->batch || spare_request_count_ == kMaxSpare) {
    RequestRecycler()(request);
    return;
  }
  request->next = spare_requests_;
  spare_requests_ = request;
  ++spare_request_count_;
}

QueuedCall* CompletionQueue::find(std::uint64_t ticket) const noexcept {
  const std::size_t place = ticket & ((std::uint64_t{1} << kSlotBits) - 1);
  QueuedCall* const call = place < calls_.size() ? calls_[place] : nullptr;
  return call != nullptr && call->ticket == ticket ? call : nullptr;
}

}  // namespace rediscluster
