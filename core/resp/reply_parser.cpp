#include "resp/reply_parser.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <new>

#include "resp/server_answer.h"

namespace rediscluster {
namespace {

constexpr int kMaxDepth = 256;
// Elements that are given room before they arrive; a server that promises more must deliver them first.
constexpr std::size_t kElementsAhead = 1024;
constexpr std::size_t kBytesAheadPerElement = 16;

Reply dropped;  // stands for every node of a reply that nobody waits for; never written after start

}  // namespace

// redisReader's object functions. They return null to fail the reader.
struct ReplyBuilder {
  static ReplyParser& parser(const redisReadTask* task) noexcept {
    return *static_cast<ReplyParser*>(task->privdata);
  }

  // The node that `task` is about, and room for `bytes` of its own.
  static Reply* node(const redisReadTask* task, std::size_t bytes) noexcept {
    parser(task).in_reply_ = true;
    const Destination& destination = parser(task).destination_;
    if (destination.arena == nullptr) return &dropped;
    if (task->parent != nullptr) return element(task, static_cast<Reply*>(task->parent->obj));
    if (destination.node != nullptr) return destination.node;
    destination.arena->reset(Arena::create(bytes));
    return *destination.arena == nullptr ? nullptr : &(*destination.arena)->root();
  }

  static Reply* element(const redisReadTask* task, Reply* parent) noexcept {
    const auto index = static_cast<std::size_t>(task->idx);
    if (index >= parent->capacity && !grow(task, parent)) return nullptr;
    auto* node = new (&parent->elements[index]) Reply();
    node->depth = static_cast<std::uint16_t>(parent->depth + 1);
    parent->length = index + 1;
    return node;
  }

  // Finished elements may move: the reader keeps no pointer to them.
  static bool grow(const redisReadTask* task, Reply* parent) noexcept {
    const std::size_t capacity = std::size_t{parent->capacity} * 2;
    auto* elements = static_cast<Reply*>(arena(task).allocate(capacity * sizeof(Reply)));
    if (elements == nullptr) return false;
    std::copy_n(parent->elements, parent->capacity, elements);
    parent->elements = elements;
    parent->capacity = static_cast<std::uint32_t>(capacity);
    return true;
  }

  static Arena& arena(const redisReadTask* task) noexcept { return **parser(task).destination_.arena; }

  static void* string(const redisReadTask* task, char* bytes, std::size_t length) noexcept {
    const std::string_view text(bytes, length);
    if (task->type == REDIS_REPLY_ERROR) return error(task, text);
    Reply* node = ReplyBuilder::node(task, length + 1);
    if (node == nullptr || node == &dropped) return node;
    node->type = type_of_text(task->type);
    node->length = length;
    node->text = arena(task).copy(text);
    return node->text == nullptr ? nullptr : node;
  }

  static void* error(const redisReadTask* task, std::string_view line) noexcept {
    const auto word = error_word(line);
    const auto message = without_arguments(line);
    Reply* node = ReplyBuilder::node(task, error_size(message, word));
    if (node == nullptr || node == &dropped) return node;
    return arena(task).make_error(*node, Code::kServer, outcome_of(line), message, word) ? node : nullptr;
  }

  static ReplyType type_of_text(int type) noexcept {
    switch (type) {
      case REDIS_REPLY_STATUS:
        return ReplyType::kStatus;
#if HIREDIS_MAJOR >= 1
      case REDIS_REPLY_VERB:
        return ReplyType::kVerbatim;
#ifdef REDIS_REPLY_BIGNUM
      case REDIS_REPLY_BIGNUM:
        return ReplyType::kBigNumber;
#endif
#endif
      default:
        return ReplyType::kString;
    }
  }

  template <class Size>  // int before hiredis 1.0, size_t since
  static void* array(const redisReadTask* task, Size count) noexcept {
    const auto claimed = static_cast<std::size_t>(count);
    const std::size_t ahead = std::min(claimed, kElementsAhead);
    Reply* node = ReplyBuilder::node(task, ahead * (sizeof(Reply) + kBytesAheadPerElement));
    if (node == nullptr || node == &dropped) return node;
    if (node->depth >= kMaxDepth) {
      parser(task).too_deep_ = true;
      return nullptr;
    }
    if (!arena(task).reserve_elements(*node, ahead)) return nullptr;
    node->type = type_of_aggregate(task->type);
    return node;
  }

  static ReplyType type_of_aggregate(int type) noexcept {
    switch (type) {
#if HIREDIS_MAJOR >= 1
      case REDIS_REPLY_MAP:
        return ReplyType::kMap;
      case REDIS_REPLY_SET:
        return ReplyType::kSet;
      case REDIS_REPLY_PUSH:
        return ReplyType::kPush;
#endif
      default:
        return ReplyType::kArray;
    }
  }

  static void* integer(const redisReadTask* task, long long value) noexcept {
    Reply* node = ReplyBuilder::node(task, 0);
    if (node == nullptr || node == &dropped) return node;
    node->type = ReplyType::kInteger;
    node->integer = value;
    return node;
  }

  static void* nil(const redisReadTask* task) noexcept { return ReplyBuilder::node(task, 0); }

#if HIREDIS_MAJOR >= 1
  static void* real(const redisReadTask* task, double value, char* bytes, std::size_t length) noexcept {
    Reply* node = ReplyBuilder::node(task, length + 1);
    if (node == nullptr || node == &dropped) return node;
    node->type = ReplyType::kDouble;
    node->number = value;
    node->length = length;
    node->text = arena(task).copy({bytes, length});
    return node->text == nullptr ? nullptr : node;
  }

  static void* boolean(const redisReadTask* task, int value) noexcept {
    Reply* node = ReplyBuilder::node(task, 0);
    if (node == nullptr || node == &dropped) return node;
    node->type = ReplyType::kBool;
    node->integer = value;
    return node;
  }
#endif

  static void forget(void*) noexcept {}  // nodes go with their arena

  // By name: the members' order and number differ between hiredis versions.
  static redisReplyObjectFunctions functions() noexcept {
    redisReplyObjectFunctions table{};
    table.createString = &string;
    table.createArray = &array;
    table.createInteger = &integer;
    table.createNil = &nil;
    table.freeObject = &forget;
#if HIREDIS_MAJOR >= 1
    table.createDouble = &real;
    table.createBool = &boolean;
#endif
    return table;
  }
};

ReplyParser::ReplyParser() : reader_(nullptr, redisReaderFree) {
  static redisReplyObjectFunctions functions = ReplyBuilder::functions();
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyParser::~ReplyParser() = default;

bool ReplyParser::feed(const char* data, std::size_t size) noexcept {
  return redisReaderFeed(reader_.get(), data, size) == REDIS_OK;
}

bool ReplyParser::has_bytes() const noexcept { return reader_->pos < reader_->len; }

Parsed ReplyParser::next(const Destination& destination) noexcept {
  if (!in_reply_) destination_ = destination;
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return Parsed::kFailed;
  if (reply == nullptr) return Parsed::kIncomplete;
  in_reply_ = false;
  return Parsed::kReply;
}

bool ReplyParser::out_of_memory() const noexcept { return reader_->err == REDIS_ERR_OOM && !too_deep_; }

std::string ReplyParser::failure() const {
  if (too_deep_) return "arrays in arrays more than " + std::to_string(kMaxDepth) + " deep";
  return reader_->errstr;
}

}  // namespace rediscluster
