#include "resp/reply_parser.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <new>
#include <utility>

#include "resp/hiredis_reader.h"
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
constexpr const char* kNoLength = "a length that is no number";
constexpr const char* kNoMemory = "there was no memory for it";
// "$" and the digits of any length, with its sign and the end of its line.
constexpr std::size_t kMaxHeader = 24;

bool is_one_of(char type, std::string_view types) noexcept {
  return types.find(type) != std::string_view::npos;
}

bool is_string(char type) noexcept { return is_one_of(type, "$=!"); }

ReplyType type_of_aggregate(char type) noexcept {
  return type == '%'   ? ReplyType::kMap
         : type == '~' ? ReplyType::kSet
         : type == '>' ? ReplyType::kPush
                       : ReplyType::kArray;
}

bool is_big_number(std::string_view text) noexcept {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr const char* kTooManyElements = "an array of more than 2147483647 elements";
constexpr const char* kTooLongString = "a string of more than 4 GiB";

char read_past;  // what the reader is told to have been made; it keeps the pointer only

}  // namespace

// redisReader's object functions. It is given one item at a time, a status, an error, an integer or a string,
// and these make the node. They return null to fail the reader.
struct ReplyBuilder {
  static ReplyParser& parser(const redisReadTask* task) noexcept {
    return *static_cast<ReplyParser*>(task->privdata);
  }

  static void* refuse(ReplyParser& parser, const char* why) noexcept {
    parser.reader_refused_ = why;
    return nullptr;
  }

  static void* string(const redisReadTask* task, char* bytes, std::size_t length) noexcept {
    ReplyParser& parser = ReplyBuilder::parser(task);
    if (!plain::ends_line(bytes + length)) return refuse(parser, kNoEnd);  // the reader takes any two bytes
    std::string_view text(bytes, length);
    PlainReply reply;
    switch (parser.type_) {
      case '-':
      case '!':
        return error(parser, text);
      case '$':
        reply.type = ReplyType::kString;
        break;
      case ',':
        if (!read_double(text, reply.number)) return refuse(parser, "a double that is no number");
        reply.type = ReplyType::kDouble;
        break;
      case '(':
        if (!is_big_number(text)) return refuse(parser, "a big number that is no number");
        reply.type = ReplyType::kBigNumber;
        break;
      case '=':  // three letters say what kind of text it is, and then a colon
        if (text.size() < 4 || text[3] != ':') return refuse(parser, "a verbatim string of no kind");
        text.remove_prefix(4);
        reply.type = ReplyType::kVerbatim;
        break;
      case '#':
        if (text != "t" && text != "f") return refuse(parser, "a boolean that is none");
        reply.type = ReplyType::kBool;
        reply.integer = text == "t" ? 1 : 0;
        text = {};
        break;
      case '_':
        if (!text.empty()) return refuse(parser, "a null that says something");
        text = {};
        break;
      default:
        reply.type = ReplyType::kStatus;
    }
    if (reply.type != ReplyType::kNil && reply.type != ReplyType::kBool) reply.text = text;
    return put(parser, reply);
  }

  static void* put(ReplyParser& parser, const PlainReply& reply) noexcept {
    if (!parser.keeps()) return &read_past;
    Reply* const node = parser.node_for(reply.text.size() + 1);
    return node != nullptr && parser.fill(node, reply) ? &read_past : nullptr;
  }

  static void* error(ReplyParser& parser, std::string_view line) noexcept {
    // Judged by what its readers will see: it ends at a NUL, and arguments say nothing about it.
    const auto message = without_arguments(line.substr(0, line.find('\0')));
    const auto word = error_word(message);
    if (!parser.keeps()) return &read_past;
    Reply* const node = parser.node_for(error_size(message, word));
    if (node == nullptr) return nullptr;
    const Outcome outcome = parser.levels_.empty() ? outcome_of(message) : outcome_inside(message);
    return parser.arena().make_error(*node, Code::kServer, outcome, message, word) ? &read_past : nullptr;
  }

  static void* integer(const redisReadTask* task, long long value) noexcept {
    PlainReply reply;
    reply.type = ReplyType::kInteger;
    reply.integer = value;
    return put(parser(task), reply);
  }

