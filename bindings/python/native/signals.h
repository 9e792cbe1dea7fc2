// Signals are looked at in the middle of a blocked call of the main thread, where Python runs their handlers:
// what a handler raises, such as KeyboardInterrupt, ends the call, and all else leaves it alone.
#pragma once

#include <Python.h>

#include "functions_of_python.h"
#include "interrupt.h"

class InterruptedBySignal {
 public:
  static void set_main_thread(unsigned long ident) { main_thread_ = ident; }

  // The options for the call, for as long as this object lives.
  const rc_call_options* begin(NativeCallOptions* given) {
    if (PyThread_get_thread_ident() != main_thread_) return given == nullptr ? nullptr : given->get();
    const rc_call_options* options = interrupt_.begin(given);
    if (interrupt_.owns_cancel())
      rc_cancel_set_check(interrupt_.cancel(), LanguageFunctions::is_to_end, nullptr);
    return options;
  }

 private:
  inline static unsigned long main_thread_ = 0;

  Interrupt interrupt_;
};
