// Ruby values as the arguments of commands, in memory that Ruby's garbage collector frees.
#pragma once

#include <rediscluster/rediscluster.h>
#include <ruby.h>

#include "errors.h"

// The bytes of strings, symbols and numbers. Trivial on purpose: what raises runs no destructor.
struct RubyArguments {
  static constexpr std::size_t kRoom = 16;

  std::size_t count;
  const char** data;
  std::size_t* lengths;
  const char* room_data[kRoom];
  std::size_t room_lengths[kRoom];
  VALUE strings;  // keeps them alive
  VALUE more;     // the arrays of a long command

  void set(VALUE values) { set(values, "a command is an Array, such as [\"GET\", \"k\"]", "argument"); }
  void set_keys(VALUE values) { set(values, "keys are an Array, such as [\"k\"]", "key"); }

 private:
  void set(VALUE values, const char* wanted, const char* element) {
    strings = more = Qnil;
    if (!RB_TYPE_P(values, T_ARRAY))
      rb_raise(rb_eTypeError, "%s, not %" PRIsVALUE, wanted, rb_obj_class(values));
    count = static_cast<std::size_t>(RARRAY_LEN(values));
    data = room_data;
    lengths = room_lengths;
    if (count > kRoom) {
      more = rb_str_new(nullptr, static_cast<long>(count * (sizeof *data + sizeof *lengths)));
      data = reinterpret_cast<const char**>(RSTRING_PTR(more));
      lengths = reinterpret_cast<std::size_t*>(data + count);
    }
    strings = rb_ary_new_capa(static_cast<long>(count));
    for (std::size_t i = 0; i < count; ++i) {
      // Frozen: other threads may change the caller's string meanwhile.
      const VALUE string =
          rb_str_new_frozen(to_string(element, i, rb_ary_entry(values, static_cast<long>(i))));
      rb_ary_push(strings, string);
      lengths[i] = static_cast<std::size_t>(RSTRING_LEN(string));
      data[i] = RSTRING_PTR(string);
    }
  }

  static VALUE to_string(const char* element, std::size_t i, VALUE value) {
    if (RB_TYPE_P(value, T_STRING)) return value;
    if (RB_INTEGER_TYPE_P(value) || RB_FLOAT_TYPE_P(value)) return rb_obj_as_string(value);
    if (RB_SYMBOL_P(value)) return rb_sym2str(value);
    rb_raise(rb_eTypeError, "%s %" PRIuSIZE " is %" PRIsVALUE ": give String, Symbol, Integer or Float",
             element, i, rb_obj_class(value));
  }
};

inline void free_commands_of(void* commands) { rc_commands_free(static_cast<rc_commands*>(commands)); }

inline const rb_data_type_t* commands_type() {
  static const rb_data_type_t type = {"rediscluster commands",
                                      {nullptr, free_commands_of, nullptr, nullptr, {nullptr}},
                                      nullptr,
                                      nullptr,
                                      RUBY_TYPED_FREE_IMMEDIATELY};
  return &type;
}

// A new list, freed with its holder where something raises.
inline rc_commands* hold_commands(VALUE* holder) {
  rc_commands* commands = rc_commands_new();
  if (commands == nullptr) rb_raise(rb_eNoMemError, "no memory for a list of commands");
  *holder = TypedData_Wrap_Struct(rb_cObject, commands_type(), commands);
  return commands;
}

inline void free_commands(VALUE holder) {
  free_commands_of(RTYPEDDATA_DATA(holder));
  RTYPEDDATA_DATA(holder) = nullptr;
}

inline void append_commands(const rc_commands* commands, VALUE list) {
  if (!RB_TYPE_P(list, T_ARRAY))
    rb_raise(rb_eTypeError, "commands are an Array of Arrays, such as [[\"GET\", \"k\"]], not %" PRIsVALUE,
             rb_obj_class(list));
  for (long i = 0; i < RARRAY_LEN(list); ++i) {
    RubyArguments arguments;
    arguments.set(rb_ary_entry(list, i));
    rc_error* error = nullptr;
    rc_commands_add(const_cast<rc_commands*>(commands), arguments.count, arguments.data, arguments.lengths,
                    &error);
    if (error != nullptr) rb_exc_raise(take_error(error, false));
    RB_GC_GUARD(arguments.strings);
    RB_GC_GUARD(arguments.more);
  }
}
