// MULTI, commands, EXEC: sent as one piece, understood as one answer.
#pragma once

#include "batch/command_list.h"
#include "calls/exchange.h"
#include "calls/retry_state.h"

namespace rediscluster {

class TransactionUnit {
 public:
  explicit TransactionUnit(const CommandList& commands) noexcept : commands_(commands) {}

  // Returns with the request finished, a batch of every reply, or still under way after a while.
  RequestPtr begin(Connection& connection, SendFlags attempt, TimePoint now, Deadline deadline) const;
  // Returns with the request finished.
  RequestPtr exchange(Connection& connection, SendFlags attempt, TimePoint now, Deadline deadline) const;

  // The failure of a request, once. The server may have told why it would read no further, EXEC neither.
  static ErrorPtr take_failure(Request& request, const Node& node);

  // What the replies of a request that has not failed come to.
  struct Result {
    enum Kind { kExecuted, kConflict, kRefused, kFailed, kSenseless } kind = kExecuted;
    // kRefused: a redirect, or one that asks to wait; kFailed: any other error; kSenseless: what is wrong
    std::string line = {};
    std::string name = {};  // the command it was the answer to
    Outcome outcome = Outcome::kRefused;
    // The connection is known to be in no transaction and to watch nothing; else nobody may use it any more.
    bool clean = true;
    Code code = Code::kServer;  // of the caller's error for a result that is kFailed
  };
  enum class Watched { kNo, kYes };  // only then nil is an answer of EXEC
  Result read(const Request& request, Watched watched = Watched::kNo) const;
  // The source of a moving slot refused some of its commands by ASK, but not every one that may have keys.
  bool split(const Context& context, const Request& request, Deadline deadline) const;
  // Takes a lesson for the node, and gives the connection up if it is not known to be clean.
  static void settle(const Result& result, Node& node, Connection& connection);
  // For the hook: null for a transaction that was executed.
  static ErrorPtr error_of(const Result& result);
  // The caller's error for a result that is kFailed or kSenseless.
  static ErrorPtr failure(std::string_view subject, int slot, const Node& node, const Result& result);

  bool read_only() const noexcept;
  // Of the i-th command.
  static bool may_have_keys(const Context& context, const CommandList& commands, std::size_t i,
                            Deadline deadline);

 private:
  const CommandList& commands_;
};

}  // namespace rediscluster
