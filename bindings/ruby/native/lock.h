// Calls without the global lock, which Thread#raise, Timeout, signals and the end of the program interrupt.
#pragma once

#include <ruby.h>
#include <ruby/thread.h>

#include "callback.h"
#include "child_signal.h"
#include "functions_of_ruby.h"
#include "interrupt.h"

template <typename Action>
struct Unlocked {
  const Action& action;
  bool ran = false;

  static void* run(void* self) {
    auto* unlocked = static_cast<Unlocked*>(self);
    unlocked->ran = true;
    const ChildSignalBlocked blocked;
    unlocked->action();
    return nullptr;
  }
};

inline void fire_cancel(void* cancel) { rc_cancel_fire(static_cast<rc_cancel*>(cancel)); }

inline int is_meant(void*, int) { return LanguageFunctions::interrupted() ? 1 : 0; }

// False where Ruby wants to raise something first: the action has not run. Nothing raises here.
template <typename Action>
bool try_without_lock(rc_cancel* cancel, const Action& action) {
  Unlocked<Action> unlocked{action};
  // Safe in a signal handler: else Ruby starts a thread of its own for each call of a program with one
  // thread. With several, Ruby until 3.2 may tell nobody of a signal: the check of the call's cancel finds
  // it.
  rb_nogvl(Unlocked<Action>::run, &unlocked, cancel == nullptr ? nullptr : fire_cancel, cancel,
           RB_NOGVL_INTR_FAIL | RB_NOGVL_UBF_ASYNC_SAFE);
  return unlocked.ran;
}

template <typename Action>
void without_lock(rc_cancel* cancel, const Action& action) {
  while (!try_without_lock(cancel, action)) rb_thread_check_ints();
}

// With the call's own options, which are set for the action.
template <typename Action>
void without_lock(NativeCallOptions* given, rc_call_options*& options, const Action& action,
                  RubyCallback* callback = nullptr) {
  for (;;) {
    {
      Interrupt interrupt;
      options = const_cast<rc_call_options*>(interrupt.begin(given));
      if (interrupt.owns_cancel()) rc_cancel_set_check(interrupt.cancel(), is_meant, nullptr);
      if (callback != nullptr) callback->set_cancel(interrupt.cancel());
      if (try_without_lock(interrupt.cancel(), action)) return;
    }
    rb_thread_check_ints();
  }
}
