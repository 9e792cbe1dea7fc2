#include "chaos/journal.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace chaos {

std::string time_of_day(TimePoint at) {
  const auto since = std::chrono::system_clock::now() + (at - Clock::now());
  const auto ms = std::chrono::duration_cast<milliseconds>(since.time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", local.tm_hour, local.tm_min, local.tm_sec,
                static_cast<int>(ms % 1000));
  return text;
}

void Journal::note(const Call& call, const rc_error* error) {
  if (entries_.empty()) return;
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[count_++ % entries_.size()];
  entry.call = call;
  entry.code = rc_error_code(error);
  entry.outcome = rc_error_outcome(error);
  std::snprintf(entry.message, sizeof entry.message, "%s", rc_error_message(error));
}

bool Journal::write(const std::string& path, TimePoint since) const {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = count_ - std::min(count_, entries_.size()); i < count_; ++i) {
    const Entry& entry = entries_[i % entries_.size()];
    const Call& call = entry.call;
    if (call.end < since) continue;
    const std::chrono::duration<double, std::milli> took = call.end - call.begin;
    std::fprintf(file, "%s +%.1f of %ld ms  %s", time_of_day(call.begin).c_str(), took.count(),
                 static_cast<long>(call.timeout.count()), call.what);
    if (call.tag >= 0) std::fprintf(file, ", tag %d", call.tag);
    if (entry.code == RC_OK) {
      std::fprintf(file, ": ok\n");
    } else {
      std::fprintf(file, ": %s %s: %s\n", rc_error_name(entry.code), rc_outcome_name(entry.outcome),
                   entry.message);
    }
  }
  return std::fclose(file) == 0;
}

}  // namespace chaos
