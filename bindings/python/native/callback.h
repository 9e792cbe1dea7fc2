// A Python callable as a watch callback.
#pragma once

#include <Python.h>

#include "arguments.h"
#include "client.h"
#include "lock.h"

// function(native_watch) returns a list of commands, None for none, or the abort object.
class PythonCallback : public WatchCallback {
 public:
  PythonCallback() = default;
  ~PythonCallback() override {
    if (type_ == nullptr) return;
    stay_without_lock();
    forget();
  }

  static void set_abort(PyObject* abort) {
    Py_INCREF(abort);
    abort_ = abort;
  }

  void set(PyObject* function, swig_type_info* watch_type, bool text) {
    function_ = function;
    watch_type_ = watch_type;
    text_ = text;
  }

  // Raises what was kept.
  void restore() {
    PyErr_Restore(type_, value_, traceback_);
    type_ = value_ = traceback_ = nullptr;
  }

 protected:
  Ended call(rc_watch* watch, rc_commands* to_execute) override {
    return Unlocked::with_lock([&] {
      forget();
      return run(watch, to_execute);
    });
  }

 private:
  Ended run(rc_watch* watch, rc_commands* to_execute) {
    auto* native = new NativeWatch(watch, text_);
    PyObject* object = SWIG_Python_NewPointerObj(nullptr, native, watch_type_, SWIG_POINTER_OWN);
    PyObject* returned = object == nullptr ? nullptr : PyObject_CallOneArg(function_, object);
    native->end();
    Py_XDECREF(object);
    if (returned == nullptr) return keep();
    Ended ended = Ended::kExecute;
    if (returned == abort_) {
      ended = Ended::kAbort;
    } else if (returned != Py_None && !PythonCommands::append(to_execute, returned)) {
      ended = keep();
    }
    Py_DECREF(returned);
    return ended;
  }

  Ended keep() {
    const bool ours = PyErr_ExceptionMatches(error_class) != 0;
    PyErr_Fetch(&type_, &value_, &traceback_);
    return ours ? Ended::kCallFailed : Ended::kRaised;
  }

  void forget() {
    Py_CLEAR(type_);
    Py_CLEAR(value_);
    Py_CLEAR(traceback_);
  }

  inline static PyObject* abort_ = nullptr;
  PyObject* function_ = nullptr;
  swig_type_info* watch_type_ = nullptr;
  bool text_ = false;
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};
