// What every call of the blocking driver has: its result, and how its attempts are told to the hook.
#pragma once

#include "calls/attempt_report.h"
#include "calls/exchange.h"
#include "calls/retry_state.h"

namespace rediscluster {

class Call {
 public:
  ReplyPtr reply;  // once it is done
  ErrorPtr error;  // once it has failed; null: its RetryState says why

 protected:
  // `name`: of its attempts, for the hook.
  Call(const Context& context, RetryState& retry, std::string_view name) noexcept
      : context_(context), retry_(retry), name_(name) {}

  void tell(const Target& target, const Error* failure) const {
    report(context_, {*target.node, name_, retry_.asked_at(), retry_.attempts()}, failure);
  }
  Decision fail_attempt(const Target& target, ErrorPtr failure) {
    tell(target, failure.get());
    return retry_.on_failure(target, std::move(failure), Clock::now());
  }
  Decision succeed(Request& request) noexcept {
    reply = take_reply(request);
    return Decision::kDone;
  }
  Decision fail(ErrorPtr why) noexcept {
    error = std::move(why);
    return Decision::kFailed;
  }

  const Context& context_;
  RetryState& retry_;

 private:
  const std::string_view name_;
};

}  // namespace rediscluster
