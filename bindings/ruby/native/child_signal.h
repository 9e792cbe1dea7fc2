// The end of a child process interrupts no call.
//
// Ruby runs the unblocking function of a program's only thread in the signal handler itself, for every
// signal. All but SIGCHLD make it raise, unless they are trapped.
#pragma once

#include <pthread.h>
#include <signal.h>

class ChildSignalBlocked {
 public:
  ChildSignalBlocked() : outer_(innermost_) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &child, &before_);
    innermost_ = this;
  }
  ~ChildSignalBlocked() {
    innermost_ = outer_;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  ChildSignalBlocked(const ChildSignalBlocked&) = delete;
  ChildSignalBlocked& operator=(const ChildSignalBlocked&) = delete;

 private:
  friend class SignalsAsBefore;
  inline static thread_local const ChildSignalBlocked* innermost_ = nullptr;

  const ChildSignalBlocked* const outer_;
  sigset_t before_;
};

// For Ruby code within: Process.wait needs the signal.
class SignalsAsBefore {
 public:
  SignalsAsBefore() {
    const auto* blocked = ChildSignalBlocked::innermost_;
    pthread_sigmask(SIG_SETMASK, blocked == nullptr ? nullptr : &blocked->before_, &inside_);
  }
  ~SignalsAsBefore() { pthread_sigmask(SIG_SETMASK, &inside_, nullptr); }
  SignalsAsBefore(const SignalsAsBefore&) = delete;
  SignalsAsBefore& operator=(const SignalsAsBefore&) = delete;

 private:
  sigset_t inside_;
};
