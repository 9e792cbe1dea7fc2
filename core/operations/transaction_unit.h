// MULTI, commands, EXEC: sent as one piece, understood as one answer.
#pragma once

#include "execution/attempt.h"
#include "execution/course.h"
#include "operations/command_list.h"

namespace rediscluster {

class TransactionUnit {
 public:
  explicit TransactionUnit(const CommandList& commands) noexcept : commands_(commands) {}

  // Returns with the request finished: a batch of every reply.
  RequestPtr exchange(Lane& lane, Attempt attempt, TimePoint now, Deadline deadline) const;

  // Whether the node lets us run MULTI: one that refuses it would run the commands behind it one by one.
  // Asked once of a node, and only where we log in as somebody. Null: it does; else a request that has
  // failed, or has two replies of which the first is the refusal.
  static RequestPtr refuses_multi(const Context& context, Node& node, Lane& lane, Deadline deadline);

  // What the replies of a request that has not failed come to.
  struct Result {
    enum Kind { kExecuted, kConflict, kRefused, kFailed } kind = kExecuted;
    std::string line;  // kRefused: a redirect, or one that asks to wait; kFailed: any other error
    std::string name;  // the command it was the answer to
    Outcome outcome = Outcome::kRefused;
  };
  Result read(const Request& request) const;
  static Result read_refusal(const Request& refused);
  // For the hook: null for a transaction that was executed.
  static ErrorPtr error_of(const Result& result);
  // The caller's error for a result that is kFailed.
  static ErrorPtr failure(std::string_view subject, int slot, const Node& node, const Result& result);

  bool read_only() const noexcept;

 private:
  const CommandList& commands_;
};

}  // namespace rediscluster
