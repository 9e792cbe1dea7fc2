// One client's connection to a scripted node: commands in, actions out. Belongs to the node's thread.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "scripted_script.h"

namespace test_support {

class ScriptedConnection {
 public:
  explicit ScriptedConnection(int fd) : fd_(fd) {}
  ~ScriptedConnection();
  ScriptedConnection(const ScriptedConnection&) = delete;
  ScriptedConnection& operator=(const ScriptedConnection&) = delete;

  int fd() const { return fd_; }

  // What poll() should look for; -1 as the fd when nothing (a muted or a closed one).
  short events() const;
  int poll_fd() const;

  // Takes what has arrived.
  void read();

  // The oldest command that nobody has taken yet. Throws ScriptError for what is no command.
  bool has_command();
  const Command& command() const { return *next_; }
  void take_command() {
    last_word_ = next_->back();
    next_.reset();
  }

  // Actions are done in order, as far as time and the socket let.
  void add(const Action& action) { actions_.push_back(action); }
  void run(long long now);
  bool busy() const { return !actions_.empty(); }
  long long wake_at() const { return wake_at_; }  // 0: nothing to wait for

  void mute() { muted_ = true; }
  bool muted() const { return muted_; }

  // Nothing will come from here any more.
  bool finished() const { return fd_ < 0 || (ended_ && !next_ && !busy()); }

 private:
  bool send(Action* action, long long now);
  void close(bool reset);

  int fd_;
  std::string input_;
  size_t parsed_ = 0;
  std::optional<Command> next_;
  std::string last_word_;  // of the command that was taken last
  std::deque<Action> actions_;
  size_t sent_ = 0;  // of the first action
  long long wake_at_ = 0;
  bool blocked_ = false;  // the socket takes no more
  bool muted_ = false;
  bool ended_ = false;
};

}  // namespace test_support
