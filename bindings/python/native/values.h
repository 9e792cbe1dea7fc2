// Replies as Python objects, in one pass.
#pragma once

#include <Python.h>

#include "errors.h"

// NULL with an exception set.
inline PyObject* python_value(const rc_reply* reply, bool text);

inline PyObject* python_string(const rc_reply* reply, bool text) {
  std::size_t length = 0;
  const char* bytes = rc_reply_string(reply, &length);
  const auto size = static_cast<Py_ssize_t>(length);
  return text ? PyUnicode_DecodeUTF8(bytes, size, "surrogateescape") : PyBytes_FromStringAndSize(bytes, size);
}

inline PyObject* python_list(const rc_reply* reply, bool text) {
  const std::size_t length = rc_reply_length(reply);
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(length));
  for (std::size_t i = 0; list != nullptr && i < length; ++i) {
    PyObject* element = python_value(rc_reply_element(reply, i), text);
    if (element == nullptr) Py_CLEAR(list);
    if (list != nullptr) PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), element);
  }
  return list;
}

// Where a member cannot be one of a set or a key of a dict, all becomes a list: keys and values in turns.
inline PyObject* python_list_after(PyObject* failed, const rc_reply* reply, bool text) {
  Py_XDECREF(failed);
  if (!PyErr_ExceptionMatches(PyExc_TypeError)) return nullptr;
  PyErr_Clear();
  return python_list(reply, text);
}

inline PyObject* python_dict(const rc_reply* reply, bool text) {
  PyObject* dict = PyDict_New();
  for (std::size_t i = 0; dict != nullptr && i + 1 < rc_reply_length(reply); i += 2) {
    PyObject* key = python_value(rc_reply_element(reply, i), text);
    PyObject* value = key == nullptr ? nullptr : python_value(rc_reply_element(reply, i + 1), text);
    const bool done = value != nullptr && PyDict_SetItem(dict, key, value) == 0;
    Py_XDECREF(key);
    Py_XDECREF(value);
    if (!done) return python_list_after(dict, reply, text);
  }
  return dict;
}

inline PyObject* python_set(const rc_reply* reply, bool text) {
  PyObject* set = PySet_New(nullptr);
  for (std::size_t i = 0; set != nullptr && i < rc_reply_length(reply); ++i) {
    PyObject* element = python_value(rc_reply_element(reply, i), text);
    const bool done = element != nullptr && PySet_Add(set, element) == 0;
    Py_XDECREF(element);
    if (!done) return python_list_after(set, reply, text);
  }
  return set;
}

// Python refuses very long ones: they stay text.
inline PyObject* python_big_number(const rc_reply* reply, bool text) {
  PyObject* number = PyLong_FromString(rc_reply_string(reply, nullptr), nullptr, 10);
  if (number != nullptr || !PyErr_ExceptionMatches(PyExc_ValueError)) return number;
  PyErr_Clear();
  return python_string(reply, text);
}

inline PyObject* python_value(const rc_reply* reply, bool text) {
  switch (rc_reply_type(reply)) {
    case RC_REPLY_NIL:
      Py_RETURN_NONE;
    case RC_REPLY_INTEGER:
      return PyLong_FromLongLong(rc_reply_integer(reply));
    case RC_REPLY_BOOL:
      return PyBool_FromLong(rc_reply_integer(reply) != 0);
    case RC_REPLY_DOUBLE:
      return PyFloat_FromDouble(rc_reply_double(reply));
    case RC_REPLY_BIG_NUMBER:
      return python_big_number(reply, text);
    case RC_REPLY_ERROR:
      return python_error(rc_reply_error(reply), text);
    case RC_REPLY_MAP:
      return python_dict(reply, text);
    case RC_REPLY_SET:
      return python_set(reply, text);
    case RC_REPLY_ARRAY:
    case RC_REPLY_PUSH:
      return python_list(reply, text);
    default:
      return python_string(reply, text);
  }
}

inline bool python_append(PyObject* list, PyObject* item) {
  const bool done = item != nullptr && PyList_Append(list, item) == 0;
  Py_XDECREF(item);
  return done;
}