  // What these are for is read before it comes to the reader.
  template <class Size>  // int before hiredis 1.0, size_t since
  static void* array(const redisReadTask*, Size) noexcept {
    return nullptr;
  }
  static void* nil(const redisReadTask*) noexcept { return nullptr; }

  static void forget(void*) noexcept {}  // nodes go with their arena

  // By name: the members' order and number differ between hiredis versions.
  static redisReplyObjectFunctions functions() noexcept {
    redisReplyObjectFunctions table{};
    table.createString = &string;
    table.createArray = &array;
    table.createInteger = &integer;
    table.createNil = &nil;
    table.freeObject = &forget;
    return table;
  }
};

ReplyParser::ReplyParser(Protocol protocol) : reader_(new_reader()), resp3_(protocol == Protocol::kResp3) {
  if (reader_ == nullptr) throw std::bad_alloc();
}

ReplyParser::~ReplyParser() = default;

ReplyParser::Reader ReplyParser::new_reader() noexcept {
  static redisReplyObjectFunctions functions = ReplyBuilder::functions();
  Reader reader(redisReaderCreateWithFunctions(&functions), redisReaderFree);
  if (reader != nullptr) {
    reader->privdata = this;
    reader->maxbuf = 0;  // it would get a new buffer by assert: see renew_reader
  }
  return reader;
}

void ReplyParser::feed(const char* data, std::size_t size) noexcept { fresh_ = {data, size}; }

// ---- where a reply goes; null: out of memory ----

inline Reply* ReplyParser::root(std::size_t bytes) noexcept {
  ArenaPtr& arena = *destination_.arena;
  if (destination_.node != nullptr) return destination_.node;
  arena.reset(Arena::create(bytes));
  return arena == nullptr ? nullptr : &arena->root();
}

// Finished elements may move: only what is open is pointed to, and that is the last of its parent.
Reply* ReplyParser::element(Reply& parent) noexcept {
  if (parent.length == parent.capacity) {
    const std::size_t capacity = std::max<std::size_t>(std::size_t{parent.capacity} * 2, 1);
    auto* elements = static_cast<Reply*>(arena().allocate(capacity * sizeof(Reply)));
    if (elements == nullptr) return nullptr;
    std::copy_n(parent.elements, parent.capacity, elements);
    parent.elements = elements;
    parent.capacity = static_cast<std::uint32_t>(capacity);
  }
  auto* node = new (&parent.elements[parent.length]) Reply();
  node->depth = static_cast<std::uint16_t>(parent.depth + 1);
  ++parent.length;
  return node;
}

Reply* ReplyParser::node_for(std::size_t bytes) noexcept {
  return levels_.empty() ? root(bytes) : element(*levels_.back().node);
}

// False: out of memory.
inline bool ReplyParser::fill(Reply* node, const PlainReply& plain) noexcept {
  node->type = plain.type;
  node->integer = plain.integer;
  if (plain.text.data() == nullptr) return true;
  if (plain.type == ReplyType::kDouble) node->number = plain.number;
  node->length = plain.text.size();
  node->text = arena().copy(plain.text);
  return node->text != nullptr;
}

// ---- one reply ----

Parsed ReplyParser::next(const Destination& destination) noexcept {
  if (failed_) return Parsed::kFailed;
  if (between_ && !fresh_.empty()) {
    PlainReply plain;
    std::size_t size = read_plain(fresh_, plain);
    if (size == 0 && resp3_) size = read_plain_resp3(fresh_, plain);
    if (size != 0) {
      fresh_.remove_prefix(size);
      if (destination.arena == nullptr) return Parsed::kReply;
      destination_ = destination;
      Reply* const node = root(plain.text.size() + 1);
      if (node != nullptr && fill(node, plain)) [[likely]]
        return Parsed::kReply;
      refuse_for_memory();
      return Parsed::kRefused;
    }
  }
  return next_slowly(destination);
}

Parsed ReplyParser::next_slowly(const Destination& destination) noexcept {
  for (;;) {
    if (between_) {
      destination_ = destination;
      out_of_memory_ = false;
    }
    switch (step()) {
      case Step::kItem:
        if (!end_item()) break;
        between_ = true;
        return std::exchange(in_push_, false) ? Parsed::kPush : Parsed::kReply;
      case Step::kGoOn:
        break;
      case Step::kIncomplete:
        return Parsed::kIncomplete;
      case Step::kRefused:  // a push is nobody's: it only has to end
        if (in_push_ && passing_over_) break;
        return std::exchange(in_push_, false) ? Parsed::kPush : Parsed::kRefused;
      case Step::kFailed:
        failed_ = true;
        return Parsed::kFailed;
    }
  }
}

