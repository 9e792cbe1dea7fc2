// Ruby procs that the library calls.
#pragma once

#include <ruby.h>
#include <ruby/thread.h>

#include "child_signal.h"
#include "functions.h"

typedef VALUE Function;

class LanguageFunctions : public Functions {
 public:
  LanguageFunctions() {
    for (VALUE& function : functions_) rb_gc_register_address(&function);
  }
  ~LanguageFunctions() override {
    for (VALUE& function : functions_) rb_gc_unregister_address(&function);
  }
  LanguageFunctions(const LanguageFunctions&) = delete;
  LanguageFunctions& operator=(const LanguageFunctions&) = delete;

  void keep(Kind kind, Function function) { functions_[kind] = function; }

  // What must not end in a callback (throw, Thread#kill, Interrupt, ...) goes on after the call.
  static bool has_kept() { return kept_ != 0; }
  [[noreturn]] static void raise_kept() { rb_jump_tag(std::exchange(kept_, 0)); }

  // The check of a cancel that a program fires itself.
  static int is_to_end(void*, int fired) { return fired != 0 || interrupted() ? 1 : 0; }

  // Lets Ruby run traps and raise what it has to raise: then the call has to end, and what was raised is
  // kept.
  static bool interrupted() {
    if (kept_ != 0) return true;
    const SignalsAsBefore signals;
    rb_thread_call_with_gvl(check_interrupts, nullptr);
    return kept_ != 0;
  }

  bool give_credentials(const char* host, int port, rc_credentials* to, std::string& why) override {
    Asked asked{functions_[kCredentials], host, port, to, why, false};
    with_lock(ask, &asked);
    return asked.given;
  }

  void log(int level, const char* line) override {
    const Told told{functions_[kLog], level, line, nullptr};
    with_lock(tell_line, &told);
  }

  void attempt(const rc_attempt* attempt) override {
    const Told told{functions_[kAttempt], 0, nullptr, attempt};
    with_lock(tell, &told);
  }

 private:
  struct Asked {
    VALUE function;
    const char* host;
    int port;
    rc_credentials* to;
    std::string& why;
    bool given;
  };
  struct Told {
    VALUE function;
    int level;
    const char* line;
    const rc_attempt* attempt;
  };

  static void with_lock(void* (*function)(void*), const void* argument) {
    if (kept_ != 0) return;
    const SignalsAsBefore signals;
    rb_thread_call_with_gvl(function, const_cast<void*>(argument));
  }

  static void* check_interrupts(void*) {
    int state = 0;
    rb_protect(check_interrupts_of_thread, Qnil, &state);
    kept_ = state;
    return nullptr;
  }
  static VALUE check_interrupts_of_thread(VALUE) {
    rb_thread_check_ints();
    return Qnil;
  }

  static void* ask(void* pointer) {
    auto* asked = static_cast<Asked*>(pointer);
    int state = 0;
    rb_protect(ask_function, reinterpret_cast<VALUE>(asked), &state);
    if (state == 0) {
      asked->given = true;
    } else if (failed(state)) {
      const VALUE reason = rb_protect(reason_of, rb_errinfo(), &state);
      rb_set_errinfo(Qnil);
      if (state == 0) asked->why.assign(RSTRING_PTR(reason), static_cast<std::size_t>(RSTRING_LEN(reason)));
    }
    return nullptr;
  }

  static VALUE ask_function(VALUE pointer) {
    auto* asked = reinterpret_cast<Asked*>(pointer);
    const VALUE given = rb_funcall(asked->function, rb_intern("call"), 2, rb_utf8_str_new_cstr(asked->host),
                                   INT2FIX(asked->port));
    VALUE username = Qnil;
    VALUE password = given;
    if (RB_TYPE_P(given, T_ARRAY) && RARRAY_LEN(given) == 2) {
      username = rb_ary_entry(given, 0);
      password = rb_ary_entry(given, 1);
    }
    if (!RB_TYPE_P(password, T_STRING))
      rb_raise(rb_eTypeError, "give a password, or a user and a password in an Array");
    rc_credentials_set(asked->to, NIL_P(username) ? nullptr : StringValueCStr(username),
                       StringValueCStr(password), nullptr);
    return Qnil;
  }

  static VALUE reason_of(VALUE error) {
    return rb_sprintf("%" PRIsVALUE ": %" PRIsVALUE, rb_obj_class(error), error);
  }

  static void* tell_line(void* told) { return protect(call_line, told); }
  static VALUE call_line(VALUE pointer) {
    const auto* told = reinterpret_cast<const Told*>(pointer);
    return rb_funcall(told->function, rb_intern("call"), 2, INT2FIX(told->level),
                      rb_utf8_str_new_cstr(told->line));
  }

  static void* tell(void* told) { return protect(call_attempt, told); }
  static VALUE call_attempt(VALUE pointer) {
    const auto* told = reinterpret_cast<const Told*>(pointer);
    const rc_attempt* attempt = told->attempt;
    const char* server_code = rc_attempt_server_code(attempt);
    return rb_funcall(told->function, rb_intern("call"), 8, rb_utf8_str_new_cstr(rc_attempt_host(attempt)),
                      INT2FIX(rc_attempt_port(attempt)), rb_utf8_str_new_cstr(rc_attempt_command(attempt)),
                      LL2NUM(rc_attempt_duration_us(attempt)), INT2FIX(rc_attempt_number(attempt)),
                      INT2FIX(rc_attempt_code(attempt)),
                      server_code == nullptr ? Qnil : rb_utf8_str_new_cstr(server_code),
                      INT2FIX(rc_attempt_outcome(attempt)));
  }

  // A failure is told by a warning.
  static void* protect(VALUE (*function)(VALUE), void* argument) {
    int state = 0;
    rb_protect(function, reinterpret_cast<VALUE>(argument), &state);
    if (state != 0 && failed(state)) {
      rb_protect(warn_of, rb_errinfo(), &state);
      rb_set_errinfo(Qnil);
    }
    return nullptr;
  }

  static VALUE warn_of(VALUE error) {
    const VALUE text =
        rb_sprintf("rediscluster: a function of the cluster's has failed: %" PRIsVALUE, reason_of(error));
    return rb_funcall(rb_mKernel, rb_intern("warn"), 1, text);
  }

  // Whether it was an error of the function's own. Else it is kept.
  static bool failed(int state) {
    const VALUE error = rb_errinfo();
    if (RB_TYPE_P(error, T_OBJECT) && RTEST(rb_obj_is_kind_of(error, rb_eStandardError))) return true;
    kept_ = state;
    return false;
  }

  inline static thread_local int kept_ = 0;
  VALUE functions_[kKinds] = {Qnil, Qnil, Qnil};
};
