// Drives a RetryState in a time that the test plays: there is no socket, and nobody sleeps.
#pragma once

#include "calls/retry_state.h"
#include "unit/handle_fixture.hpp"

namespace rediscluster {

struct PlayedDriver {
  // What next() says, once all that is to be waited for has been; nobody can be asked for a map.
  Step step(RetryState& retry) {
    for (int i = 0; i < 1000; ++i) {
      const Step step = retry.next(now);
      switch (step.kind) {
        case Step::kSend:
        case Step::kDone:
          return step;
        case Step::kWaitUntil:
          if (step.until <= now) std::abort();  // a driver would go round and round
          now = step.until;
          break;
        case Step::kWaitForMap:
          if (step.until <= now) std::abort();
          now = std::min(step.until, now + milliseconds(100));
          retry.on_no_map(now);
          break;
      }
    }
    std::abort();
  }
  Target target(RetryState& retry) {
    const Step next = step(retry);
    if (next.kind != Step::kSend) std::abort();
    return next.target;
  }

  TimePoint now = Clock::now();
};

}  // namespace rediscluster
