#include "resp/reply_parser.h"

namespace rediscluster {
namespace {

constexpr const char* kNoMemory = "there was no memory for it";

// The usual reply; 0 for every other.
std::size_t read_usual(std::string_view bytes, Protocol protocol, PlainReply& plain) noexcept {
  const std::size_t size = read_plain(bytes, plain);
  return size == 0 && protocol == Protocol::kResp3 ? read_plain_resp3(bytes, plain) : size;
}

}  // namespace

ReplyParser::ReplyParser(Protocol protocol, bool keeps_pushes)
    : protocol_(protocol), keeps_pushes_(keeps_pushes), header_(protocol), item_(tree_) {}

// First what nearly every reply is, then what else has come whole, then the rest.
Parsed ReplyParser::next(const Destination& destination) noexcept {
  if (state_ != State::kBetweenReplies || fresh_.empty()) return next_by_steps(destination);
  if (fresh_.front() == '$') {
    const char* const end = fresh_.data() + fresh_.size();
    std::string_view text;
    if (const char* const after = plain::read_text(fresh_.data() + 1, end, text); after != nullptr) {
      fresh_ = {after, static_cast<std::size_t>(end - after)};
      if (destination.arena == nullptr) return Parsed::kReply;
      Reply* const node = root_at(destination, text.size() + 1);
      if (node != nullptr && fill_string(*node, text, **destination.arena)) [[likely]]
        return Parsed::kReply;
      refuse_for_memory();
      return Parsed::kRefused;
    }
  }
  return next_plain(destination);
}

Parsed ReplyParser::next_plain(const Destination& destination) noexcept {
  PlainReply plain;
  const std::size_t size = read_usual(fresh_, protocol_, plain);
  if (size == 0) return next_by_steps(destination);
  fresh_.remove_prefix(size);
  if (destination.arena == nullptr) return Parsed::kReply;
  Reply* const node = root_at(destination, plain.text.size() + 1);
  if (node != nullptr && fill(*node, plain, **destination.arena)) [[likely]]
    return Parsed::kReply;
  refuse_for_memory();
  return Parsed::kRefused;
}

Parsed ReplyParser::next_by_steps(const Destination& destination) noexcept {
  for (;;) {
    if (state_ == State::kBetweenReplies) {
      tree_.begin(destination);
      kind_ = Kind::kReply;
    }
    switch (step()) {
      case Step::kItem:
        state_ = State::kAtItem;
        if (!tree_.close_item()) break;
        state_ = State::kBetweenReplies;
        return kind_ == Kind::kPush ? Parsed::kPush : Parsed::kReply;
      case Step::kGoOn:
        break;
      case Step::kIncomplete:
        return Parsed::kIncomplete;
      case Step::kRefused:
        if (kind_ == Kind::kReply) return Parsed::kRefused;
        if (state_ == State::kBetweenReplies) return Parsed::kPush;
        break;  // nobody waits for a push: it only has to end
      case Step::kFailed:
        return Parsed::kFailed;
    }
  }
}

ReplyParser::Step ReplyParser::step() noexcept {
  if (state_ == State::kFailed) return Step::kFailed;
  if (fresh_.empty()) return Step::kIncomplete;
  switch (state_) {
    case State::kBetweenReplies:
    case State::kAtItem:
      return begin_item();
    case State::kInHeader:
      return read_header();
    case State::kInString:
      return read_string();
    case State::kInItem:
      return read_item(item_.read(fresh_));
    case State::kInAttribute:
    case State::kSkippingRest:
      return skip();
    case State::kFailed:
      break;
  }
  return Step::kFailed;
}

// ---- an item ----

ReplyParser::Step ReplyParser::begin_item() noexcept {
  PlainReply plain;
  if (const std::size_t size = read_usual(fresh_, protocol_, plain); size != 0) {
    fresh_.remove_prefix(size);
    return put(plain);
  }
  const char type = fresh_[0];
  if (!is_type_of(type, protocol_)) return fail(Trouble::kMalformed, malformed::kNoType);
  if (!is_line_type(type)) return read_header();
  fresh_.remove_prefix(1);
  return read_item(item_.begin_line(type));
}

ReplyParser::Step ReplyParser::put(const PlainReply& plain) noexcept {
  return tree_.put(plain) ? Step::kItem : refuse_for_memory();
}

ReplyParser::Step ReplyParser::read_header() noexcept {
  ItemHeader header;
  switch (header_.read(fresh_, header)) {
    case ReadResult::kDone:
      return begin_with(header);
    case ReadResult::kIncomplete:
      state_ = State::kInHeader;
      return Step::kIncomplete;
    default:
      return fail(Trouble::kMalformed, header_.failure());
  }
}

ReplyParser::Step ReplyParser::begin_with(const ItemHeader& header) noexcept {
  if (header.type == '|') {
    if (header.nil) return fail(Trouble::kMalformed, malformed::kNoLength);
    skipper_.begin(items_of(header.type, header.number));
    state_ = skipper_.active() ? State::kInAttribute : State::kAtItem;
    return Step::kGoOn;
  }
  if (header.type == '>' && tree_.depth() == 0 && !keeps_pushes_) {
    kind_ = Kind::kPush;
    tree_.drop();
  }
  if (header.nil) return put(PlainReply());
  return is_string_type(header.type) ? begin_string(header) : begin_aggregate(header);
}

ReplyParser::Step ReplyParser::begin_aggregate(const ItemHeader& header) noexcept {
  const std::uint64_t items = items_of(header.type, header.number);
  const auto refuse_all = [&](Trouble trouble, const char* why) {
    skipper_.begin(saturating_add(tree_.items_left() - 1, items));
    return refuse(trouble, why);
  };
  if (items > kMaxElements)
    return refuse_all(Trouble::kPastLimit, "an array of more than 2147483647 elements");
  if (tree_.depth() >= std::size_t{kMaxDepth})
    return refuse_all(Trouble::kPastLimit, "arrays in arrays more than 256 deep");
  if (!tree_.open(header.type, items)) return refuse_all(Trouble::kNoMemory, kNoMemory);
  state_ = State::kAtItem;
  return items == 0 ? Step::kItem : Step::kGoOn;
}

// Of a short string the bytes go to their place as they come. Of a long one memory is taken as they come.
ReplyParser::Step ReplyParser::begin_string(const ItemHeader& header) noexcept {
  const auto refuse_all = [&](Trouble trouble, const char* why) {
    constexpr std::size_t kEndOfLine = 2;
    skipper_.begin_in_string(tree_.items_left(), header.number + kEndOfLine);
    return refuse(trouble, why);
  };
  if (header.number > kMaxString) return refuse_all(Trouble::kPastLimit, "a string of more than 4 GiB");
  if (header.type != '$' || (header.number > kStringAhead && tree_.keeps()))
    return read_item(item_.begin_string(header.type, header.number));
  char* place = nullptr;
  if (tree_.keeps()) {
    place = tree_.put_string(static_cast<std::size_t>(header.number));
    if (place == nullptr) return refuse_all(Trouble::kNoMemory, kNoMemory);
  }
  string_.begin(place, header.number);
  state_ = State::kInString;
  return Step::kGoOn;
}

ReplyParser::Step ReplyParser::read_string() noexcept {
  switch (string_.read(fresh_)) {
    case ReadResult::kDone:
      return Step::kItem;
    case ReadResult::kIncomplete:
      return Step::kIncomplete;
    default:
      return fail(Trouble::kMalformed, malformed::kNoEnd);
  }
}

ReplyParser::Step ReplyParser::read_item(ReadResult result) noexcept {
  switch (result) {
    case ReadResult::kDone:
      return Step::kItem;
    case ReadResult::kIncomplete:
      state_ = State::kInItem;
      return Step::kGoOn;
    case ReadResult::kMalformed:
      return fail(Trouble::kMalformed, item_.failure());
    case ReadResult::kTooLong:
    case ReadResult::kNoMemory:
      break;
  }
  item_.skip_rest(skipper_, tree_.items_left());
  if (!item_.recover()) return fail(Trouble::kNoMemory, kNoMemory);
  const bool is_error = tree_.depth() == 0 && is_error_type(item_.type());
  const Step step = result == ReadResult::kTooLong ? refuse(Trouble::kPastLimit, "a line of more than 1 MiB")
                                                   : refuse(Trouble::kNoMemory, kNoMemory);
  refused_error_ = is_error;
  return step;
}

// ---- what is skipped, what goes past a limit, and what is no RESP ----

ReplyParser::Step ReplyParser::skip() noexcept {
  fresh_.remove_prefix(skipper_.consume(fresh_));
  if (skipper_.failure() != nullptr) return fail(Trouble::kMalformed, skipper_.failure());
  if (skipper_.active()) return Step::kIncomplete;
  const bool was_attribute = state_ == State::kInAttribute;
  state_ = was_attribute ? State::kAtItem : State::kBetweenReplies;
  return kind_ == Kind::kPush && !was_attribute ? Step::kRefused : Step::kGoOn;
}

// The skipper knows what is left of the reply.
ReplyParser::Step ReplyParser::refuse(Trouble trouble, const char* why) noexcept {
  trouble_ = trouble;
  reason_ = why;
  refused_error_ = false;
  tree_.abandon();
  state_ = skipper_.active() ? State::kSkippingRest : State::kBetweenReplies;
  return Step::kRefused;
}

// An item that has come whole.
ReplyParser::Step ReplyParser::refuse_for_memory() noexcept {
  skipper_.begin(tree_.items_left() - 1);
  return refuse(Trouble::kNoMemory, kNoMemory);
}

ReplyParser::Step ReplyParser::fail(Trouble trouble, const char* why) noexcept {
  trouble_ = trouble;
  reason_ = why;
  state_ = State::kFailed;
  return Step::kFailed;
}

}  // namespace rediscluster
