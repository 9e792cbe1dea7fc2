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

inline VALUE ruby_value(const rc_reply* reply, bool text);
inline VALUE ruby_error(const rc_error* error, bool text);

// An array of [node, indices of keys, reply, error].
inline VALUE ruby_parts(const rc_error* error, bool text) {
  const VALUE parts = rb_ary_new();
  for (std::size_t i = 0; i < rc_error_part_count(error); ++i) {
    const VALUE keys = rb_ary_new();
    for (std::size_t k = 0; k < rc_error_part_key_count(error, i); ++k)
      rb_ary_push(keys, SIZET2NUM(rc_error_part_key(error, i, k)));
    const rc_reply* reply = rc_error_part_reply(error, i);
    const rc_error* failed = rc_error_part_error(error, i);
    rb_ary_push(parts, rb_ary_new_from_args(4, rb_utf8_str_new_cstr(rc_error_part_node(error, i)), keys,
                                            reply == nullptr ? Qnil : ruby_value(reply, text),
                                            failed == nullptr ? Qnil : ruby_error(failed, text)));
  }
  return parts;
}

// A new exception object. text: as for ruby_value, of the replies of parts.
inline VALUE ruby_error(const rc_error* error, bool text) {
  const char* server_code = rc_error_server_code(error);
  return rb_funcall(error_maker, rb_intern("call"), 5, INT2FIX(rc_error_code(error)),
                    rb_utf8_str_new_cstr(Refusals::message(error)),
                    server_code == nullptr ? Qnil : rb_utf8_str_new_cstr(server_code),
                    INT2FIX(rc_error_outcome(error)),
                    rc_error_part_count(error) == 0 ? Qnil : ruby_parts(error, text));
}

struct RubyError {
  const rc_error* error;
  bool text;
};

inline VALUE ruby_error_of(VALUE pair) {
  const auto* both = reinterpret_cast<const RubyError*>(pair);
  return ruby_error(both->error, both->text);
}

// The same, and frees it, whatever Ruby does meanwhile.
inline VALUE take_error(rc_error* error, bool text) {
  const RubyError both{error, text};
  int state = 0;
  const VALUE exception = rb_protect(ruby_error_of, reinterpret_cast<VALUE>(&both), &state);
  rc_error_free(error);
  if (state != 0) rb_jump_tag(state);
  return exception;
}

// The last that a wrapper does: what Ruby wants to raise in this thread (Timeout, Thread#raise) goes first.
inline void raise_after_call(rc_error* error, bool text) {
  if (LanguageFunctions::has_kept()) {
    rc_error_free(error);
    LanguageFunctions::raise_kept();
  }
  const VALUE exception = error == nullptr ? Qnil : take_error(error, text);
  rb_thread_check_ints();
  if (!NIL_P(exception)) rb_exc_raise(exception);
}
