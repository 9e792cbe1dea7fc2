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

inline PyObject* python_value(const rc_reply* reply, bool text);
inline PyObject* python_error(const rc_error* error, bool text);

// A list of (node, indices of keys, reply, error); NULL with an exception set.
inline PyObject* python_parts(const rc_error* error, bool text) {
  PyObject* parts = PyList_New(0);
  for (std::size_t i = 0; parts != nullptr && i < rc_error_part_count(error); ++i) {
    const std::size_t key_count = rc_error_part_key_count(error, i);
    PyObject* keys = PyTuple_New(static_cast<Py_ssize_t>(key_count));
    for (std::size_t k = 0; keys != nullptr && k < key_count; ++k) {
      PyObject* index = PyLong_FromSize_t(rc_error_part_key(error, i, k));
      if (index == nullptr) Py_CLEAR(keys);
      if (keys != nullptr) PyTuple_SET_ITEM(keys, static_cast<Py_ssize_t>(k), index);
    }
    const rc_reply* reply = rc_error_part_reply(error, i);
    const rc_error* failed = rc_error_part_error(error, i);
    PyObject* value = reply == nullptr ? Py_BuildValue("") : python_value(reply, text);
    PyObject* exception = failed == nullptr ? Py_BuildValue("") : python_error(failed, text);
    PyObject* part = nullptr;
    if (keys != nullptr && value != nullptr && exception != nullptr)
      part = Py_BuildValue("(sOOO)", rc_error_part_node(error, i), keys, value, exception);
    Py_XDECREF(keys);
    Py_XDECREF(value);
    Py_XDECREF(exception);
    if (part == nullptr || PyList_Append(parts, part) != 0) Py_CLEAR(parts);
    Py_XDECREF(part);
  }
  return parts;
}

// A new exception object; NULL with an exception set. text: as for python_value, of the replies of parts.
inline PyObject* python_error(const rc_error* error, bool text) {
  const char* message = Refusals::message(error);
  PyObject* said = PyUnicode_DecodeUTF8(message, static_cast<Py_ssize_t>(strlen(message)), "replace");
  PyObject* parts = rc_error_part_count(error) == 0 ? Py_BuildValue("") : python_parts(error, text);
  if (said == nullptr || parts == nullptr) {
    Py_XDECREF(said);
    Py_XDECREF(parts);
    return nullptr;
  }
  return PyObject_CallFunction(error_maker, "iNziN", rc_error_code(error), said, rc_error_server_code(error),
                               rc_error_outcome(error), parts);
}

// An error that a function may set.
struct Failed {
  rc_error* error = nullptr;
  Failed() = default;
  ~Failed() { rc_error_free(error); }
  Failed(const Failed&) = delete;
  Failed& operator=(const Failed&) = delete;
};

inline void raise_error(const rc_error* error, bool text = false) {
  PyObject* exception = python_error(error, text);
  if (exception == nullptr) return;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
  Py_DECREF(exception);
}
