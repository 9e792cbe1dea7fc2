#include "resp/reply_parser.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

#include "resp/hiredis_reader.h"
#include "resp/resp3.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

// Elements that are given room before they arrive; a server that promises more must deliver them first.
constexpr std::size_t kElementsAhead = 1024;
constexpr std::size_t kBytesAheadPerElement = 16;
// What a reader may keep of its buffer when it is empty.
constexpr std::size_t kBufferKept = std::size_t{128} * 1024;
constexpr std::string_view kEndOfLine = "\r\n";
constexpr const char* kNoEnd = "a string that does not end where it should";

Reply dropped;  // stands for every node of a reply that nobody waits for; never written after start

bool is_one_of(char type, std::string_view types) noexcept {
  return types.find(type) != std::string_view::npos;
}

// A length that comes later, or never.
bool is_streamed(std::string_view at_type) noexcept {
  return at_type.substr(1).starts_with("?\r\n") && is_one_of(at_type[0], "$*%~>=!|");
}

// What the reader must not see as it is: types that it does not know, or not in every version, or that it
// reads by the locale. It gets strings and statuses in their place, and no attributes.
bool is_for_us(std::string_view at_type) noexcept {
  return is_one_of(at_type[0], "|!,(") || is_streamed(at_type);
}

}  // namespace

// redisReader's object functions. They return null to fail the reader.
struct ReplyBuilder {
  static ReplyParser& parser(const redisReadTask* task) noexcept {
    return *static_cast<ReplyParser*>(task->privdata);
  }

  // The node that `task` is about, and room for `bytes` of its own.
  static Reply* node(const redisReadTask* task, std::size_t bytes) noexcept {
    parser(task).in_reply_ = true;
#if HIREDIS_MAJOR >= 1
    if (task->parent == nullptr && task->type == REDIS_REPLY_PUSH) parser(task).in_push_ = true;
#endif
    const Destination& destination = parser(task).destination_;
    if (destination.arena == nullptr || parser(task).in_push_) return &dropped;
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
    if (!plain::ends_line(bytes + length)) return refuse(task, kNoEnd);  // the reader takes any two bytes
    std::string_view text(bytes, length);
    const char type_for_us = std::exchange(parser(task).type_for_us_, '\0');
    if (task->type == REDIS_REPLY_ERROR || type_for_us == '!') return error(task, text);
    double number = 0;
    if (type_for_us == ',' && !read_double(text, number)) return refuse(task, "a double that is no number");
    if (type_for_us == '(' && !is_big_number(text)) return refuse(task, "a big number that is no number");
#if HIREDIS_MAJOR >= 1
    // Three letters say what kind of text it is, and then a colon, which the reader has seen.
    if (task->type == REDIS_REPLY_VERB) text.remove_prefix(4);
#endif
    Reply* node = ReplyBuilder::node(task, text.size() + 1);
    if (node == nullptr || node == &dropped) return node;
    node->type = type_for_us == ','   ? ReplyType::kDouble
                 : type_for_us == '(' ? ReplyType::kBigNumber
                                      : type_of_text(task->type);
    if (node->type == ReplyType::kDouble) node->number = number;
    node->length = text.size();
    node->text = arena(task).copy(text);
    return node->text == nullptr ? nullptr : node;
  }

  static bool is_big_number(std::string_view text) noexcept {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  }

  static void* error(const redisReadTask* task, std::string_view line) noexcept {
    // Judged by what its readers will see: it ends at a NUL, and arguments say nothing about it.
    const auto message = without_arguments(line.substr(0, line.find('\0')));
    const auto word = error_word(message);
    Reply* node = ReplyBuilder::node(task, error_size(message, word));
    if (node == nullptr || node == &dropped) return node;
    const Outcome outcome = task->parent == nullptr ? outcome_of(message) : outcome_inside(message);
    return arena(task).make_error(*node, Code::kServer, outcome, message, word) ? node : nullptr;
  }

