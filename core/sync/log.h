// What the user is told of what happens inside. Lines are kept until somebody who holds no lock and no
// connection's role delivers them, for the user's function may call the cluster.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/mutex.h"

namespace rediscluster {

enum class LogLevel : int { kError = 1, kWarning = 2, kInfo = 3, kDebug = 4 };
using LogFunction = std::function<void(LogLevel, const std::string&)>;

class Log {
 public:
  Log(LogLevel most, LogFunction function) : most_(most), function_(std::move(function)) {}

  bool wants(LogLevel level) const noexcept { return level <= most_; }
  void add(LogLevel level, std::string_view line) noexcept;  // dropped when there is no memory for it
  void deliver() {
    if (waiting_.load(std::memory_order_relaxed)) deliver_all();
  }

 private:
  static constexpr std::size_t kMax = 1000;  // lines that wait: what comes after is dropped

  struct Line {
    LogLevel level;
    std::string text;
  };
  void deliver_all();
  void tell_of_dropped(std::size_t dropped);

  const LogLevel most_;
  const LogFunction function_;
  std::atomic<bool> waiting_{false};
  Mutex mutex_;
  std::vector<Line> lines_ GUARDED_BY(mutex_);
  bool delivering_ GUARDED_BY(mutex_) = false;  // somebody is, and will take what comes meanwhile
  std::size_t dropped_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rediscluster
