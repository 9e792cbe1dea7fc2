// What a caller may want different for one call.
#pragma once

#include <optional>

#include "base/clock.h"

namespace rediscluster {

struct CallOptions {
  std::optional<Duration> timeout;  // else the handle's
  bool idempotent = false;          // may be sent again when its outcome is not known
};

}  // namespace rediscluster