ReplyParser::Step ReplyParser::step() noexcept {
  if (fresh_.empty()) return Step::kIncomplete;
  if (skipper_.active()) {
    fresh_.remove_prefix(skipper_.consume(fresh_));
    if (skipper_.failure() != nullptr) return fail(skipper_.failure());
    if (skipper_.active()) return Step::kIncomplete;
    if (!std::exchange(passing_over_, false)) return Step::kGoOn;  // it was an attribute
    between_ = true;
    return in_push_ ? Step::kRefused : Step::kGoOn;
  }
  if (string_left_ > 0) return go_on_with_string();
  if (reading_) return go_on_with_reader();
  return begin_item();
}

// True: the reply is complete.
bool ReplyParser::end_item() noexcept {
  while (!levels_.empty()) {
    if (--levels_.back().left > 0) return false;
    levels_.pop_back();
  }
  return true;
}

ReplyParser::Step ReplyParser::begin_item() noexcept {
  between_ = false;
  const char type = header_.empty() ? fresh_[0] : header_[0];
  PlainReply plain;
  std::size_t size = header_.empty() ? read_plain(fresh_, plain) : 0;
  if (size == 0 && resp3_ && header_.empty()) size = read_plain_resp3(fresh_, plain);
  if (size != 0) {
    fresh_.remove_prefix(size);
    if (!keeps()) return Step::kItem;
    Reply* const node = node_for(plain.text.size() + 1);
    return node != nullptr && fill(node, plain) ? Step::kItem : refuse_for_memory();
  }
  if (is_one_of(type, "*$") || (resp3_ && is_one_of(type, "%~>=!|"))) {
    Header header;
    const Step step = read_header(header);
    return step == Step::kItem ? begin_with(header) : step;
  }
  if (!is_one_of(type, "+-:") && !(resp3_ && is_one_of(type, "_#,("))) return fail("something of no type");
  fresh_.remove_prefix(1);
  in_line_ = true;
  after_carriage_return_ = false;
  return begin_with_reader(type, 0);
}

// kItem: it is there. It may have come in parts.
ReplyParser::Step ReplyParser::read_header(Header& header) noexcept {
  std::string_view whole = fresh_;
  if (!header_.empty()) {
    const auto more = fresh_.substr(0, kMaxHeader - header_.size());
    const auto end = more.find('\n');
    const auto taken = more.substr(0, end == std::string_view::npos ? more.size() : end + 1);
    header_ += taken;  // it has room
    fresh_.remove_prefix(taken.size());
    whole = header_;
  }
  const auto end = whole.substr(0, kMaxHeader).find('\n');
  if (end == std::string_view::npos) {
    if (whole.size() >= kMaxHeader) return fail(kNoLength);
    // What can be no length is not waited for. What goes past a limit is: it may still turn out to be none.
    const auto digits = whole.substr(1);
    if (digits.find_first_not_of("0123456789-\r?") != std::string_view::npos) return fail(kNoLength);
    if (!header_.empty()) return Step::kIncomplete;
    try {
      header_.reserve(kMaxHeader);
    } catch (const std::bad_alloc&) {
      return fail(kNoMemory);
    }
    header_ = fresh_;
    fresh_ = {};
    return Step::kIncomplete;
  }
  const auto line = whole.substr(0, end);
  header.type = line[0];
  if (resp3_ && line.size() == 3 && line[1] == '?')
    return fail("a streamed reply, which no server is known to send");
  if (line.size() < 3 || line.back() != '\r') return fail(kNoLength);
  std::int64_t number = 0;
  const char* const last = line.data() + line.size() - 1;
  const auto [after, failure] = std::from_chars(line.data() + 1, last, number);
  if (failure != std::errc() || after != last || number < -1 || (number == 0 && line[1] == '-'))
    return fail(kNoLength);
  header.nil = number == -1;
  header.number = static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
  if (header_.empty()) {
    fresh_.remove_prefix(end + 1);
  } else {
    header_.clear();
  }
  return Step::kItem;
}

