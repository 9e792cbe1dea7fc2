#include "resp/item_reader.h"

#include <algorithm>
#include <charconv>
#include <new>

#include "resp/hiredis_reader.h"

namespace rediscluster {
namespace {

// What a reader may keep of its buffer when it is empty.
constexpr std::size_t kBufferKept = std::size_t{128} * 1024;
constexpr std::string_view kEndOfLine = "\r\n";

bool is_big_number(std::string_view text) noexcept {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// What hiredis read as a status or a string becomes what its type says. Null, or why it is malformed.
const char* read_text(char type, std::string_view text, PlainReply& reply) noexcept {
  reply.text = text;
  switch (type) {
    case '$':
      reply.type = ReplyType::kString;
      return nullptr;
    case ',':
      reply.type = ReplyType::kDouble;
      return read_double(text, reply.number) ? nullptr : "a double that is no number";
    case '(':
      reply.type = ReplyType::kBigNumber;
      return is_big_number(text) ? nullptr : "a big number that is no number";
    case '=':  // three letters say what kind of text it is, and then a colon
      if (text.size() < 4 || text[3] != ':') return "a verbatim string of no kind";
      reply.text.remove_prefix(4);
      reply.type = ReplyType::kVerbatim;
      return nullptr;
    case '#':
      reply.text = {};
      reply.type = ReplyType::kBool;
      reply.integer = text == "t" ? 1 : 0;
      return text == "t" || text == "f" ? nullptr : "a boolean that is none";
    case '_':
      reply.text = {};
      return text.empty() ? nullptr : "a null that says something";
    default:
      reply.type = ReplyType::kStatus;
      return nullptr;
  }
}

char accepted;  // what hiredis is told has been made; it keeps the pointer only

}  // namespace

// redisReader's object functions. They return null to fail the reader.
struct ReaderFunctions {
  static ItemReader& reader(const redisReadTask* task) noexcept {
    return *static_cast<ItemReader*>(task->privdata);
  }

  static void* string(const redisReadTask* task, char* bytes, std::size_t length) noexcept {
    ItemReader& reader = ReaderFunctions::reader(task);
    if (!plain::ends_line(bytes + length)) {  // hiredis takes any two bytes for an end
      reader.failure_ = malformed::kNoEnd;
      return nullptr;
    }
    const std::string_view text(bytes, length);
    if (is_error_type(reader.type_)) return reader.sink_.put_error(text) ? &accepted : nullptr;
    PlainReply reply;
    reader.failure_ = read_text(reader.type_, text, reply);
    return reader.failure_ == nullptr && reader.sink_.put(reply) ? &accepted : nullptr;
  }

  static void* integer(const redisReadTask* task, long long value) noexcept {
    PlainReply reply;
    reply.type = ReplyType::kInteger;
    reply.integer = value;
    return reader(task).sink_.put(reply) ? &accepted : nullptr;
  }

  // What these are for is read before it comes to hiredis.
  template <class Size>  // int before hiredis 1.0, size_t since
  static void* array(const redisReadTask*, Size) noexcept {
    return nullptr;
  }
  static void* nil(const redisReadTask*) noexcept { return nullptr; }

  static void forget(void*) noexcept {}  // nodes go with their arena

