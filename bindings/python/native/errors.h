// Errors of the library as Python exceptions.
#pragma once

#include <Python.h>
#include <rediscluster/rediscluster.h>

#include "functions.h"

inline PyObject* error_class = nullptr;  // rediscluster.Error
inline PyObject* error_maker = nullptr;

inline void set_error_maker(PyObject* base, PyObject* make) {
  Py_INCREF(base);
  Py_INCREF(make);
  error_class = base;
  error_maker = make;
}

// A new exception object; NULL with an exception set.
inline PyObject* python_error(const rc_error* error) {
  const char* message = Refusals::message(error);
  PyObject* text = PyUnicode_DecodeUTF8(message, static_cast<Py_ssize_t>(strlen(message)), "replace");
  if (text == nullptr) return nullptr;
  return PyObject_CallFunction(error_maker, "iNzi", rc_error_code(error), text, rc_error_server_code(error),
                               rc_error_outcome(error));
}

// An error that a function may set.
struct Failed {
  rc_error* error = nullptr;
  Failed() = default;
  ~Failed() { rc_error_free(error); }
  Failed(const Failed&) = delete;
  Failed& operator=(const Failed&) = delete;
};

inline void raise_error(const rc_error* error) {
  PyObject* exception = python_error(error);
  if (exception == nullptr) return;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
  Py_DECREF(exception);
}
