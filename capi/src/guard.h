// The boundary: results become what C callers get, and no exception passes. The one place that catches.
#pragma once

#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/status.h"
#include "rediscluster/rediscluster.h"

namespace rediscluster {

inline ErrorPtr invalid_argument(std::string_view message) noexcept {
  return make_error(Code::kInvalidArgument, Outcome::kNotSent, message);
}

inline int report(ErrorPtr failure, rc_error** error) noexcept {
  const int code = static_cast<int>(failure->code);
  if (error != nullptr) *error = failure.release();
  return code;
}

// Runs `work`, which returns a Status, a Result or an ErrorPtr-convertible; `outcome` is what is known of the
// command when it throws.
template <class Work>
auto catching(Outcome outcome, Work&& work) noexcept -> decltype(work()) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return no_memory_error(outcome);
  } catch (...) {
    return make_error(Code::kInternal, outcome,
                      "an unexpected exception inside the library: this is a defect, please report it");
  }
}

// For functions that return a code. `work` returns a Status.
template <class Work>
int run(Outcome outcome, rc_error** error, Work&& work) noexcept {
  Status status = catching(outcome, std::forward<Work>(work));
  return status.ok() ? RC_OK : report(status.take(), error);
}

// For functions that return an object. `work` returns a Result of a unique_ptr.
template <class Work>
auto make(Outcome outcome, rc_error** error, Work&& work) noexcept {
  auto result = catching(outcome, std::forward<Work>(work));
  if (result.ok()) return result.take().release();
  report(result.take_error(), error);
  return static_cast<decltype(result.take().release())>(nullptr);
}

// For functions that return an object and tell of no error.
template <class Work>
auto make_quietly(Work&& work) noexcept -> decltype(work()) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    return nullptr;
  }
}

}  // namespace rediscluster
