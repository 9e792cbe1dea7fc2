#include "connection/reply_queue.h"

#include <new>

#include "base/text.h"

namespace rediscluster {

void ReplyQueue::open(int protocol) {
  parser_ = std::make_unique<ReplyParser>(protocol == 3 ? Protocol::kResp3 : Protocol::kResp2);
  pushes_ = protocol == 3;
  receiving_large_ = false;
  bytes_ = 0;
}

RequestQueue ReplyQueue::drop() noexcept {
  RequestQueue dropped;
  dropped.append(requests_);
  last_abandoned_ = nullptr;
  receiving_large_ = false;
  bytes_ = 0;
  return dropped;
}

ReplyQueue::Heir ReplyQueue::promote_oldest() noexcept {
  Heir heir;
  for (Request* at = last_abandoned_ == nullptr ? requests_.front() : last_abandoned_->next; at != nullptr;
       at = at->next) {
    const bool promoted = at->promote();
    heir.awaited = heir.awaited || !at->abandoned();
    if (promoted) {
      heir.request = at;
      return heir;
    }
    if (!heir.awaited) last_abandoned_ = at;
  }
  return heir;
}

// The server has executed the command, but its reply goes past a limit of ours, or there was no memory for
// it. Its caller is told in the place of the reply, and nobody else: what is still to come of it is read
// past.
void ReplyQueue::refuse_reply(Request& request) noexcept {
  const Destination to = request.destination();
  if (to.arena == nullptr) return;  // its caller has left
  const bool no_memory = parser_->out_of_memory();
  // An error that could not be read may have been a refusal.
  const Outcome outcome = no_memory && parser_->refused_error() ? Outcome::kUnknown : Outcome::kExecuted;
  if (to.node == nullptr) to.arena->reset(Arena::create(0));
  Reply* const node = to.node != nullptr ? to.node : *to.arena == nullptr ? nullptr : &(*to.arena)->root();
  try {
    const std::string what =
        no_memory ? std::string("what there is no room for: out of memory: free some and call again")
                  : text("with ", parser_->refused(), ": such a reply is not kept");
    if (node != nullptr &&
        (*to.arena)->make_error(*node, no_memory ? Code::kNoMemory : Code::kProtocol, outcome, what, ""))
      return;
  } catch (const std::bad_alloc&) {
  }
  ErrorPtr out_of_memory = no_memory_error(outcome);  // lives as long as the program
  if (to.node == nullptr) {
    request.failure = std::move(out_of_memory);
  } else {
    *node = Reply();
    node->type = ReplyType::kError;
    node->error = out_of_memory.get();
  }
}

}  // namespace rediscluster