// [(first, last), ...]; NULL with an exception set.
inline PyObject* python_ranges(const rc_info* info, std::size_t i) {
  PyObject* ranges = PyList_New(0);
  for (std::size_t r = 0; ranges != nullptr && r < rc_info_node_range_count(info, i); ++r) {
    const bool done = python_append(ranges, Py_BuildValue("(ii)", rc_info_node_range_first(info, i, r),
                                                          rc_info_node_range_last(info, i, r)));
    if (!done) Py_CLEAR(ranges);
  }
  return ranges;
}

inline PyObject* python_info(const rc_info* info) {
  PyObject* nodes = PyList_New(0);
  PyObject* seeds = PyList_New(0);
  bool done = nodes != nullptr && seeds != nullptr;
  for (std::size_t i = 0; done && i < rc_info_node_count(info); ++i) {
    const int primary = rc_info_node_primary(info, i);
    PyObject* ranges = python_ranges(info, i);
    if (ranges == nullptr) {
      done = false;
      break;
    }
    done = python_append(
        nodes, Py_BuildValue("{s:s,s:i,s:s,s:N,s:N,s:N,s:i,s:N}", "host", rc_info_node_host(info, i), "port",
                             rc_info_node_port(info, i), "id", rc_info_node_id(info, i), "primary",
                             PyBool_FromLong(rc_info_node_is_primary(info, i)), "primary_index",
                             primary < 0 ? Py_BuildValue("") : PyLong_FromLong(primary), "connected",
                             PyBool_FromLong(rc_info_node_is_connected(info, i)), "slots",
                             rc_info_node_slot_count(info, i), "ranges", ranges));
  }
  for (std::size_t i = 0; done && i < rc_info_seed_count(info); ++i)
    done = python_append(seeds, PyUnicode_FromString(rc_info_seed(info, i)));
  PyObject* counters = done ? PyDict_New() : nullptr;
  done = counters != nullptr;
  for (const char* name :
       {"refreshes", "moved", "ask", "waits", "retries", "timeouts", "connects", "unknown"}) {
    if (!done) break;
    PyObject* value = PyLong_FromUnsignedLongLong(rc_info_counter(info, name));
    done = value != nullptr && PyDict_SetItemString(counters, name, value) == 0;
    Py_XDECREF(value);
  }
  if (done) {
    return Py_BuildValue("{s:N,s:i,s:N,s:N}", "nodes", nodes, "slots_covered", rc_info_slots_covered(info),
                         "seeds", seeds, "counters", counters);
  }
  Py_XDECREF(nodes);
  Py_XDECREF(seeds);
  Py_XDECREF(counters);
  return nullptr;
}

inline PyObject* python_explanation(const rc_explanation* explanation, bool text) {
  const std::size_t count = rc_explanation_key_count(explanation);
  PyObject* keys = PyList_New(static_cast<Py_ssize_t>(count));
  for (std::size_t i = 0; keys != nullptr && i < count; ++i) {
    std::size_t length = 0;
    const char* bytes = rc_explanation_key(explanation, i, &length);
    const auto size = static_cast<Py_ssize_t>(length);
    PyObject* key =
        text ? PyUnicode_DecodeUTF8(bytes, size, "surrogateescape") : PyBytes_FromStringAndSize(bytes, size);
    if (key == nullptr) Py_CLEAR(keys);
    if (keys != nullptr) PyList_SET_ITEM(keys, static_cast<Py_ssize_t>(i), key);
  }
  if (keys == nullptr) return nullptr;
  const char* told = rc_explanation_text(explanation);
  const char* host = rc_explanation_host(explanation);
  const int slot = rc_explanation_slot(explanation);
  PyObject* node =
      host == nullptr ? Py_BuildValue("") : Py_BuildValue("(si)", host, rc_explanation_port(explanation));
  return Py_BuildValue("{s:N,s:N,s:N,s:N,s:N,s:N}", "text",
                       PyUnicode_DecodeUTF8(told, static_cast<Py_ssize_t>(strlen(told)), "replace"), "keys",
                       keys, "slot", slot < 0 ? Py_BuildValue("") : PyLong_FromLong(slot), "node", node,
                       "read_only", PyBool_FromLong(rc_explanation_is_read_only(explanation)), "may_block",
                       PyBool_FromLong(rc_explanation_may_block(explanation)));
}
