%module(threads="1") native
%begin %{
#define SWIG_PYTHON_NO_USE_GIL  // it is done here
#define SWIG_PYTHON_THREAD_BEGIN_ALLOW Unlocked unlocked
#define SWIG_PYTHON_THREAD_END_ALLOW unlocked.end()
%}
// The global lock is kept but for calls that can block.
%nothread;
%warnfilter(321) open;
%thread NativeOptions::open;
%thread NativeCluster::~NativeCluster;
%thread NativeCluster::command;
%thread NativeCluster::pipeline;
%thread NativeCluster::transaction;
%thread NativeCluster::watch;
%thread NativeCluster::explain;
%thread NativeCluster::refresh;
%thread NativeCluster::close;
%thread NativeWatch::command;
%thread NativeScan::~NativeScan;
%thread NativeScan::set_cursor;
%thread NativeScan::next;

%{
#include "arguments.h"
#include "callback.h"
#include "errors.h"
#include "functions_of_python.h"
#include "lock.h"
#include "signals.h"
#include "values.h"
%}

typedef PyObject* Function;

%typemap(in) (size_t argc, const char* const* argv, const size_t* argv_len) (PythonArguments arguments) {
  if (!arguments.set($input)) SWIG_fail;
  $1 = arguments.count();
  $2 = const_cast<$2_ltype>(arguments.data());
  $3 = arguments.lengths();
}
%typemap(in) (size_t key_count, const char* const* keys, const size_t* key_len) (PythonArguments keys) {
  if (!keys.set_keys($input)) SWIG_fail;
  $1 = keys.count();
  $2 = const_cast<$2_ltype>(keys.data());
  $3 = keys.lengths();
}

%typemap(in) const rc_commands* commands (PythonCommands commands) {
  if (!commands.set($input)) SWIG_fail;
  $1 = commands.get();
}

%typemap(in) const rc_call_options* options (InterruptedBySignal interrupt) {
  void* given = nullptr;
  if ($input != Py_None && !SWIG_IsOK(SWIG_ConvertPtr($input, &given, SWIGTYPE_p_NativeCallOptions, 0))) {
    PyErr_SetString(PyExc_TypeError, "call options are wanted");
    SWIG_fail;
  }
  $1 = const_cast<rc_call_options*>(interrupt.begin(static_cast<NativeCallOptions*>(given)));
}

%typemap(in) WatchCallback* callback (PythonCallback callback) {
  callback.set($input, SWIGTYPE_p_NativeWatch, arg1->text());
  $1 = &callback;
}
%typemap(argout) WatchCallback* callback {
  if ($1->raised()) {
    Py_XDECREF($result);
    callback$argnum.restore();
    SWIG_fail;
  }
}

%typemap(in, numinputs=0) rc_error** error (Failed failed) { $1 = &failed.error; }
%typemap(argout) rc_error** error {
  if (LanguageFunctions::raise_kept()) {
    Py_XDECREF($result);
    SWIG_fail;
  }
  if (*$1 != nullptr) {
    Py_XDECREF($result);
    raise_error(*$1, wants_text(arg1));
    SWIG_fail;
  }
}

%typemap(out) rc_reply* {
  $result = $1 == nullptr ? Py_BuildValue("") : python_value($1, arg1->text());
  rc_reply_free($1);
  if ($1 != nullptr && $result == nullptr) SWIG_fail;
}
%typemap(out) rc_info* {
  $result = $1 == nullptr ? nullptr : python_info($1);
  rc_info_free($1);
  if ($1 != nullptr && $result == nullptr) SWIG_fail;
}
%typemap(out) rc_explanation* {
  $result = $1 == nullptr ? nullptr : python_explanation($1, arg1->text());
  rc_explanation_free($1);
  if ($1 != nullptr && $result == nullptr) SWIG_fail;
}

%include "rediscluster.i"

%inline %{
// make(code, message, server_code, outcome) gives an exception; abort is what a callback returns to give up.
void set_up(PyObject* error_class, PyObject* make, PyObject* abort) {
  set_error_maker(error_class, make);
  PythonCallback::set_abort(abort);
}
void set_main_thread(unsigned long ident) { InterruptedBySignal::set_main_thread(ident); }
%}
