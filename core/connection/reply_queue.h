// Requests whose bytes are on the wire, and the parser that gives them their replies in the order in which
// they were sent. Without locks and without I/O: the leader's role guards it.
#pragma once

#include <memory>

#include "connection/large.h"
#include "connection/request_queue.h"

namespace rediscluster {

class ReplyQueue {
 public:
  enum class Result {
    kAllRead,       // every byte was used
    kNothingAsked,  // a reply has come that nobody had asked for
    kNotResp,       // what came is no RESP, or there was no memory: see out_of_memory() and failure()
  };

  void open(int protocol);  // before the first bytes of a connection
  void release_memory() noexcept { parser_.reset(); }

  bool empty() const noexcept { return requests_.empty(); }
  void append(RequestQueue& sent) noexcept { requests_.append(sent); }
  RequestQueue& requests() noexcept { return requests_; }
  // All of them: the connection was lost.
  RequestQueue drop() noexcept;

  // Gives the bytes to the requests. When it has none left it calls more(requests), which may append some. Of
  // each that has all its replies ended(request) is called before the request ends.
  template <class More, class Ended>
  Result parse(const char* data, std::size_t size, More&& more, Ended&& ended);

  // A reply has come so far that is large: others wait behind it.
  bool receiving_large_reply() const noexcept { return receiving_large_; }
  // What comes next is the rest of a reply that was refused.
  bool passing_over() const noexcept { return parser_->passing_over(); }
  bool out_of_memory() const noexcept { return parser_->out_of_memory(); }
  std::string failure() const { return parser_->failure(); }

  // Hands the leader's role to the oldest caller that sleeps; null if there is none. Callers who wait awake
  // count as awaiting, those who have left do not.
  struct Heir {
    Request* request = nullptr;
    bool awaited = false;  // somebody waits for one of these
  };
  Heir promote_oldest() noexcept;

 private:
  void end(Request& request) noexcept {
    if (&request == last_abandoned_) [[unlikely]]
      last_abandoned_ = nullptr;
    request.end();
  }
  void refuse_reply(Request& request) noexcept;

  RequestQueue requests_;
  // The last of the first ones whose callers have left, as far as known: many whose time runs out at once
  // each leave without a walk past the others.
  Request* last_abandoned_ = nullptr;
  std::unique_ptr<ReplyParser> parser_;  // there while a connection is
  bool pushes_ = false;                  // RESP3: what nobody asked for may be a push
  bool receiving_large_ = false;
  std::size_t bytes_ = 0;  // received since the last request was finished
};

template <class More, class Ended>
ReplyQueue::Result ReplyQueue::parse(const char* data, std::size_t size, More&& more, Ended&& ended) {
  bytes_ += size;
  ReplyParser& parser = *parser_;
  parser.feed(data, size);
  while (parser.has_bytes()) {
    if (requests_.empty()) more(requests_);
    Request* const request = requests_.front();
    if (request == nullptr && !pushes_ && !parser.passing_over()) return Result::kNothingAsked;
    const Parsed parsed = parser.next(request == nullptr ? Destination{} : request->destination());
    if (parsed != Parsed::kReply) [[unlikely]] {
      if (parsed == Parsed::kPush) continue;  // nobody listens
      if (parsed == Parsed::kFailed) return Result::kNotResp;
      if (parsed == Parsed::kIncomplete) {
        if (bytes_ >= kLargeBytes) receiving_large_ = true;
        return Result::kAllRead;
      }
      if (request != nullptr) refuse_reply(*request);
    }
    if (request == nullptr) return Result::kNothingAsked;
    request->received.store(request->received.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    if (!request->finished()) continue;
    request->large = bytes_ >= kLargeBytes;
    if (request->large) receiving_large_ = false;
    bytes_ = 0;
    requests_.pop();
    ended(*request);
    end(*request);
  }
  return Result::kAllRead;
}

}  // namespace rediscluster
