// A Ruby block as a watch callback.
#pragma once

#include <ruby.h>
#include <ruby/thread.h>

#include "arguments.h"
#include "child_signal.h"
#include "client.h"

// block.call(native_watch) returns commands, nil for none, or the abort object. Whatever leaves it otherwise
// (raise, throw, break) goes on in the caller by raise().
class RubyCallback : public WatchCallback {
 public:
  static void set_abort(VALUE abort) {
    abort_ = abort;
    rb_gc_register_mark_object(abort);
  }

  void set(VALUE block, swig_type_info* watch_type, bool text) {
    block_ = block;
    watch_type_ = watch_type;
    text_ = text;
  }
  void set_cancel(rc_cancel* cancel) { cancel_ = cancel; }

  [[noreturn]] void raise() { rb_jump_tag(state_); }

 protected:
  Ended call(rc_watch* watch, rc_commands* to_execute) override {
    watch_ = watch;
    to_execute_ = to_execute;
    const SignalsAsBefore signals;
    rb_thread_call_with_gvl(call_with_lock, this);
    return ended_;
  }

 private:
  static void* call_with_lock(void* pointer) {
    auto* self = static_cast<RubyCallback*>(pointer);
    if (self->state_ != 0) rb_set_errinfo(Qnil);  // an error of a session that was lost
    self->native_ = nullptr;
    self->state_ = 0;
    self->ended_ = Ended::kAbort;
    rb_protect(run, reinterpret_cast<VALUE>(self), &self->state_);
    if (self->native_ != nullptr) self->native_->end();
    if (self->state_ != 0) self->ended_ = failed_by_us() ? Ended::kCallFailed : Ended::kRaised;
    return nullptr;
  }

  static bool failed_by_us() {
    const VALUE error = rb_errinfo();
    return RB_TYPE_P(error, T_OBJECT) && RTEST(rb_obj_is_kind_of(error, error_class));
  }

  static VALUE run(VALUE pointer) {
    auto* self = reinterpret_cast<RubyCallback*>(pointer);
    self->native_ = new NativeWatch(self->watch_, self->text_, self->cancel_);
    VALUE watch = SWIG_NewPointerObj(self->native_, self->watch_type_, SWIG_POINTER_OWN);
    const VALUE returned = rb_funcall(self->block_, rb_intern("call"), 1, watch);
    const bool execute = returned != abort_;
    if (execute && !NIL_P(returned)) append_commands(self->to_execute_, returned);
    if (execute) self->ended_ = Ended::kExecute;
    self->native_->end();
    self->native_ = nullptr;
    RB_GC_GUARD(watch);
    return Qnil;
  }

  inline static VALUE abort_ = Qnil;
  VALUE block_ = Qnil;
  swig_type_info* watch_type_ = nullptr;
  bool text_ = false;
  rc_cancel* cancel_ = nullptr;
  rc_watch* watch_ = nullptr;
  rc_commands* to_execute_ = nullptr;
  NativeWatch* native_ = nullptr;
  int state_ = 0;
  Ended ended_ = Ended::kAbort;
};
