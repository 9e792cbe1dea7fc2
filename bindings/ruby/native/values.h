// Replies as Ruby objects, in one pass.
#pragma once

#include <ruby.h>
#include <ruby/encoding.h>

#include "errors.h"

inline VALUE ruby_value(const rc_reply* reply, bool text);

inline VALUE ruby_string(const rc_reply* reply, bool text) {
  std::size_t length = 0;
  const char* bytes = rc_reply_string(reply, &length);
  const auto size = static_cast<long>(length);
  return text ? rb_utf8_str_new(bytes, size) : rb_str_new(bytes, size);
}

inline VALUE ruby_array(const rc_reply* reply, bool text) {
  const std::size_t length = rc_reply_length(reply);
  const VALUE array = rb_ary_new_capa(static_cast<long>(length));
  for (std::size_t i = 0; i < length; ++i) rb_ary_push(array, ruby_value(rc_reply_element(reply, i), text));
  return array;
}

inline VALUE ruby_hash(const rc_reply* reply, bool text) {
  const VALUE hash = rb_hash_new();
  for (std::size_t i = 0; i + 1 < rc_reply_length(reply); i += 2)
    rb_hash_aset(hash, ruby_value(rc_reply_element(reply, i), text),
                 ruby_value(rc_reply_element(reply, i + 1), text));
  return hash;
}

inline VALUE ruby_set(const rc_reply* reply, bool text) {
  return rb_funcall(rb_const_get(rb_cObject, rb_intern("Set")), rb_intern("new"), 1, ruby_array(reply, text));
}

inline VALUE ruby_value(const rc_reply* reply, bool text) {
  switch (rc_reply_type(reply)) {
    case RC_REPLY_NIL:
      return Qnil;
    case RC_REPLY_INTEGER:
      return LL2NUM(rc_reply_integer(reply));
    case RC_REPLY_BOOL:
      return rc_reply_integer(reply) != 0 ? Qtrue : Qfalse;
    case RC_REPLY_DOUBLE:
      return DBL2NUM(rc_reply_double(reply));
    case RC_REPLY_BIG_NUMBER:
      return rb_cstr_to_inum(rc_reply_string(reply, nullptr), 10, 0);
    case RC_REPLY_ERROR:
      return ruby_error(rc_reply_error(reply), text);
    case RC_REPLY_MAP:
      return ruby_hash(reply, text);
    case RC_REPLY_SET:
      return ruby_set(reply, text);
    case RC_REPLY_ARRAY:
    case RC_REPLY_PUSH:
      return ruby_array(reply, text);
    default:
      return ruby_string(reply, text);
  }
}

struct RubyReply {
  const rc_reply* reply;
  bool text;
};

inline VALUE ruby_value_of(VALUE pair) {
  const auto* both = reinterpret_cast<const RubyReply*>(pair);
  return ruby_value(both->reply, both->text);
}

// The value; the reply is freed, whatever Ruby does meanwhile.
inline VALUE take_reply(rc_reply* reply, bool text) {
  if (reply == nullptr) return Qnil;
  const RubyReply both{reply, text};
  int state = 0;
  const VALUE value = rb_protect(ruby_value_of, reinterpret_cast<VALUE>(&both), &state);
  rc_reply_free(reply);
  if (state != 0) rb_jump_tag(state);
  return value;
}

inline VALUE ruby_symbol(const char* name) { return ID2SYM(rb_intern(name)); }

inline VALUE ruby_node(const rc_info* info, std::size_t i) {
  const VALUE node = rb_hash_new();
  rb_hash_aset(node, ruby_symbol("host"), rb_utf8_str_new_cstr(rc_info_node_host(info, i)));
  rb_hash_aset(node, ruby_symbol("port"), INT2FIX(rc_info_node_port(info, i)));
  const int primary = rc_info_node_primary(info, i);
  const VALUE ranges = rb_ary_new();
  for (std::size_t r = 0; r < rc_info_node_range_count(info, i); ++r)
    rb_ary_push(ranges, rb_range_new(INT2FIX(rc_info_node_range_first(info, i, r)),
                                     INT2FIX(rc_info_node_range_last(info, i, r)), 0));
  rb_hash_aset(node, ruby_symbol("id"), rb_utf8_str_new_cstr(rc_info_node_id(info, i)));
  rb_hash_aset(node, ruby_symbol("primary_index"), primary < 0 ? Qnil : INT2FIX(primary));
  rb_hash_aset(node, ruby_symbol("ranges"), ranges);
  rb_hash_aset(node, ruby_symbol("primary"), rc_info_node_is_primary(info, i) != 0 ? Qtrue : Qfalse);
  rb_hash_aset(node, ruby_symbol("connected"), rc_info_node_is_connected(info, i) != 0 ? Qtrue : Qfalse);
  rb_hash_aset(node, ruby_symbol("slots"), INT2FIX(rc_info_node_slot_count(info, i)));
  return node;
}

