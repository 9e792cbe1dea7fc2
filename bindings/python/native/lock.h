// The global lock, given back for calls that block and taken for functions that the library calls.
//
// When Python ends, it ends each thread that wants the lock (before 3.14) by pthread_exit. That runs
// destructors on its way out of the library's frames, and aborts the process where one must not be left like
// this. So such a thread stays where it is; the process ends without it.
#pragma once

#include <Python.h>
#include <cxxabi.h>
#include <unistd.h>

#include <utility>

[[noreturn]] inline void stay() {
  for (;;) pause();
}

template <typename Action>
auto end_or_stay(const Action& action) {
  try {
    return action();
  } catch (abi::__forced_unwind&) {
    stay();
  }
}

// First in destructors that need the lock: they may be run by pthread_exit.
inline void stay_without_lock() {
  if (PyGILState_Check() == 0) stay();
}

// Without the lock, while this object lives or until end().
class Unlocked {
 public:
  Unlocked() { state_ = PyEval_SaveThread(); }
  ~Unlocked() { end(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

  void end() {
    if (state_ == nullptr) return;
    end_or_stay([] { PyEval_RestoreThread(std::exchange(state_, nullptr)); });
  }

  // Runs the action with the lock. The thread may be one that Python does not know.
  template <typename Action>
  static auto with_lock(const Action& action) {
    return end_or_stay([&] {
      const Locked locked;
      return action();
    });
  }

 private:
  // For a thread that has left its state here: PyGILState_Ensure would crash once Python has ended.
  class Locked {
   public:
    Locked() {
      if (left_ != nullptr) {
        PyEval_RestoreThread(left_);
      } else {
        if (Py_IsInitialized() == 0) stay();
        ensured_ = PyGILState_Ensure();
      }
    }
    ~Locked() {
      stay_without_lock();
      if (left_ != nullptr) {
        state_ = PyEval_SaveThread();
      } else {
        PyGILState_Release(ensured_);
      }
    }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

   private:
    PyThreadState* const left_ = std::exchange(state_, nullptr);
    PyGILState_STATE ensured_{};
  };

  // Of a thread that is without the lock.
  inline static thread_local PyThreadState* state_ = nullptr;
};
