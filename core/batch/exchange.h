// Commands of a pipeline that go to one node as one piece, and what the node answered.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "batch/command_list.h"
#include "calls/exchange.h"
#include "calls/retry_state.h"
#include "drive/leader.h"
#include "routing/connection_choice.h"

namespace rediscluster {

class BatchExchange {
 public:
  using Index = std::uint32_t;  // of a command

  // The commands, in input order; they and their indices outlive it. A deadline sooner than the pipeline's is
  // for a node that may still be ill.
  BatchExchange(const CommandList& commands, const Target& target, std::span<const Index> indices,
                Deadline deadline)
      : commands_(commands), target_(target), indices_(indices), deadline_(deadline) {}

  // `bytes`: of the commands.
  void submit(std::size_t bytes, bool may_block, TimePoint now);
  bool done() const noexcept { return request_->done(); }
  // Until then, or the answers have come.
  void wait(Deadline until) noexcept { wait_until(**connection_, *request_, {}, until); }
  // The server is closing the connection.
  void leave_connection() const noexcept { (*connection_)->reconnect(); }
  // Its time is up: it is done when this returns.
  void end() { finish(**connection_, request_, {}, deadline_); }

  Deadline deadline() const noexcept { return deadline_; }
  TimePoint sent_at() const noexcept { return sent_at_; }
  // While it waits: how many replies have come, when bytes last came, and whether they are of a large reply.
  std::size_t received() const noexcept { return request_->received.load(std::memory_order_relaxed); }
  TimePoint last_received_at() const noexcept { return (*connection_)->last_received_at(); }
  bool comes_large() const noexcept { return (*connection_)->receiving_large_reply(); }
  bool apart() const noexcept { return connection_->is_leased(); }  // it has a connection of its own
  Node& node() const noexcept { return *target_.node; }
  const Target& target() const noexcept { return target_; }
  std::size_t size() const noexcept { return indices_.size(); }
  std::size_t index(std::size_t i) const noexcept { return indices_[i]; }

  // Once done:
  // The first replies, of those that are there; none where ASKING has replies of its own.
  std::span<const Reply> plain_replies() const noexcept {
    if (target_.asking || request_->arena == nullptr) return {};
    return {request_->arena->root().elements, request_->received.load(std::memory_order_relaxed)};
  }
  std::span<const Index> indices() const noexcept { return indices_; }
  bool large() const noexcept { return request_->large; }  // its replies were
  // Null: no reply came for it.
  const Reply* reply(std::size_t i) const noexcept {
    const std::size_t position = target_.asking ? 2 * i + 1 : i;
    if (position >= request_->received.load(std::memory_order_relaxed)) return nullptr;
    return &request_->arena->root().elements[position];
  }
  // Why replies are missing; null: none is.
  const Error* failure() const noexcept { return request_->failure.get(); }
  ArenaPtr take_arena() noexcept { return std::move(request_->arena); }

  // What a failure means for those without a reply, which are asked of in their order.
  class Outcomes {
   public:
    explicit Outcomes(const BatchExchange& of) noexcept : of_(of), rest_never_ran_(of.rest_never_ran()) {}
    Outcome of(std::size_t i) noexcept {
      if (rest_never_ran_) return Outcome::kNotSent;
      for (; next_ < i; ++next_) begin_ += of_.bytes(next_);
      return begin_ < of_.request_->sent ? Outcome::kUnknown : Outcome::kNotSent;
    }

   private:
    const BatchExchange& of_;
    const bool rest_never_ran_;
    std::size_t next_ = 0;
    std::size_t begin_ = 0;  // of the next one's bytes
  };

 private:
  // The last answer before the connection ended was that of a command that waited at a primary, which has
  // become a replica, or of one that the server could not read: the server reads nothing more from the
  // connection after that, and closes it.
  bool rest_never_ran() const noexcept;
  std::size_t bytes(std::size_t i) const noexcept {
    return commands_[indices_[i]].size + (target_.asking ? kAskingBytes.size() : 0);
  }

  const CommandList& commands_;
  const Target target_;  // if asking, each of them needs ASKING before it
  const std::span<const Index> indices_;
  const Deadline deadline_;
  TimePoint sent_at_{};
  std::optional<ConnectionChoice> connection_;  // that it was submitted to
  RequestPtr request_;
};

}  // namespace rediscluster