inline VALUE ruby_info_of(VALUE pointer) {
  const auto* info = reinterpret_cast<const rc_info*>(pointer);
  const VALUE nodes = rb_ary_new();
  for (std::size_t i = 0; i < rc_info_node_count(info); ++i) rb_ary_push(nodes, ruby_node(info, i));
  const VALUE seeds = rb_ary_new();
  for (std::size_t i = 0; i < rc_info_seed_count(info); ++i)
    rb_ary_push(seeds, rb_utf8_str_new_cstr(rc_info_seed(info, i)));
  const VALUE counters = rb_hash_new();
  for (const char* name :
       {"refreshes", "moved", "ask", "waits", "retries", "timeouts", "connects", "unknown"})
    rb_hash_aset(counters, ruby_symbol(name), ULL2NUM(rc_info_counter(info, name)));
  const VALUE all = rb_hash_new();
  rb_hash_aset(all, ruby_symbol("nodes"), nodes);
  rb_hash_aset(all, ruby_symbol("slots_covered"), INT2FIX(rc_info_slots_covered(info)));
  rb_hash_aset(all, ruby_symbol("seeds"), seeds);
  rb_hash_aset(all, ruby_symbol("counters"), counters);
  return all;
}

inline VALUE take_info(rc_info* info) {
  if (info == nullptr) return Qnil;
  int state = 0;
  const VALUE value = rb_protect(ruby_info_of, reinterpret_cast<VALUE>(info), &state);
  rc_info_free(info);
  if (state != 0) rb_jump_tag(state);
  return value;
}

inline VALUE ruby_explanation_of(VALUE pointer) {
  const auto* explanation = reinterpret_cast<const rc_explanation*>(pointer);
  const VALUE keys = rb_ary_new();
  for (std::size_t i = 0; i < rc_explanation_key_count(explanation); ++i) {
    std::size_t length = 0;
    const char* key = rc_explanation_key(explanation, i, &length);
    rb_ary_push(keys, rb_utf8_str_new(key, static_cast<long>(length)));
  }
  const char* host = rc_explanation_host(explanation);
  const int slot = rc_explanation_slot(explanation);
  const VALUE all = rb_hash_new();
  rb_hash_aset(all, ruby_symbol("text"), rb_utf8_str_new_cstr(rc_explanation_text(explanation)));
  rb_hash_aset(all, ruby_symbol("keys"), keys);
  rb_hash_aset(all, ruby_symbol("slot"), slot < 0 ? Qnil : INT2FIX(slot));
  rb_hash_aset(all, ruby_symbol("node"),
               host == nullptr ? Qnil
                               : rb_ary_new_from_args(2, rb_utf8_str_new_cstr(host),
                                                      INT2FIX(rc_explanation_port(explanation))));
  rb_hash_aset(all, ruby_symbol("read_only"), rc_explanation_is_read_only(explanation) != 0 ? Qtrue : Qfalse);
  rb_hash_aset(all, ruby_symbol("may_block"), rc_explanation_may_block(explanation) != 0 ? Qtrue : Qfalse);
  return all;
}

inline VALUE take_explanation(rc_explanation* explanation) {
  if (explanation == nullptr) return Qnil;
  int state = 0;
  const VALUE value = rb_protect(ruby_explanation_of, reinterpret_cast<VALUE>(explanation), &state);
  rc_explanation_free(explanation);
  if (state != 0) rb_jump_tag(state);
  return value;
}
