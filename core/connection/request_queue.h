// A list of requests in the order in which they are sent.
#pragma once

#include "connection/request.h"

namespace rediscluster {

// First in, first out. It does not own them.
class RequestQueue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  Request* front() const noexcept { return first_; }

  void push(Request* request) noexcept {
    request->next = nullptr;
    request->previous = last_;
    (first_ == nullptr ? first_ : last_->next) = request;
    last_ = request;
  }
  Request* pop() noexcept {
    Request* request = first_;
    if (request != nullptr) first_ = request->next;
    return request;
  }
  // Takes all that the other has, and leaves it empty.
  void append(RequestQueue& other) noexcept {
    if (other.empty()) return;
    (first_ == nullptr ? first_ : last_->next) = other.first_;
    last_ = other.last_;
    other.first_ = nullptr;
  }
  // One that is in it, if nothing but push() and remove() has changed it since the first was pushed.
  void remove(Request* request) noexcept {
    Request* const before = request == first_ ? nullptr : request->previous;
    (before == nullptr ? first_ : before->next) = request->next;
    (request->next == nullptr ? last_ : request->next->previous) = before;
  }

 private:
  Request* first_ = nullptr;
  Request* last_ = nullptr;
};

}  // namespace rediscluster
