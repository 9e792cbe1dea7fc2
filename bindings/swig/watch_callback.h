// A watch callback of another language.
#pragma once

#include <rediscluster/rediscluster.h>

class WatchCallback {
 public:
  virtual ~WatchCallback() = default;

  // An rc_watch_fn.
  static int run(rc_watch* watch, rc_commands* to_execute, void* callback) {
    auto& self = *static_cast<WatchCallback*>(callback);
    // A session that was lost runs again whatever its callback said. What the callback's own code raised ends
    // it.
    if (self.ended_ == Ended::kRaised) return RC_ERR_CALLBACK;
    self.ended_ = self.call(watch, to_execute);
    return self.ended_ == Ended::kExecute ? RC_WATCH_EXECUTE : RC_ERR_CALLBACK;
  }

  // Whether the caller gets what the callback has raised, and not this error.
  bool has_the_last_word(const rc_error* error) {
    raised_ =
        ended_ == Ended::kRaised || (ended_ == Ended::kCallFailed && rc_error_code(error) == RC_ERR_ABORTED);
    return raised_;
  }
  bool raised() const { return raised_; }

 protected:
  // How it ended: by an exception that is an error of this library (kCallFailed), or by any other (kRaised).
  enum class Ended { kExecute, kAbort, kCallFailed, kRaised };

  // Calls the language's function, and keeps its exception. No exception and no jump may leave it.
  virtual Ended call(rc_watch* watch, rc_commands* to_execute) = 0;

 private:
  Ended ended_ = Ended::kAbort;
  bool raised_ = false;
};
