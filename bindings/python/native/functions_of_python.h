// Python callables that the library calls.
#pragma once

#include <Python.h>

#include "functions.h"
#include "lock.h"

typedef PyObject* Function;

class LanguageFunctions : public Functions {
 public:
  LanguageFunctions() = default;
  ~LanguageFunctions() override { closed(); }
  LanguageFunctions(const LanguageFunctions&) = delete;
  LanguageFunctions& operator=(const LanguageFunctions&) = delete;

  void keep(Kind kind, Function function) {
    Py_INCREF(function);
    Py_XSETREF(functions_[kind], function);
  }

  // A callable that knows the cluster would keep it alive.
  void closed() override {
    Unlocked::with_lock([&] {
      for (PyObject*& function : functions_) Py_CLEAR(function);
    });
  }

  // What must not end in a callback, such as KeyboardInterrupt, goes on after the call. False: nothing.
  static bool raise_kept() {
    if (type_ == nullptr) return false;
    PyErr_Restore(type_, value_, traceback_);
    type_ = value_ = traceback_ = nullptr;
    return true;
  }

  // The check of a call's cancel: lets Python run the handlers of signals that have come. What they raise is
  // kept.
  static int is_to_end(void*, int fired) {
    if (fired != 0 || type_ != nullptr) return 1;
    return Unlocked::with_lock([] {
      if (PyErr_CheckSignals() == 0) return 0;
      PyErr_Fetch(&type_, &value_, &traceback_);
      return 1;
    });
  }

  bool give_credentials(const char* host, int port, rc_credentials* to, std::string& why) override {
    return Unlocked::with_lock([&] {
      PyObject* given = call(kCredentials, Py_BuildValue("(si)", host, port));
      const bool done = given != nullptr && set(to, given);
      Py_XDECREF(given);
      if (!done) why = reason();
      return done;
    });
  }

  void log(int level, const char* line) override {
    Unlocked::with_lock([&] {
      PyObject* text = PyUnicode_DecodeUTF8(line, static_cast<Py_ssize_t>(strlen(line)), "replace");
      told(kLog, call(kLog, Py_BuildValue("(iN)", level, text)));
    });
  }

  void attempt(const rc_attempt* attempt) override {
    Unlocked::with_lock([&] {
      const char* name = rc_attempt_command(attempt);
      PyObject* command = PyUnicode_DecodeUTF8(name, static_cast<Py_ssize_t>(strlen(name)), "replace");
      told(kAttempt,
           call(kAttempt, Py_BuildValue("(siNLiizi)", rc_attempt_host(attempt), rc_attempt_port(attempt),
                                        command, static_cast<long long>(rc_attempt_duration_us(attempt)),
                                        rc_attempt_number(attempt), rc_attempt_code(attempt),
                                        rc_attempt_server_code(attempt), rc_attempt_outcome(attempt))));
    });
  }

 private:
  // NULL with an exception set. Takes the arguments.
  PyObject* call(Kind kind, PyObject* arguments) {
    PyObject* function = functions_[kind];
    PyObject* result = nullptr;
    if (function == nullptr) {
      PyErr_SetString(PyExc_RuntimeError, "the cluster was closed");
    } else if (arguments != nullptr) {
      Py_INCREF(function);
      result = PyObject_Call(function, arguments, nullptr);
      Py_DECREF(function);
    }
    Py_XDECREF(arguments);
    return result;
  }

  // False with an exception set.
  static bool set(rc_credentials* to, PyObject* given) {
    const char* username = nullptr;
    const char* password = nullptr;
    if (PyUnicode_Check(given)) {
      Py_ssize_t length = 0;
      password = PyUnicode_AsUTF8AndSize(given, &length);
      if (password == nullptr) return false;
      if (strlen(password) != static_cast<std::size_t>(length)) {
        PyErr_SetString(PyExc_ValueError, "the password has a NUL character");
        return false;
      }
    } else if (!PyTuple_Check(given)) {
      PyErr_SetString(PyExc_TypeError, "give a password, or a user and a password");
      return false;
    } else if (!PyArg_ParseTuple(given, "zs:credentials", &username, &password)) {
      return false;
    }
    rc_credentials_set(to, username, password, nullptr);
    return true;
  }

  // The exception that is set, as text.
  static std::string reason() {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject* shown = PyObject_Str(value);
    const char* text = shown == nullptr ? nullptr : PyUnicode_AsUTF8(shown);
    PyErr_Clear();
    std::string told = reinterpret_cast<PyTypeObject*>(type)->tp_name;
    if (text != nullptr && *text != '\0') told.append(": ").append(text);
    Py_XDECREF(shown);
    PyErr_Restore(type, value, traceback);
    keep_or_clear();
    return told;
  }

  void told(Kind kind, PyObject* result) {
    Py_XDECREF(result);
    if (result != nullptr) return;
    if (!PyErr_ExceptionMatches(PyExc_Exception)) return keep_or_clear();
    functions_[kind] == nullptr ? PyErr_Clear() : PyErr_WriteUnraisable(functions_[kind]);
  }

  static void keep_or_clear() {
    if (PyErr_ExceptionMatches(PyExc_Exception) || type_ != nullptr) return PyErr_Clear();
    PyErr_Fetch(&type_, &value_, &traceback_);
  }

  inline static thread_local PyObject* type_ = nullptr;
  inline static thread_local PyObject* value_ = nullptr;
  inline static thread_local PyObject* traceback_ = nullptr;
  PyObject* functions_[kKinds] = {};
};