  static ReplyType type_of_text(int type) noexcept {
    switch (type) {
      case REDIS_REPLY_STATUS:
        return ReplyType::kStatus;
#if HIREDIS_MAJOR >= 1
      case REDIS_REPLY_VERB:
        return ReplyType::kVerbatim;
#ifdef REDIS_REPLY_BIGNUM  // where the parser was made for RESP2
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
    if (claimed > ReplyParser::kMostElements)
      return refuse(task, "an array of more than 2147483647 elements");
    // Also where nothing is kept: the reader remembers every level.
    if (parser(task).reader_->ridx >= ReplyParser::kMaxDepth)
      return refuse(task, "arrays in arrays more than 256 deep");
    const std::size_t ahead = std::min(claimed, kElementsAhead);
    Reply* node = ReplyBuilder::node(task, ahead * (sizeof(Reply) + kBytesAheadPerElement));
    if (node == nullptr || node == &dropped) return node;
    if (!arena(task).reserve_elements(*node, ahead)) return nullptr;
    node->type = type_of_aggregate(task->type);
    return node;
  }

  static void* refuse(const redisReadTask* task, const char* why) noexcept {
    parser(task).refused_ = why;
    return nullptr;
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

  static void* nil(const redisReadTask* task) noexcept {
    parser(task).type_for_us_ = 0;
    return ReplyBuilder::node(task, 0);
  }

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

ReplyParser::ReplyParser(Protocol protocol)
    : reader_(new_reader()), resp3_(resp3_offered() && protocol == Protocol::kResp3) {
  if (reader_ == nullptr) throw std::bad_alloc();
}

ReplyParser::~ReplyParser() = default;

ReplyParser::Reader ReplyParser::new_reader() noexcept {
  static redisReplyObjectFunctions functions = ReplyBuilder::functions();
  Reader reader(redisReaderCreateWithFunctions(&functions), redisReaderFree);
  if (reader != nullptr) {
    reader->privdata = this;
    reader->maxbuf = 0;  // see give_buffer_back
  }
  return reader;
}

// redisReader would do so by itself, but gets its new buffer by assert.
void ReplyParser::give_buffer_back() noexcept {
  if (most_buffered_ <= kBufferKept || reader_->len != 0 || reader_->ridx != -1) return;
  Reader fresh = new_reader();
  if (fresh == nullptr) return;  // the old one serves on
  reader_.swap(fresh);
  most_buffered_ = 0;
}

void ReplyParser::feed(const char* data, std::size_t size) noexcept { fresh_ = {data, size}; }

// Where the next reply goes. Null: out of memory.
inline Reply* ReplyParser::node_for(std::size_t bytes) noexcept {
  ArenaPtr& arena = *destination_.arena;
  if (destination_.node != nullptr) return destination_.node;
  arena.reset(Arena::create(bytes));
  return arena == nullptr ? nullptr : &arena->root();
}

// False: out of memory.
inline bool ReplyParser::take(const PlainReply& plain) noexcept {
  if (destination_.arena == nullptr) return true;
  Reply* const node = node_for(plain.text.size() + 1);
  if (node == nullptr) return false;
  node->type = plain.type;
  node->integer = plain.integer;
  if (plain.text.data() == nullptr) return true;
  if (plain.type == ReplyType::kDouble) node->number = plain.number;
  node->length = plain.text.size();
  node->text = (*destination_.arena)->copy(plain.text);
  return node->text != nullptr;
}

// A string of which only a part is here. Its bytes go to their place as they come.
bool ReplyParser::begin_string() noexcept {
  if (fresh_[0] != '$') return false;
  std::int64_t length = 0;
  const char* const text = plain::read_number(fresh_.data() + 1, fresh_.data() + fresh_.size(), length);
  if (text == nullptr || length > kStringAhead) return false;
  const auto size = static_cast<std::size_t>(length);
  if (destination_.arena != nullptr) {
    Reply* const node = node_for(size + 1);
    string_at_ = node == nullptr ? nullptr : static_cast<char*>((*destination_.arena)->allocate(size + 1));
    out_of_memory_ = string_at_ == nullptr;
    if (out_of_memory_) return false;
    string_at_[size] = '\0';
    node->type = ReplyType::kString;
    node->length = size;
    node->text = string_at_;
  }
  fresh_.remove_prefix(static_cast<std::size_t>(text - fresh_.data()));
  string_left_ = size + kEndOfLine.size();
  in_reply_ = true;
  return true;
}

Parsed ReplyParser::go_on_with_string() noexcept {
  if (string_left_ > kEndOfLine.size()) {
    const std::size_t bytes = std::min(fresh_.size(), string_left_ - kEndOfLine.size());
    if (string_at_ != nullptr) string_at_ = std::copy_n(fresh_.data(), bytes, string_at_);
    fresh_.remove_prefix(bytes);
    string_left_ -= bytes;
  }
  for (; string_left_ > 0 && !fresh_.empty(); --string_left_) {
    if (fresh_[0] != kEndOfLine[kEndOfLine.size() - string_left_]) refused_ = kNoEnd;
    fresh_.remove_prefix(1);
  }
  if (string_left_ > 0) return Parsed::kIncomplete;
  failed_ = refused_ != nullptr;
  if (failed_) return Parsed::kFailed;
  string_at_ = nullptr;
  in_reply_ = false;
  return Parsed::kReply;
}

Parsed ReplyParser::next(const Destination& destination) noexcept {
  if (failed_) return Parsed::kFailed;
  if (string_left_ > 0) return go_on_with_string();
  if (!in_reply_) destination_ = destination;
  if (reader_idle_ && !fresh_.empty()) {
    PlainReply plain;
    std::size_t size = read_plain(fresh_, plain);
    if (size == 0 && resp3_) size = read_plain_resp3(fresh_, plain);
    if (size != 0) {
      fresh_.remove_prefix(size);
      if (take(plain)) [[likely]]
        return Parsed::kReply;
      out_of_memory_ = true;
    } else if (begin_string()) {
      return go_on_with_string();
    }
    failed_ = out_of_memory_;
    if (failed_) return Parsed::kFailed;
  }
  const Parsed parsed = next_of_reader();
  failed_ = parsed == Parsed::kFailed;
  reader_has_bytes_ = reader_->pos < reader_->len;
  reader_idle_ = !reader_has_bytes_ && reader_->ridx == -1 && !attribute_.active();
  return parsed;
}

Parsed ReplyParser::next_of_reader() noexcept {
  for (;;) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return Parsed::kFailed;
    if (reply != nullptr) {
      in_reply_ = false;
      return std::exchange(in_push_, false) ? Parsed::kPush : Parsed::kReply;
    }
    refused_ = claim_refused();
    if (refused_ != nullptr) return Parsed::kFailed;
    if (fresh_.empty()) return Parsed::kIncomplete;
    if (!feed_reader()) return Parsed::kFailed;
  }
}

bool ReplyParser::feed_reader() noexcept {
  give_buffer_back();
  if (resp3_ && (attribute_.active() || (is_for_us(fresh_) && reader_awaits_type())))
    return feed_what_is_for_us();
  const std::string_view piece = fresh_.substr(0, std::min(kFeed, resp3_ ? until_type_for_us() : kFeed));
  if (redisReaderFeed(reader_.get(), piece.data(), piece.size()) != REDIS_OK) return false;
  fresh_.remove_prefix(piece.size());
  most_buffered_ = std::max(most_buffered_, reader_->len);
  return true;
}

bool ReplyParser::feed_what_is_for_us() noexcept {
  if (!attribute_.active() && is_streamed(fresh_)) {
    refused_ = "a streamed reply, which no server is known to send";
    return false;
  }
  if (attribute_.active() || fresh_[0] == '|') {
    if (!attribute_.active()) attribute_.begin();
    fresh_.remove_prefix(attribute_.consume(fresh_));
    refused_ = attribute_.failure();
    return refused_ == nullptr;
  }
  type_for_us_ = fresh_[0];
  fresh_.remove_prefix(1);
  return redisReaderFeed(reader_.get(), type_for_us_ == '!' ? "$" : "+", 1) == REDIS_OK;
}

// Types stand after the end of a line. Of what only looks like one, in a string, reader_awaits_type knows.
std::size_t ReplyParser::until_type_for_us() const noexcept {
  const std::string_view piece = fresh_.substr(0, kFeed);
  for (std::size_t at = piece.find('\n'); at < piece.size() - 1; at = piece.find('\n', at + 1)) {
    if (is_for_us(piece.substr(at + 1))) return at + 1;
  }
  return piece.size();
}

bool ReplyParser::reader_awaits_type() const noexcept {
#if HIREDIS_MAJOR >= 1
  return reader_->pos == reader_->len && (reader_->ridx < 0 || reader_->task[reader_->ridx]->type < 0);
#else
  return false;
#endif
}

// Of what has begun, and has not all come: redisReader waits for as much as a server claims.
const char* ReplyParser::claim_refused() const noexcept {
  if (reader_->pos == reader_->len || reader_->ridx < 0) return nullptr;
#if HIREDIS_MAJOR >= 1
  const int type = reader_->task[reader_->ridx]->type;
  const bool has_length = type == REDIS_REPLY_STRING || type == REDIS_REPLY_VERB;
#else
  const bool has_length = reader_->rstack[reader_->ridx].type == REDIS_REPLY_STRING;
#endif
  const char* const begin = reader_->buf + reader_->pos;
  const char* const end = reader_->buf + reader_->len;
  if (has_length) {
    std::uint64_t length = 0;
    const auto [after, failure] = std::from_chars(begin, end, length);
    if (failure == std::errc::result_out_of_range || length > kLongestString)
      return "a string of more than 4 GiB";
    const std::string_view rest(after, static_cast<std::size_t>(end - after));
    if (failure == std::errc() && (rest == "\r" || rest.starts_with("\r\n"))) return nullptr;
  }
  return static_cast<std::size_t>(end - begin) > kLongestLine ? "a line of more than 1 MiB" : nullptr;
}

bool ReplyParser::out_of_memory() const noexcept {
  return out_of_memory_ || (reader_->err == REDIS_ERR_OOM && refused_ == nullptr);
}

std::string ReplyParser::failure() const { return refused_ != nullptr ? refused_ : reader_->errstr; }

}  // namespace rediscluster
