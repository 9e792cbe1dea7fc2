// Ctrl-C ends a blocked call of the main thread.
//
// Python's own signal handler only takes note; its KeyboardInterrupt is raised when the main thread runs
// Python code again. So while the main thread is in a call, a handler in front of Python's also fires the
// call's cancel. That is done where KeyboardInterrupt is certain: for SIGINT, with Python's default handler.
#pragma once

#include <Python.h>
#include <signal.h>

#include <atomic>

#include "interrupt.h"

class InterruptedBySignal {
 public:
  InterruptedBySignal() = default;
  ~InterruptedBySignal() { leave(); }
  InterruptedBySignal(const InterruptedBySignal&) = delete;
  InterruptedBySignal& operator=(const InterruptedBySignal&) = delete;

  // get_signal: _signal.getsignal; default_handler: signal.default_int_handler. Called by the main thread.
  static void set_up(PyObject* get_signal, PyObject* default_handler) {
    Py_INCREF(get_signal);
    Py_INCREF(default_handler);
    get_signal_ = get_signal;
    default_handler_ = default_handler;
    number_ = PyLong_FromLong(SIGINT);
  }
  static void set_main_thread(unsigned long ident) { main_thread_ = ident; }

  // The options for the call.
  const rc_call_options* begin(NativeCallOptions* given) {
    if (PyThread_get_thread_ident() != main_thread_ || !handled_by_python())
      return given == nullptr ? nullptr : given->get();
    const rc_call_options* options = interrupt_.begin(given);
    outer_ = current_.exchange(interrupt_.cancel());
    inside_ = true;
    return options;
  }

  // After the call. False: KeyboardInterrupt is raised.
  bool end() {
    if (!inside_) return true;
    const bool fired = interrupt_.cancel() != nullptr && rc_cancel_fired(interrupt_.cancel()) != 0;
    leave();
    return !fired || PyErr_CheckSignals() == 0;
  }

 private:
  static void on_signal(int number, siginfo_t* info, void* context) {
    if (rc_cancel* cancel = current_.load()) rc_cancel_fire(cancel);
    if ((pythons_.sa_flags & SA_SIGINFO) != 0) {
      pythons_.sa_sigaction(number, info, context);
    } else {
      pythons_.sa_handler(number);
    }
  }

  static bool handled_by_python() {
    PyObject* handler = PyObject_CallOneArg(get_signal_, number_);
    const bool is_default = handler == default_handler_;
    Py_XDECREF(handler);
    PyErr_Clear();
    struct sigaction now;
    if (!is_default || sigaction(SIGINT, nullptr, &now) != 0) return false;
    if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_signal) return true;
    if ((now.sa_flags & SA_SIGINFO) == 0 && (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN))
      return false;
    pythons_ = now;
    struct sigaction ours = now;
    ours.sa_flags |= SA_SIGINFO;
    ours.sa_sigaction = on_signal;
    return sigaction(SIGINT, &ours, nullptr) == 0;
  }

  void leave() {
    if (!inside_) return;
    inside_ = false;
    current_.store(outer_);
    interrupt_.end();
  }

  inline static PyObject* get_signal_ = nullptr;
  inline static PyObject* default_handler_ = nullptr;
  inline static PyObject* number_ = nullptr;
  inline static unsigned long main_thread_ = 0;
  inline static struct sigaction pythons_ = {};
  inline static std::atomic<rc_cancel*> current_{nullptr};  // of the call that the main thread is in

  Interrupt interrupt_;
  rc_cancel* outer_ = nullptr;  // of the call whose callback makes this one
  bool inside_ = false;
};
