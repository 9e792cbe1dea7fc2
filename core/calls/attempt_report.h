// Tells the user's hook of an attempt that has ended. Costs a look at a pointer where there is none.
#pragma once

#include "calls/context.h"
#include "resp/reply.h"

namespace rediscluster {

struct FinishedAttempt {
  const Node& node;
  std::string_view command;  // the caller's word for it
  TimePoint began;
  int number;
};

void tell_hook(const Context& context, const FinishedAttempt& attempt, const Error* failure);

inline void report(const Context& context, const FinishedAttempt& attempt, const Error* failure) {
  if (context.hook != nullptr) [[unlikely]]
    tell_hook(context, attempt, failure);
}

inline const Error* error_of(const Reply& reply) noexcept { return reply.is_error() ? reply.error : nullptr; }

}  // namespace rediscluster
