// What an error line in a pipeline means: a word of the server's to go on by, or an error for the caller.
// Where a command can answer with any text the server is asked once more.
#pragma once

#include <string>

#include "batch/exchange.h"
#include "batch/plan.h"
#include "batch/slot_queue.h"

namespace rediscluster {

class BatchAnswers {
 public:
  BatchAnswers(const Context& context, const BatchPlan& plan) : context_(context), plan_(plan) {}

  // Whether the command goes on; told() is then what the server says.
  bool asks_to_go_on(const BatchExchange& exchange, const Error& error, std::size_t index);
  // Before a wary one goes again: its server would refuse it, as told() says.
  bool is_still_refused(const PendingRetry& pending, std::size_t index);
  const std::string& told() const noexcept { return told_; }
  // It can answer with any text, and was refused: the server is to be asked before it goes again.
  bool makes_wary(std::size_t index) const {
    return plan_.routed(index).any_text != nullptr && classify(told_) != Answer::kMoved;
  }

 private:
  // Others' replies are there, or can be had meanwhile.
  Deadline look_deadline() const {
    constexpr Duration kPatience = milliseconds(1000);
    return plan_.deadline().sooner(Clock::now() + kPatience);
  }

  const Context& context_;
  const BatchPlan& plan_;
  std::string told_;
};

}  // namespace rediscluster
