// One call as its caller saw it.
#pragma once

#include "chaos/world.h"

namespace chaos {

struct Call {
  const char* what;
  int tag;                  // -1: no key, or several tags
  bool repeatable = false;  // reads, or marked idempotent
  bool blocking = false;    // the server holds it back
  bool watching = false;
  bool aborts = false;      // its callback gives up
  bool wrong_type = false;  // it is meant to be answered with WRONGTYPE
  milliseconds timeout{kTimeoutMs};
  TimePoint begin{};
  TimePoint end{};

  // In haste: a timeout needs no other reason.
  bool hasty() const { return timeout < milliseconds(300); }
};

struct Failure {
  Call call;
  int code;
  int outcome;
  std::string server_code;
  std::string message;
};

}  // namespace chaos
