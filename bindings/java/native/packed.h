// Commands, replies and infos as one array of bytes: what Packer writes and Unpacker reads. Numbers are
// little-endian.
#pragma once

#include <jni.h>

#include <cstring>
#include <string>
#include <vector>

#include "errors.h"

// A copy of the array, read from the front.
class PackedBytes {
 public:
  void set(JNIEnv* env, jbyteArray array) {
    const jsize size = env->GetArrayLength(array);
    char* to = room_;
    if (static_cast<std::size_t>(size) > sizeof room_) {
      long_.resize(static_cast<std::size_t>(size));
      to = long_.data();
    }
    env->GetByteArrayRegion(array, 0, size, reinterpret_cast<jbyte*>(to));
    at_ = to;
  }

  std::size_t number() {
    std::uint32_t value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  const char* bytes(std::size_t length) {
    const char* begin = at_;
    at_ += length;
    return begin;
  }

 private:
  char room_[1024];
  std::vector<char> long_;
  const char* at_ = nullptr;
};

// A number of arguments, then each as its length and bytes.
class PackedArguments {
 public:
  void set(JNIEnv* env, jbyteArray array) {
    bytes_.set(env, array);
    read(bytes_);
  }

  void read(PackedBytes& from) {
    count_ = from.number();
    if (count_ > kRoom) {
      many_data_.resize(count_);
      many_lengths_.resize(count_);
      data_ = many_data_.data();
      lengths_ = many_lengths_.data();
    }
    for (std::size_t i = 0; i < count_; ++i) {
      lengths_[i] = from.number();
      data_[i] = from.bytes(lengths_[i]);
    }
  }

  std::size_t count() const { return count_; }
  const char** data() { return data_; }
  std::size_t* lengths() { return lengths_; }

 private:
  static constexpr std::size_t kRoom = 16;

  PackedBytes bytes_;
  std::size_t count_ = 0;
  const char* room_data_[kRoom];
  std::size_t room_lengths_[kRoom];
  std::vector<const char*> many_data_;
  std::vector<std::size_t> many_lengths_;
  const char** data_ = room_data_;
  std::size_t* lengths_ = room_lengths_;
};

// A number of commands, then each as arguments.
class PackedCommands {
 public:
  PackedCommands() = default;
  ~PackedCommands() { rc_commands_free(commands_); }
  PackedCommands(const PackedCommands&) = delete;
  PackedCommands& operator=(const PackedCommands&) = delete;

  // False with an exception.
  bool set(JNIEnv* env, jbyteArray array) {
    commands_ = rc_commands_new();
    return append(env, commands_, array);
  }
  rc_commands* get() const { return commands_; }

  static bool append(JNIEnv* env, rc_commands* commands, jbyteArray array) {
    PackedBytes bytes;
    bytes.set(env, array);
    for (std::size_t left = bytes.number(); left > 0; --left) {
      PackedArguments arguments;
      arguments.read(bytes);
      Failed failed;
      rc_commands_add(commands, arguments.count(), arguments.data(), arguments.lengths(), &failed.error);
      throw_error(env, failed.error, false);
      if (failed.error != nullptr) return false;
    }
    return true;
  }

 private:
  rc_commands* commands_ = nullptr;
};

// Values: a letter, then what Unpacker says.
class PackedValue {
 public:
  void reply(const rc_reply* reply) {
    switch (rc_reply_type(reply)) {
      case RC_REPLY_NIL:
        return tag('n');
      case RC_REPLY_INTEGER:
        return integer(rc_reply_integer(reply));
      case RC_REPLY_BOOL:
        return tag(rc_reply_integer(reply) != 0 ? 't' : 'f');
      case RC_REPLY_DOUBLE:
        return real(rc_reply_double(reply));
      case RC_REPLY_BIG_NUMBER:
        return string('(', reply);
      case RC_REPLY_ERROR:
        return error(rc_reply_error(reply));
      case RC_REPLY_MAP:
        return elements('%', reply);
      case RC_REPLY_SET:
        return elements('~', reply);
      case RC_REPLY_ARRAY:
      case RC_REPLY_PUSH:
        return elements('*', reply);
      case RC_REPLY_STATUS:
        return string('+', reply);
      default:
        return string('$', reply);
    }
  }

