%module native

// Ruby leaves a C function by longjmp when it raises. So nothing that must be freed by a destructor may be alive where
// something can raise: arguments are Ruby's own memory, and an error is raised last of all.
%{
#include "arguments.h"
#include "callback.h"
#include "errors.h"
#include "functions_of_ruby.h"
#include "lock.h"
#include "values.h"
%}

typedef VALUE Function;

// Calls that can block run without the global lock. Their options are the second argument.
%define BLOCKING(method)
%exception method %{
  without_lock(given2, arg2, [&] { $action });
%}
%enddef
BLOCKING(NativeOptions::open)
BLOCKING(NativeCluster::command)
BLOCKING(NativeCluster::pipeline)
BLOCKING(NativeCluster::transaction)
BLOCKING(NativeCluster::explain)
%exception NativeCluster::watch %{
  without_lock(given2, arg2, [&] { $action }, static_cast<RubyCallback*>(arg6));
%}
BLOCKING(NativeCluster::refresh)
%exception NativeCluster::close %{
  without_lock(nullptr, [&] { $action });
%}
BLOCKING(NativeScan::next)
%exception NativeScan::set_cursor %{
  without_lock(nullptr, [&] { $action });
%}
%exception NativeWatch::command %{
  without_lock(arg1->cancel(), [&] { $action });
%}

%typemap(in) (size_t argc, const char* const* argv, const size_t* argv_len) (RubyArguments arguments) {
  arguments.set($input);
  $1 = arguments.count;
  $2 = const_cast<$2_ltype>(arguments.data);
  $3 = arguments.lengths;
}
%typemap(in) (size_t key_count, const char* const* keys, const size_t* key_len) (RubyArguments keys) {
  keys.set_keys($input);
  $1 = keys.count;
  $2 = const_cast<$2_ltype>(keys.data);
  $3 = keys.lengths;
}

%typemap(in) const rc_commands* commands (VALUE holder) {
  $1 = hold_commands(&holder);
  append_commands($1, $input);
}
%typemap(argout) const rc_commands* commands { free_commands(holder$argnum); }

// Ruby calls a class' methods for its own objects only, so there is no need for SWIG's search of the type by its name.
%typemap(in) NativeCluster* self {
  $1 = static_cast<NativeCluster*>(DATA_PTR(self));
  if ($1 == nullptr) rb_raise(rb_eRuntimeError, "this object has no cluster");
}

%typemap(in) const rc_call_options* options (NativeCallOptions* given) {
  void* options = nullptr;
  if (!NIL_P($input) && !SWIG_IsOK(SWIG_ConvertPtr($input, &options, SWIGTYPE_p_NativeCallOptions, 0)))
    rb_raise(rb_eTypeError, "call options are wanted");
  given = static_cast<NativeCallOptions*>(options);
  $1 = nullptr;
}

%typemap(in) WatchCallback* callback (RubyCallback callback) {
  callback.set($input, SWIGTYPE_p_NativeWatch, arg1->text());
  $1 = &callback;
}
%typemap(argout) WatchCallback* callback {
  if (callback$argnum.raised()) callback$argnum.raise();
}

%typemap(in, numinputs=0) rc_error** error (rc_error* failed = nullptr) { $1 = &failed; }
%typemap(argout) rc_error** error {
  raise_after_call(*$1, wants_text(arg1));
}

%typemap(out) rc_reply* { $result = take_reply($1, arg1->text()); }
%typemap(out) rc_info* { $result = take_info($1); }
%typemap(out) rc_explanation* { $result = take_explanation($1); }

%include "rediscluster.i"

%inline %{
// make.call(code, message, server_code, outcome) gives an exception; abort is what a block returns to give up.
void set_up(VALUE error_class, VALUE make, VALUE abort) {
  set_error_maker(error_class, make);
  RubyCallback::set_abort(abort);
}
%}
