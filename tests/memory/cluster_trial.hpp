// Trials of calls on a handle.
#pragma once

#include <optional>

#include "memory/suite.hpp"
#include "memory/trial.hpp"

// Arguments that are there before memory runs out.
class Line {
 public:
  explicit Line(Words words) : words_(std::move(words)), argv_(words_) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  size_t count() const { return argv_.data.size(); }
  const char* const* data() const { return argv_.data.data(); }
  const size_t* lengths() const { return argv_.lengths.data(); }

 private:
  const Words words_;
  const Argv argv_;
};

// The call under way: on a handle of its own, with a key that no other has.
struct Call {
  Handle handle;
  std::string key;
  std::optional<Line> line;
  Commands commands;
  Reply reply;
  Error error;
  int code = RC_OK;      // of a call that returns one
  bool aborted = false;  // by a callback that was told of no memory
};

inline void send_line(Call& call) {
  rc_error* error = nullptr;
  call.reply.reset(
      rc_command(call.handle.get(), call.line->count(), call.line->data(), call.line->lengths(), &error));
  call.error.reset(error);
}

class ClusterTrial {
 public:
  ClusterTrial() = default;
  ClusterTrial(const ClusterTrial&) = delete;
  ClusterTrial& operator=(const ClusterTrial&) = delete;

  void may_fail_with(int code) { allowed_ = code; }  // beside the want of memory
  void freeze_during_calls(int node) { frozen_ = node; }

  using Step = std::function<void(Call&)>;
  using Check = std::function<void(Call&, const std::string& where, Complaints&)>;

  // `prepare` may use the cluster by `admin`; `call` sets reply, or error, or code; `check` looks at a call
  // that ended well, or that ended without memory.
  void run(const char* name, const Step& prepare, const Step& call, const Check& check,
           Complaints& complaints) {
    for (const bool warm : {false, true}) {
      Probe trial;
      trial.prepare = [&] {
        call_.emplace();
        call_->handle = open();
        call_->key = next_key();
        prepare(*call_);
      };
      trial.warm_up = [&] {
        if (warm) use(*call_->handle);
        if (frozen_ >= 0) test_node_stop(cluster, frozen_);
      };
      trial.call = [&] { call(*call_); };
      trial.finish = [&](const std::string& where, Complaints& all) {
        if (frozen_ >= 0) test_node_continue(cluster, frozen_);
        judge(where, all);
        check(*call_, where, all);
        if (const std::string failure = use(*call_->handle); !failure.empty())
          all.add(where + ": the handle is of no use after it: " + failure);
        call_.reset();
      };
      for_every_allocation((std::string(name) + (warm ? ", connected" : ", not connected")).c_str(), trial,
                           complaints);
    }
  }

  // `more` adds to what the handle of a trial usually has.
  static Handle open(const std::function<void(rc_options*)>& more = nullptr) {
    const Options options = options_to_come_in();
    rc_options_set_timeout_ms(options.get(), 10000, nullptr);
    if (more) more(options.get());
    return open_with(options);
  }

 private:
  void judge(const std::string& where, Complaints& complaints) const {
    const bool ended = call_->reply != nullptr || call_->error != nullptr || call_->code == RC_OK;
    if (!ended) complaints.add(where + ": neither a reply nor an error");
    if (call_->error == nullptr) return;
    if (call_->aborted && rc_error_code(call_->error.get()) == RC_ERR_ABORTED) return;
    if (rc_error_code(call_->error.get()) == allowed_) return;
    if (!is_no_memory(call_->error.get())) complaints.add(where + ": " + told(call_->error.get()));
  }

  // A write and a read at each node. Empty when all is well.
  static std::string use(rc_cluster& handle) {
    for (const char* key : {"a", "b", "c"}) {  // of three shards
      Error error;
      if (command(&handle, {"SET", key, "v"}, error) == nullptr) return told(error.get());
      const Reply reply = command(&handle, {"GET", key}, error);
      if (reply == nullptr || text_of(reply.get()) != "v") return "GET: " + told(error.get());
    }
    return "";
  }

  // Of a slot of node 1: opening the handle has left no connection there, and no connection.
  static std::string next_key() {
    static int tried = 0;
    for (;;) {
      const std::string key = "{m" + std::to_string(++tried) + "}";
      const int slot = slot_of(key);
      if (slot >= 6000 && slot < 10000) return key;
    }
  }

  int allowed_ = RC_ERR_NO_MEMORY;
  int frozen_ = -1;
  std::optional<Call> call_;
};

// Of a counter that the call had to add one to: whether it was done agrees with what was told.
inline void check_counter(Call& call, const std::string& key, const rc_error* error, const std::string& where,
                          Complaints& complaints) {
  Error failure;
  const Reply reply = command(call.handle.get(), {"GET", key}, failure);
  if (reply == nullptr) return complaints.add(where + ": GET of the counter: " + told(failure.get()));
  const int count = rc_reply_type(reply.get()) == RC_REPLY_NIL ? 0 : std::stoi(text_of(reply.get()));
  const int outcome = rc_error_outcome(error);
  bool agrees = count == 0;
  if (error == nullptr || outcome == RC_OUTCOME_EXECUTED) agrees = count == 1;
  if (error != nullptr && outcome == RC_OUTCOME_UNKNOWN) agrees = count == 0 || count == 1;
  if (!agrees) {
    complaints.add(where + ": executed " + std::to_string(count) + " times, but told " +
                   (error == nullptr ? "that it was done" : told(error)));
  }
}