  void info(const rc_info* info) {
    list(4);
    list(rc_info_node_count(info));
    for (std::size_t i = 0; i < rc_info_node_count(info); ++i) {
      list(8);
      text(rc_info_node_host(info, i));
      integer(rc_info_node_port(info, i));
      tag(rc_info_node_is_primary(info, i) != 0 ? 't' : 'f');
      tag(rc_info_node_is_connected(info, i) != 0 ? 't' : 'f');
      integer(rc_info_node_slot_count(info, i));
      text(rc_info_node_id(info, i));
      integer(rc_info_node_primary(info, i));
      list(2 * rc_info_node_range_count(info, i));
      for (std::size_t r = 0; r < rc_info_node_range_count(info, i); ++r) {
        integer(rc_info_node_range_first(info, i, r));
        integer(rc_info_node_range_last(info, i, r));
      }
    }
    integer(rc_info_slots_covered(info));
    list(rc_info_seed_count(info));
    for (std::size_t i = 0; i < rc_info_seed_count(info); ++i) text(rc_info_seed(info, i));
    const char* const names[] = {"refreshes", "moved",    "ask",      "waits",
                                 "retries",   "timeouts", "connects", "unknown"};
    list(2 * std::size(names));
    for (const char* name : names) {
      text(name);
      integer(static_cast<std::int64_t>(rc_info_counter(info, name)));
    }
  }

  void explanation(const rc_explanation* explanation) {
    const char* host = rc_explanation_host(explanation);
    const std::size_t keys = rc_explanation_key_count(explanation);
    list(7);
    text(rc_explanation_text(explanation));
    list(keys);
    for (std::size_t i = 0; i < keys; ++i) {
      std::size_t length = 0;
      const char* key = rc_explanation_key(explanation, i, &length);
      tag('$');
      counted(key, length);
    }
    integer(rc_explanation_slot(explanation));
    host == nullptr ? tag('n') : text(host);
    integer(rc_explanation_port(explanation));
    tag(rc_explanation_is_read_only(explanation) != 0 ? 't' : 'f');
    tag(rc_explanation_may_block(explanation) != 0 ? 't' : 'f');
  }

  void failure(const rc_error* failed) { error(failed); }

  jbyteArray to_java(JNIEnv* env) const { return java_bytes(env, bytes_.data(), bytes_.size()); }

 private:
  template <typename T>
  void raw(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void tag(char letter) { bytes_ += letter; }
  void integer(std::int64_t value) {
    tag(':');
    raw(value);
  }
  void real(double value) {
    tag(',');
    raw(value);
  }
  void counted(const char* bytes, std::size_t length) {
    raw(static_cast<std::uint32_t>(length));
    bytes_.append(bytes, length);
  }
  void string(char letter, const rc_reply* reply) {
    std::size_t length = 0;
    const char* bytes = rc_reply_string(reply, &length);
    tag(letter);
    counted(bytes, length);
  }
  void text(const char* text) {
    tag('+');
    counted(text, std::strlen(text));
  }
  void list(std::size_t length) {
    tag('*');
    raw(static_cast<std::uint32_t>(length));
  }
  void elements(char letter, const rc_reply* reply) {
    const std::size_t length = rc_reply_length(reply);
    tag(letter);
    raw(static_cast<std::uint32_t>(length));
    for (std::size_t i = 0; i < length; ++i) this->reply(rc_reply_element(reply, i));
  }
  void error(const rc_error* error) {
    const char* server_code = rc_error_server_code(error);
    tag('!');
    raw(static_cast<std::int32_t>(rc_error_code(error)));
    raw(static_cast<std::int32_t>(rc_error_outcome(error)));
    text(Refusals::message(error));
    server_code == nullptr ? tag('n') : text(server_code);
    raw(static_cast<std::uint32_t>(rc_error_part_count(error)));
    for (std::size_t i = 0; i < rc_error_part_count(error); ++i) {
      const std::size_t keys = rc_error_part_key_count(error, i);
      const rc_reply* answered = rc_error_part_reply(error, i);
      const rc_error* failed = rc_error_part_error(error, i);
      text(rc_error_part_node(error, i));
      raw(static_cast<std::uint32_t>(keys));
      for (std::size_t k = 0; k < keys; ++k) raw(static_cast<std::uint32_t>(rc_error_part_key(error, i, k)));
      answered == nullptr ? tag('n') : reply(answered);
      failed == nullptr ? tag('n') : this->error(failed);
    }
  }

  std::string bytes_;
};

inline jbyteArray packed_error(JNIEnv* env, const rc_error* error) {
  PackedValue value;
  value.failure(error);
  return value.to_java(env);
}

inline jbyteArray packed_reply(JNIEnv* env, const rc_reply* reply) {
  if (reply == nullptr) return nullptr;
  PackedValue value;
  value.reply(reply);
  return value.to_java(env);
}

inline jbyteArray packed_info(JNIEnv* env, const rc_info* info) {
  if (info == nullptr) return nullptr;
  PackedValue value;
  value.info(info);
  return value.to_java(env);
}

inline jbyteArray packed_explanation(JNIEnv* env, const rc_explanation* explanation) {
  if (explanation == nullptr) return nullptr;
  PackedValue value;
  value.explanation(explanation);
  return value.to_java(env);
}
