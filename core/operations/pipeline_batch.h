// The part of a pipeline that goes to one node.
#pragma once

#include <vector>

#include "execution/attempt.h"
#include "execution/course.h"
#include "operations/command_list.h"

namespace rediscluster {

// The commands for one node, in input order, sent as one piece.
class PipelineBatch {
 public:
  // For at most so many commands.
  PipelineBatch(const Target& target, std::size_t most) : target_(target) { indices_.reserve(most); }

  bool is_for(const Target& target) const noexcept {
    return target_.node == target.node && target_.asking == target.asking;
  }
  void add(std::size_t index, const CommandList::Entry& entry, bool may_block) {
    indices_.push_back(index);
    size_ += entry.size + (target_.asking ? kAskingBytes.size() : 0);
    may_block_ = may_block_ || may_block;
  }
  void submit(const CommandList& commands, TimePoint now, Deadline deadline);
  // The server is closing it.
  void leave_connection() const noexcept { lane_->reconnect(); }
  bool done() const noexcept { return request_->done(); }
  void wait(Deadline until) noexcept { lane_->wait(*request_, {}, until); }
  bool apart() const noexcept { return own_.has_value(); }  // it has a connection of its own
  bool large() const noexcept { return request_->large; }   // its replies were
  void await(Deadline deadline) { lane_->await(request_, {}, deadline); }

  Node& node() const noexcept { return *target_.node; }
  const Target& target() const noexcept { return target_; }
  std::size_t size() const noexcept { return indices_.size(); }
  std::size_t index(std::size_t i) const noexcept { return indices_[i]; }
  // After await. Null: no reply came for it.
  const Reply* reply(std::size_t i) const noexcept {
    const std::size_t position = target_.asking ? 2 * i + 1 : i;
    if (position >= request_->received.load(std::memory_order_relaxed)) return nullptr;
    return &request_->arena->root().elements[position];
  }
  // After await, for one without a reply: how the connection failed, and what that means for this command.
  ErrorPtr failure(const CommandList& commands, std::size_t i) const;
  ArenaPtr take_arena() noexcept { return std::move(request_->arena); }

 private:
  Target target_;  // if asking, each of them needs ASKING before it
  bool may_block_ = false;
  std::vector<std::size_t> indices_;
  std::size_t size_ = 0;
  std::optional<PrivateLane> own_;
  Lane* lane_ = nullptr;  // that it was submitted to
  RequestPtr request_;
};

}  // namespace rediscluster
