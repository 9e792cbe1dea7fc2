// What a caller may want different for one call.
#pragma once

#include <memory>
#include <optional>

#include "routing/read_from.h"
#include "sync/deadline.h"

namespace rediscluster {

struct CallOptions {
  std::optional<Duration> timeout;  // else the handle's
  bool idempotent = false;          // may be sent again when its outcome is not known
  std::shared_ptr<Cancel> cancel;   // null: nobody can
  ReadFrom read_from = ReadFrom::kUsual;

  ReadFrom reads_from(ReadFrom usual) const noexcept {
    return read_from == ReadFrom::kUsual ? usual : read_from;
  }
  Deadline deadline(Duration usual, TimePoint now) const noexcept {
    return Deadline::after(timeout.value_or(usual), now, cancel.get());
  }
};

}  // namespace rediscluster
