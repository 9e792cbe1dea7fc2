// The last calls, to be read beside the servers' logs when something was violated.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "chaos/call.h"

namespace chaos {

// The time of day with milliseconds, as the servers' logs have it.
std::string time_of_day(TimePoint at);

// Thread-safe. Allocates when it is made and never again, since the run compares what is allocated.
class Journal {
 public:
  explicit Journal(std::size_t capacity) : entries_(capacity) {}

  // A call that has returned, or an element of its reply; NULL: without an error.
  void note(const Call& call, const rc_error* error);

  // Those that ended after that, oldest first, one a line. False when the file cannot be written.
  bool write(const std::string& path, TimePoint since) const;

 private:
  struct Entry {
    Call call;
    int code;
    int outcome;
    char message[200];
  };

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;  // a ring
  std::size_t count_ = 0;
};

}  // namespace chaos
