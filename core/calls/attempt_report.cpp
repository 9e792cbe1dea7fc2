#include "calls/attempt_report.h"

#include "calls/error_context.h"

namespace rediscluster {
void tell_hook(const Context& context, const FinishedAttempt& attempt, const Error* failure) {
  const std::string command = command_name(attempt.command);
  (*context.hook)({attempt.node.address(), command, Clock::now() - attempt.began, attempt.number,
                   failure == nullptr ? Code::kOk : failure->code,
                   failure == nullptr ? Outcome::kExecuted : failure->outcome,
                   failure == nullptr ? nullptr : failure->server_code});
}

}  // namespace rediscluster
