// Python values as the arguments of commands.
#pragma once

#include <Python.h>

#include <vector>

#include "errors.h"
#include "lock.h"

// The bytes of bytes, str (UTF-8), int, float, bytearray and other buffers, for as long as this object lives.
class PythonArguments {
 public:
  PythonArguments() = default;
  ~PythonArguments() {
    stay_without_lock();
    Py_XDECREF(all_);
    for (PyObject* object : kept_) Py_DECREF(object);
  }
  PythonArguments(const PythonArguments&) = delete;
  PythonArguments& operator=(const PythonArguments&) = delete;

  // False with an exception set. Other threads may change the sequence afterwards.
  bool set(PyObject* sequence) {
    return set(sequence, "a command is a list of arguments, [\"GET\", \"k\"]", "argument");
  }
  bool set_keys(PyObject* sequence) { return set(sequence, "keys are a list, [\"k\"]", "key"); }

  std::size_t count() const { return count_; }
  const char** data() { return data_; }
  std::size_t* lengths() { return lengths_; }

  // Whether it has its elements in an order; else a TypeError is set. Text and buffers are single values
  // here.
  static bool is_list(PyObject* object, const char* wanted) {
    const bool is_text = PyUnicode_Check(object) || PyBytes_Check(object);
    const bool is_list = !is_text && !PyByteArray_Check(object) && !PyMemoryView_Check(object) &&
                         !PyAnySet_Check(object) && !PyDict_Check(object) &&
                         (Py_TYPE(object)->tp_iter != nullptr || PySequence_Check(object));
    if (!is_list)
      PyErr_Format(PyExc_TypeError, "%s, not %s", wanted, is_text ? "one text" : Py_TYPE(object)->tp_name);
    return is_list;
  }

 private:
  static constexpr std::size_t kRoom = 16;

  bool set(PyObject* sequence, const char* wanted, const char* element) {
    element_ = element;
    if (!is_list(sequence, wanted)) return false;
    all_ = PySequence_Tuple(sequence);
    if (all_ == nullptr) return false;
    count_ = static_cast<std::size_t>(PyTuple_GET_SIZE(all_));
    if (count_ > kRoom) {
      many_data_.resize(count_);
      many_lengths_.resize(count_);
      data_ = many_data_.data();
      lengths_ = many_lengths_.data();
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (!add(i, PyTuple_GET_ITEM(all_, static_cast<Py_ssize_t>(i)))) return false;
    }
    return true;
  }

  bool add(std::size_t i, PyObject* value) {
    if (PyBytes_Check(value)) return add_bytes(i, value);
    if (PyUnicode_Check(value)) return add_text(i, value);
    if (PyLong_Check(value) && !PyBool_Check(value))
      return keep(PyNumber_ToBase(value, 10)) && add_text(i, kept_.back());
    if (PyFloat_Check(value))  // not what a class below says of itself
      return keep(PyFloat_Type.tp_repr(value)) && add_text(i, kept_.back());
    if (is_array(value)) return keep(PyBytes_FromObject(value)) && add_bytes(i, kept_.back());
    PyErr_Format(PyExc_TypeError, "%s %zu is %s: give bytes, str, int or float", element_, i,
                 Py_TYPE(value)->tp_name);
    return false;
  }

  bool add_bytes(std::size_t i, PyObject* bytes) {
    data_[i] = PyBytes_AS_STRING(bytes);
    lengths_[i] = static_cast<std::size_t>(PyBytes_GET_SIZE(bytes));
    return true;
  }

  bool add_text(std::size_t i, PyObject* text) {
    Py_ssize_t length = 0;
    data_[i] = PyUnicode_AsUTF8AndSize(text, &length);
    lengths_[i] = static_cast<std::size_t>(length);
    if (data_[i] != nullptr) return true;
    PyErr_Clear();  // bytes that were no UTF-8 when they were decoded: as they were
    return keep(PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape")) && add_bytes(i, kept_.back());
  }

  // Not a number that shows the bytes that it has in memory, as those of ctypes do.
  static bool is_array(PyObject* value) {
    Py_buffer buffer{};
    if (PyObject_CheckBuffer(value) == 0) return false;
    const bool is_array = PyObject_GetBuffer(value, &buffer, PyBUF_FULL_RO) == 0 && buffer.ndim > 0;
    PyBuffer_Release(&buffer);
    PyErr_Clear();
    return is_array;
  }

  bool keep(PyObject* object) {
    if (object != nullptr) kept_.push_back(object);
    return object != nullptr;
  }

  const char* element_ = nullptr;  // what an element is
  std::size_t count_ = 0;
  const char* room_data_[kRoom];
  std::size_t room_lengths_[kRoom];
  std::vector<const char*> many_data_;
  std::vector<std::size_t> many_lengths_;
  const char** data_ = room_data_;
  std::size_t* lengths_ = room_lengths_;
  PyObject* all_ = nullptr;
  std::vector<PyObject*> kept_;  // what was made of other values
};

// A list of commands.
class PythonCommands {
 public:
  PythonCommands() = default;
  ~PythonCommands() { rc_commands_free(commands_); }
  PythonCommands(const PythonCommands&) = delete;
  PythonCommands& operator=(const PythonCommands&) = delete;

  bool set(PyObject* iterable) {
    commands_ = rc_commands_new();
    if (commands_ == nullptr) return PyErr_NoMemory() != nullptr;
    return append(commands_, iterable);
  }
  rc_commands* get() const { return commands_; }

  // False with an exception set.
  static bool append(rc_commands* commands, PyObject* iterable) {
    static constexpr const char* kWanted = "commands are a list of lists, [[\"GET\", \"k\"]]";
    if (!PythonArguments::is_list(iterable, kWanted)) return false;
    PyObject* all = PySequence_Fast(iterable, kWanted);
    if (all == nullptr) return false;
    bool added = true;
    for (Py_ssize_t i = 0; added && i < PySequence_Fast_GET_SIZE(all); ++i) {
      PythonArguments arguments;
      Failed failed;
      added = arguments.set(PySequence_Fast_GET_ITEM(all, i));
      if (!added) break;
      rc_commands_add(commands, arguments.count(), arguments.data(), arguments.lengths(), &failed.error);
      added = failed.error == nullptr;
      if (!added) raise_error(failed.error);
    }
    Py_DECREF(all);
    return added;
  }

 private:
  rc_commands* commands_ = nullptr;
};