  // By name: the members' order and number differ between hiredis versions.
  static redisReplyObjectFunctions table() noexcept {
    redisReplyObjectFunctions table{};
    table.createString = &string;
    table.createArray = &array;
    table.createInteger = &integer;
    table.createNil = &nil;
    table.freeObject = &forget;
    return table;
  }
};

ItemReader::ItemReader(ItemSink& sink) : sink_(sink), reader_(new_reader()) {
  if (reader_ == nullptr) throw std::bad_alloc();
}

ItemReader::~ItemReader() = default;

ItemReader::Reader ItemReader::new_reader() noexcept {
  static redisReplyObjectFunctions functions = ReaderFunctions::table();
  Reader reader(redisReaderCreateWithFunctions(&functions), redisReaderFree);
  if (reader != nullptr) {
    reader->privdata = this;
    reader->maxbuf = 0;  // hiredis would get a new buffer by assert: see recover()
  }
  return reader;
}

// A reader that has failed is of no use any more, and the buffer of one that has read something large is too
// large to be kept.
bool ItemReader::recover() noexcept {
  Reader fresh = new_reader();
  if (fresh == nullptr) return false;
  reader_.swap(fresh);
  return true;
}

// False: it has failed.
bool ItemReader::feed(std::string_view bytes) noexcept {
  taken_ += bytes.size();
  return redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK;
}

ReadResult ItemReader::begin_line(char type) noexcept {
  type_ = type;
  state_ = State::kInLine;
  taken_ = 0;
  failure_ = nullptr;
  const char told = is_one_of(type, "-:") ? type : '+';
  return feed({&told, 1}) ? ReadResult::kIncomplete : finish();
}

ReadResult ItemReader::begin_string(char type, std::uint64_t length) noexcept {
  type_ = type;
  state_ = State::kInString;
  bytes_left_ = length + kEndOfLine.size();
  taken_ = 0;
  failure_ = nullptr;
  char header[24];
  header[0] = '$';
  char* end = std::to_chars(header + 1, header + sizeof header - kEndOfLine.size(), length).ptr;
  end = std::copy(kEndOfLine.begin(), kEndOfLine.end(), end);
  return feed({header, static_cast<std::size_t>(end - header)}) ? ReadResult::kIncomplete : finish();
}

// How many of the bytes belong to the line, and where it is after them.
std::size_t ItemReader::size_of_line(std::string_view bytes, State& after) const noexcept {
  after = State::kWhole;
  if (state_ == State::kInLineAfterCarriageReturn && bytes[0] == '\n') return 1;
  const auto end = bytes.find(kEndOfLine);
  if (end != std::string_view::npos) return end + kEndOfLine.size();
  after = bytes.back() == '\r' ? State::kInLineAfterCarriageReturn : State::kInLine;
  return bytes.size();
}

ReadResult ItemReader::read(std::string_view& bytes) noexcept {
  if (bytes.empty()) return ReadResult::kIncomplete;
  std::size_t size = 0;
  if (state_ == State::kInString) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), bytes_left_));
    bytes_left_ -= size;
    if (bytes_left_ == 0) state_ = State::kWhole;
  } else {
    State after = state_;
    size = size_of_line(bytes, after);
    if (size > kMaxLine - taken_) return ReadResult::kTooLong;  // however the line is cut
    state_ = after;
  }
  const bool fed = feed(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return fed && state_ != State::kWhole ? ReadResult::kIncomplete : finish();
}

// The item is whole, or hiredis has no memory for it.
ReadResult ItemReader::finish() noexcept {
  void* made = nullptr;
  const bool well = reader_->err == 0 && redisReaderGetReply(reader_.get(), &made) == REDIS_OK;
  if (well && made != nullptr) {
    if (taken_ > kBufferKept) recover();  // without memory for another it keeps this one, and its buffer
    return ReadResult::kDone;
  }
  if (failure_ == nullptr && reader_->err == REDIS_ERR_OOM) return ReadResult::kNoMemory;
  if (failure_ == nullptr && well) failure_ = "an item that does not end where it should";
  return ReadResult::kMalformed;
}

void ItemReader::skip_rest(Skipper& skipper, std::uint64_t items) const noexcept {
  switch (state_) {
    case State::kWhole:
      skipper.begin(items - 1);
      return;
    case State::kInLine:
    case State::kInLineAfterCarriageReturn:
      skipper.begin_in_line(items, state_ == State::kInLineAfterCarriageReturn);
      return;
    case State::kInString:
      skipper.begin_in_string(items, bytes_left_);
      return;
  }
}

const char* ItemReader::failure() const noexcept { return failure_ != nullptr ? failure_ : reader_->errstr; }

}  // namespace rediscluster
