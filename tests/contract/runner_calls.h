// The operations of a scenario as calls of the C API.
#pragma once

#include <functional>
#include <memory>

#include "runner_values.h"

namespace contract {

// The handle that a scenario's operations use. Thread-safe but for open and find.
class Handle {
 public:
  ~Handle() { close(); }

  Outcome open(const Words& options, const std::string& default_nodes);
  // command, pipeline, transaction, explain, find, refresh, close, info, scan, slot
  Outcome call(const std::string& verb, const Words& words);

  using Callback = std::function<int(rc_watch*, rc_commands*)>;
  Outcome watch(const Words& words, const Callback& callback);

  void close();

 private:
  Outcome find(const std::string& name);
  Outcome info(const Words& words) const;
  Outcome scan(const std::string& pattern) const;

  std::shared_ptr<rc_cluster> cluster_;
  std::string credentials_;  // what the function gives
};

Outcome read_watched(rc_watch* watch, const Words& words);
Outcome queue(rc_commands* to_execute, const Words& words);

}  // namespace contract
