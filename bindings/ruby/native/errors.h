// Errors of the library as Ruby exceptions.
#pragma once

#include <rediscluster/rediscluster.h>
#include <ruby.h>

#include "functions_of_ruby.h"

inline VALUE error_class = Qnil;  // LibRedisCluster::Error
inline VALUE error_maker = Qnil;

inline void set_error_maker(VALUE base, VALUE make) {
  error_class = base;
  error_maker = make;
  rb_gc_register_mark_object(base);
  rb_gc_register_mark_object(make);
}

// A new exception object.
inline VALUE ruby_error(const rc_error* error) {
  const char* server_code = rc_error_server_code(error);
  return rb_funcall(error_maker, rb_intern("call"), 4, INT2FIX(rc_error_code(error)),
                    rb_utf8_str_new_cstr(Refusals::message(error)),
                    server_code == nullptr ? Qnil : rb_utf8_str_new_cstr(server_code),
                    INT2FIX(rc_error_outcome(error)));
}

inline VALUE ruby_error_of(VALUE error) { return ruby_error(reinterpret_cast<const rc_error*>(error)); }

// The same, and frees it, whatever Ruby does meanwhile.
inline VALUE take_error(rc_error* error) {
  int state = 0;
  const VALUE exception = rb_protect(ruby_error_of, reinterpret_cast<VALUE>(error), &state);
  rc_error_free(error);
  if (state != 0) rb_jump_tag(state);
  return exception;
}

// The last that a wrapper does: what Ruby wants to raise in this thread (Timeout, Thread#raise) goes first.
inline void raise_after_call(rc_error* error) {
  if (LanguageFunctions::has_kept()) {
    rc_error_free(error);
    LanguageFunctions::raise_kept();
  }
  const VALUE exception = error == nullptr ? Qnil : take_error(error);
  rb_thread_check_ints();
  if (!NIL_P(exception)) rb_exc_raise(exception);
}
