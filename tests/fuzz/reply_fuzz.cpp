// Bytes of a server, all the way to what a caller reads through rc_reply_*.
//
// Two bytes first: how the rest is fed (pieces of what sizes) and where the replies go, by which protocol.
// Then the server's bytes.
#include <rediscluster/rediscluster.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "fuzz/fuzz.h"
#include "resp/server_answer.h"

using namespace rediscluster;

namespace {

void append(std::string& all, std::string_view text) {
  all += std::to_string(text.size());
  all += ':';
  all += text;
}

// Reads all that can be read of an error; its line is the server's.
void show_error(const rc_error* error, std::string& all, bool inside) {
  const char* message = rc_error_message(error);
  MUST(message[0] != '\0');
  MUST(rc_error_code(error) == RC_ERR_SERVER);
  const int outcome = rc_error_outcome(error);
  MUST(outcome == RC_OUTCOME_EXECUTED || outcome == (inside ? RC_OUTCOME_UNKNOWN : RC_OUTCOME_REFUSED));
  const char* word = rc_error_server_code(error);
  if (word != nullptr) MUST(word[0] != '\0' && std::strncmp(message, word, std::strlen(word)) == 0);
  const Redirect redirect = parse_redirect(message);
  if (redirect.valid) MUST(redirect.slot >= 0 && redirect.slot < 16384);
  if (redirect.valid) MUST(redirect.port > 0 || redirect.host == "?");  // of ":0", an address that was lost
  if (classify(message) != Answer::kOther && !inside) MUST(outcome == RC_OUTCOME_REFUSED);
  append(all, message);
  all += static_cast<char>('0' + outcome);
}

void show(const rc_reply* reply, std::string& all, int depth = 0) {
  MUST(depth <= ReplyParser::kMaxDepth);
  const int type = rc_reply_type(reply);
  MUST(type >= RC_REPLY_NIL && type <= RC_REPLY_VERBATIM);
  all += static_cast<char>('a' + type);
  std::size_t length = 1;
  const char* text = rc_reply_string(reply, &length);
  MUST(text != nullptr || length == 0);
  if (text != nullptr) MUST(text[length] == '\0');
  const rc_error* error = rc_reply_error(reply);
  MUST((type == RC_REPLY_ERROR) == (error != nullptr));
  if (error != nullptr) {
    show_error(error, all, depth > 0);
  } else if (text != nullptr) {
    append(all, {text, length});
  }
  all += std::to_string(rc_reply_integer(reply));
  const double number = rc_reply_double(reply);
  if (type != RC_REPLY_DOUBLE) MUST(number == 0.0);
  const std::size_t elements = rc_reply_length(reply);
  if (text != nullptr) MUST(elements == length);
  MUST(rc_reply_element(reply, elements) == nullptr);
  for (std::size_t i = 0; i < elements; ++i) {
    const rc_reply* element = rc_reply_element(reply, i);
    MUST((element == nullptr) == (text != nullptr));
    if (element == nullptr) return;
    show(element, all, depth + 1);
  }
}

std::string shown(const Reply& reply) {
  std::string all;
  show(&reply, all);
  return all;
}

void check_copy(const Reply& reply, const std::string& original) {
  ArenaPtr arena(Arena::create(0));
  MUST(copy_tree(reply, arena->root(), *arena));
  const ReplyPtr copy = into_reply(std::move(arena));
  MUST(shown(*copy) == original);
  rc_reply_free(const_cast<rc_reply*>(rc_reply_element(copy.get(), 0)));  // no root: left alone
}

// Sizes of pieces that depend on a seed: single bytes, a few, or thousands.
class Sizes {
 public:
  explicit Sizes(std::uint8_t seed) : state_(seed) {}
  std::size_t next() {
    if (state_ == 0) return ReplyParser::kFeed;  // as much as there is
    if (state_ == 1) return 1;
    state_ = state_ * 1664525U + 1013904223U;
    const std::uint32_t most = (state_ >> 8) % 3 == 0 ? 2000 : 8;
    return 1 + (state_ >> 16) % most;
  }

 private:
  std::uint32_t state_;
};

enum class Into { kRoots, kBatch, kNowhere };
constexpr std::size_t kMaxReplies = 64;  // elements of the batch

// Every reply of the stream, in one text, and how the stream ends.
std::string read_all(std::string_view bytes, Protocol protocol, std::uint8_t sizes_seed, Into into) {
  ReplyParser parser(protocol);
  Sizes sizes(sizes_seed);
  ArenaPtr arena;
  ArenaPtr batch(Arena::create(0));
  MUST(batch->make_array(batch->root(), kMaxReplies));
  std::size_t count = 0;
  std::string all;
  const auto destination = [&]() -> Destination {
    if (into == Into::kNowhere) return {};
    if (into == Into::kBatch) return {&batch, &batch->root().elements[count]};
    return {&arena, nullptr};
  };
  const auto take = [&] {
    if (into == Into::kRoots) {
      const ReplyPtr reply = into_reply(std::move(arena));
      const std::string text = shown(*reply);
      check_copy(*reply, text);
      all += text;
    } else if (into == Into::kBatch) {
      all += shown(batch->root().elements[count]);
    }
    ++count;
  };
  bool good = true;
  while (good && !bytes.empty()) {
    const auto piece = bytes.substr(0, sizes.next());
    bytes.remove_prefix(piece.size());
    parser.feed(piece.data(), piece.size());
    while (good && parser.has_bytes() && count < kMaxReplies) {
      const Parsed parsed = parser.next(destination());
      if (parsed == Parsed::kIncomplete) break;
      good = parsed != Parsed::kFailed;
      if (parsed == Parsed::kReply) take();
      if (parsed == Parsed::kPush) all += " push ";
      if (parsed == Parsed::kRefused) {
        MUST(!parser.out_of_memory() && parser.refused() != nullptr);
        all += " refused ";
        ++count;
      }
    }
    if (count == kMaxReplies) break;
  }
  if (!good) {
    MUST(!parser.out_of_memory());
    MUST(!parser.failure().empty());
    parser.feed("+OK\r\n", 5);
    MUST(parser.next(destination()) == Parsed::kFailed);  // nothing after it is trusted
  }
  return all + (good ? " good " : " failed ") + std::to_string(count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto bytes = text_of(data + 2, size - 2);
  const Protocol protocol = data[1] >= 128 ? Protocol::kResp3 : Protocol::kResp2;
  const std::string whole = read_all(bytes, protocol, 0, Into::kRoots);
  const std::uint8_t sizes = data[0];
  // However the bytes are cut, they mean the same.
  switch (data[1] % 128 % 3) {
    case 0:
      MUST(read_all(bytes, protocol, sizes, Into::kRoots) == whole);
      break;
    case 1:
      MUST(read_all(bytes, protocol, sizes, Into::kBatch) == whole);
      break;
    default:
      read_all(bytes, protocol, sizes, Into::kNowhere);
  }
  return 0;
}