ReplyParser::Step ReplyParser::begin_with(const Header& header) noexcept {
  if (header.type == '|') {
    if (header.nil) return fail(kNoLength);
    skipper_.begin(saturating_add(header.number, header.number));
    return Step::kGoOn;
  }
  if (header.type == '>' && levels_.empty()) in_push_ = true;
  if (header.nil) return put_nil();
  return is_string(header.type) ? begin_string(header) : begin_aggregate(header);
}

ReplyParser::Step ReplyParser::put_nil() noexcept {
  if (!keeps()) return Step::kItem;
  return node_for(0) == nullptr ? refuse_for_memory() : Step::kItem;
}

ReplyParser::Step ReplyParser::begin_aggregate(const Header& header) noexcept {
  const std::uint64_t elements =
      header.type == '%' ? saturating_add(header.number, header.number) : header.number;
  const auto refuse_all = [&](const char* why) {
    skipper_.begin(saturating_add(items_left() - 1, elements));
    return refuse(why);
  };
  if (elements > kMaxElements) return refuse_all(kTooManyElements);
  if (levels_.size() >= std::size_t{kMaxDepth}) return refuse_all("arrays in arrays more than 256 deep");
  Reply* node = nullptr;
  if (keeps()) {
    const auto ahead = static_cast<std::size_t>(std::min<std::uint64_t>(elements, kElementsAhead));
    node = node_for(ahead * (sizeof(Reply) + kBytesAheadPerElement));
    out_of_memory_ = node == nullptr || !arena().reserve_elements(*node, ahead);
    if (out_of_memory_) return refuse_all(kNoMemory);
    node->type = type_of_aggregate(header.type);
  }
  if (elements == 0) return Step::kItem;
  try {
    levels_.push_back({node, elements});
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
    return refuse_all(kNoMemory);
  }
  return Step::kGoOn;
}

// Of a short string the bytes go to their place as they come.
ReplyParser::Step ReplyParser::begin_string(const Header& header) noexcept {
  const std::uint64_t bytes = header.number + kEndOfLine.size();
  if (header.number > kMaxString) {
    skipper_.begin_in_string(items_left(), bytes);
    return refuse(kTooLongString);
  }
  if (header.type != '$' || (header.number > kStringAhead && keeps())) {
    in_line_ = false;
    return begin_with_reader(header.type, header.number);
  }
  string_at_ = nullptr;
  if (keeps()) {
    const auto size = static_cast<std::size_t>(header.number);
    Reply* const node = node_for(size + 1);
    string_at_ = node == nullptr ? nullptr : static_cast<char*>(arena().allocate(size + 1));
    if (string_at_ == nullptr) {
      skipper_.begin_in_string(items_left(), bytes);
      out_of_memory_ = true;
      return refuse(kNoMemory);
    }
    string_at_[size] = '\0';
    node->type = ReplyType::kString;
    node->length = size;
    node->text = string_at_;
  }
  string_left_ = bytes;
  return Step::kGoOn;
}

ReplyParser::Step ReplyParser::go_on_with_string() noexcept {
  if (string_left_ > kEndOfLine.size()) {
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(fresh_.size(), string_left_ - kEndOfLine.size()));
    if (string_at_ != nullptr) string_at_ = std::copy_n(fresh_.data(), bytes, string_at_);
    fresh_.remove_prefix(bytes);
    string_left_ -= bytes;
  }
  for (; string_left_ > 0 && !fresh_.empty(); --string_left_) {
    if (fresh_[0] != kEndOfLine[kEndOfLine.size() - string_left_]) return fail(kNoEnd);
    fresh_.remove_prefix(1);
  }
  return string_left_ > 0 ? Step::kIncomplete : Step::kItem;
}

// ---- what goes past a limit, and what is no RESP ----

// Items that are still to come of this reply, the one that has begun among them, but not the aggregates
// around it, whose headers are past.
std::uint64_t ReplyParser::items_left() const noexcept {
  std::uint64_t items = 1;
  for (const Level& level : levels_) items += level.left - 1;
  return items;
}

