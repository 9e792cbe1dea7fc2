// What a caller may want different for one call.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "calls/route.h"
#include "routing/read_from.h"
#include "sync/deadline.h"

namespace rediscluster {

struct CallOptions {
  std::optional<Duration> timeout;  // else the handle's
  bool idempotent = false;          // may be sent again when its outcome is not known
  std::shared_ptr<Cancel> cancel;   // null: nobody can
  ReadFrom read_from = ReadFrom::kUsual;
  Route route;
  bool rare = false;  // a cancel is there, or a route that is not the usual: one look tells that neither is

  void set_cancel(std::shared_ptr<Cancel> by) noexcept {
    cancel = std::move(by);
    look();
  }
  void set_route(Route to) noexcept {
    route = std::move(to);
    look();
  }

  ReadFrom reads_from(ReadFrom usual) const noexcept {
    return read_from == ReadFrom::kUsual ? usual : read_from;
  }
  Deadline deadline(Duration usual, TimePoint now) const noexcept {
    return Deadline::after(timeout.value_or(usual), now, cancel.get());
  }

 private:
  void look() noexcept { rare = cancel != nullptr || !route.usual(); }
};

}  // namespace rediscluster
