// What the setters of rc_options and rc_call_options have in common.
#pragma once

#include "base/text.h"
#include "guard.h"
#include "handles.h"

namespace rediscluster {

template <class Options>
Status no_options(const Options* options) {
  if (options != nullptr) return {};
  return invalid_argument("options is NULL");
}

// Runs `work`, which returns a Status, on options that are there.
template <class Options, class Work>
int change(Options* options, rc_error** error, Work&& work) noexcept {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (auto status = no_options(options); !status.ok()) return status;
    return work(options->options);
  });
}

// A setter of a text: `set` is the core's own, which checks further.
template <class Set>
int set_text(rc_options* options, const char* name, const char* value, rc_error** error, Set set) noexcept {
  return change(options, error, [&](Options& to) -> Status {
    if (value == nullptr) return invalid_argument(text(name, " is NULL"));
    return (to.*set)(value);
  });
}

inline int set_number(rc_options* options, int value, rc_error** error,
                      Status (Options::*set)(int)) noexcept {
  return change(options, error, [&](Options& to) { return (to.*set)(value); });
}

}  // namespace rediscluster
