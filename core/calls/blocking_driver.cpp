#include "calls/blocking_driver.h"

namespace rediscluster {

void wait_for(const Context& context, RetryState& retry, const Step& step) {
  const Deadline until = retry.deadline().sooner(step.until);
  if (step.kind == Step::kWaitUntil) return context.stop.pause(until);
  const Status status = context.topology.wait(step.ticket, until);
  const TimePoint now = Clock::now();
  if (!status.ok() && now < until.at()) retry.on_no_map(now);
}

}  // namespace rediscluster
