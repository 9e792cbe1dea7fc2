// The end of a child process interrupts no call.
//
// Ruby runs the unblocking function of a program's only thread in the signal handler itself, for every
// signal. All but SIGCHLD make it raise, unless they are trapped.
#pragma once

#include <pthread.h>
#include <signal.h>

class ChildSignalBlocked {
 public:
  ChildSignalBlocked() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, &before_);
  }
  ~ChildSignalBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  ChildSignalBlocked(const ChildSignalBlocked&) = delete;
  ChildSignalBlocked& operator=(const ChildSignalBlocked&) = delete;

  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_;
};

// For Ruby code within: Process.wait needs the signal.
class SignalsAsBefore {
 public:
  explicit SignalsAsBefore(const sigset_t& before) { pthread_sigmask(SIG_SETMASK, &before, &inside_); }
  ~SignalsAsBefore() { pthread_sigmask(SIG_SETMASK, &inside_, nullptr); }
  SignalsAsBefore(const SignalsAsBefore&) = delete;
  SignalsAsBefore& operator=(const SignalsAsBefore&) = delete;

 private:
  sigset_t inside_;
};