// The skipper knows what is left of the reply.
ReplyParser::Step ReplyParser::refuse(const char* why) noexcept {
  refused_ = why;
  refused_error_ = reading_ && levels_.empty() && is_one_of(type_, "-!");
  levels_.clear();
  string_left_ = 0;
  reading_ = false;
  passing_over_ = skipper_.active();
  between_ = !passing_over_;
  return Step::kRefused;
}

// An item that has come whole.
ReplyParser::Step ReplyParser::refuse_for_memory() noexcept {
  out_of_memory_ = true;
  skipper_.begin(items_left() - 1);
  return refuse(kNoMemory);
}

ReplyParser::Step ReplyParser::fail(const char* why) noexcept {
  why_ = why;
  out_of_memory_ = why == kNoMemory;
  return Step::kFailed;
}

// ---- by the reader ----

// It is told of a type that every version of it knows.
ReplyParser::Step ReplyParser::begin_with_reader(char type, std::uint64_t bytes) noexcept {
  reading_ = true;
  type_ = type;
  bytes_left_ = bytes + kEndOfLine.size();
  reader_took_ = 0;
  reader_refused_ = nullptr;
  char head[kMaxHeader + 2];
  char* end = head;
  *end++ = in_line_ ? (is_one_of(type, "-:") ? type : '+') : '$';
  if (!in_line_) {
    end = std::to_chars(end, head + sizeof head, bytes).ptr;
    end = std::copy(kEndOfLine.begin(), kEndOfLine.end(), end);
  }
  if (feed_reader({head, static_cast<std::size_t>(end - head)})) return Step::kGoOn;
  return take_from_reader(false);
}

ReplyParser::Step ReplyParser::go_on_with_reader() noexcept {
  std::size_t size = fresh_.size();
  bool ends = false;
  if (in_line_) {
    ends = after_carriage_return_ && fresh_[0] == '\n';
    const auto end = ends ? std::string_view::npos : fresh_.find(kEndOfLine);
    if (ends) {
      size = 1;
    } else if (end != std::string_view::npos) {
      size = end + kEndOfLine.size();
      ends = true;
    }
    if (size > kMaxLine - reader_took_) {  // however it is cut; what has come of it is read past with it
      skipper_.begin_in_line(items_left(), after_carriage_return_);
      return renew_reader() ? refuse("a line of more than 1 MiB") : fail(kNoMemory);
    }
    after_carriage_return_ = !ends && fresh_.back() == '\r';
  } else {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes_left_));
    bytes_left_ -= size;
    ends = bytes_left_ == 0;
  }
  const bool fed = feed_reader(fresh_.substr(0, size));
  fresh_.remove_prefix(size);
  return fed && !ends ? Step::kGoOn : take_from_reader(ends);
}

// False: it has failed.
bool ReplyParser::feed_reader(std::string_view bytes) noexcept {
  reader_took_ += bytes.size();
  return redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK;
}

// The item is whole, or the reader has no memory for it.
ReplyParser::Step ReplyParser::take_from_reader(bool whole) noexcept {
  void* made = nullptr;
  const bool well = reader_->err == 0 && redisReaderGetReply(reader_.get(), &made) == REDIS_OK;
  if (well && made != nullptr) {
    reading_ = false;
    if (reader_took_ > kBufferKept) renew_reader();  // else its buffer stays
    return Step::kItem;
  }
  if (reader_refused_ != nullptr) return fail(reader_refused_);
  if (reader_->err != REDIS_ERR_OOM)
    return fail(well ? "an item that does not end where it should" : nullptr);
  out_of_memory_ = true;
  if (whole) {
    skipper_.begin(items_left() - 1);
  } else if (in_line_) {
    skipper_.begin_in_line(items_left(), after_carriage_return_);
  } else {
    skipper_.begin_in_string(items_left(), bytes_left_);
  }
  return renew_reader() ? refuse(kNoMemory) : fail(kNoMemory);
}

// A reader that has failed is of no use any more, and the buffer of one that has read something large is too
// large to be kept. False: out of memory.
bool ReplyParser::renew_reader() noexcept {
  Reader fresh = new_reader();
  if (fresh == nullptr) return false;
  reader_.swap(fresh);
  return true;
}

std::string ReplyParser::failure() const { return why_ != nullptr ? why_ : reader_->errstr; }

}  // namespace rediscluster
