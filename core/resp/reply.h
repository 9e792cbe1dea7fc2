// A reply as the caller reads it: a tree of nodes that lives in one arena and goes with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"

namespace rediscluster {

enum class ReplyType : std::uint8_t {
#define REPLY_TYPE(name, ours, number) ours = number,
#include "base/codes.inc"
};
const char* reply_type_name(ReplyType type) noexcept;  // "RC_REPLY_ARRAY"

}  // namespace rediscluster

struct rc_reply {
  rediscluster::ReplyType type = rediscluster::ReplyType::kNil;
  bool is_root = false;        // owns its arena
  std::uint16_t depth = 0;     // of arrays around it
  std::uint32_t capacity = 0;  // of elements; they grow as they arrive, whatever length a server claims
  std::size_t length = 0;      // bytes of text, or elements that are there
  union {
    const char* text = nullptr;  // kStatus, kString, kBigNumber, kVerbatim; kDouble as the server wrote it
    rc_reply* elements;          // kArray, kMap (key, value, key, ...), kSet, kPush
    const rc_error* error;       // kError
  };
  union {
    std::int64_t integer = 0;  // kInteger, kBool
    double number;             // kDouble
  };

  bool is_aggregate() const noexcept {
    return type == rediscluster::ReplyType::kArray || type == rediscluster::ReplyType::kMap ||
           type == rediscluster::ReplyType::kSet || type == rediscluster::ReplyType::kPush;
  }
  bool is_error() const noexcept { return type == rediscluster::ReplyType::kError; }
  bool is_status(std::string_view word) const noexcept {
    return type == rediscluster::ReplyType::kStatus && string() == word;
  }
  // The bytes of a text-like reply or an error's message; empty for others.
  std::string_view string() const noexcept {
    using rediscluster::ReplyType;
    switch (type) {
      case ReplyType::kStatus:
      case ReplyType::kString:
      case ReplyType::kBigNumber:
      case ReplyType::kVerbatim:
      case ReplyType::kDouble:
        return {text, length};
      case ReplyType::kError:
        return error->message;
      default:
        return {};
    }
  }
};

namespace rediscluster {

using Reply = ::rc_reply;

void free_reply(Reply* root) noexcept;  // takes null; ignores nodes that are not roots

struct ReplyDeleter {
  void operator()(Reply* root) const noexcept { free_reply(root); }
};
using ReplyPtr = std::unique_ptr<Reply, ReplyDeleter>;

}  // namespace rediscluster
