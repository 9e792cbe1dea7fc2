// Bytes from a server become replies in the arena of the request whose turn it is. The usual reply is read
// where it lies. Every other goes through a machine of states (docs/states.md) that has a part for each kind
// of thing that may come in pieces: a header, a string, what hiredis reads, what is skipped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "resp/header_reader.h"
#include "resp/item_reader.h"
#include "resp/skipper.h"
#include "resp/string_reader.h"
#include "resp/tree_builder.h"

namespace rediscluster {

enum class Parsed {
  kReply,
  kPush,     // something that no command had asked for; read past, the destination is as it was
  kRefused,  // a reply past a limit: see refused(). What has not come of it yet is read past by later calls
  kIncomplete,
  kFailed
};

class ReplyParser {
 public:
  // Where pushes are kept, one is a reply like any other, of the type kPush: for subscribers.
  explicit ReplyParser(Protocol protocol = Protocol::kResp2, bool keeps_pushes = false);  // std::bad_alloc
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  // How much is received and fed at a time.
  static constexpr std::size_t kFeed = std::size_t{16} * 1024;

  // More bytes, which stay the caller's and in their place until next has said that it has used them up
  // (kIncomplete, or has_bytes() is false). Replies are read out of them without a copy in between.
  void feed(const char* data, std::size_t size) noexcept { fresh_ = {data, size}; }
  // Some that no call of next has used yet.
  bool has_bytes() const noexcept { return !fresh_.empty(); }
  // One reply. The place of one that is incomplete is kept: call again with the same destination after feed.
  // A push may come between any two replies, also when none is awaited: then ask with no destination.
  Parsed next(const Destination& destination) noexcept;
  // Of a reply that was refused something is still to come.
  bool passing_over() const noexcept { return state_ == State::kSkippingRest; }

  // Why next refused a reply, or failed.
  const char* refused() const noexcept { return reason_; }
  std::string failure() const { return reason_; }
  bool refused_error() const noexcept { return refused_error_; }  // the reply that it refused was an error
  bool out_of_memory() const noexcept { return trouble_ == Trouble::kNoMemory; }

  // What is past these is read to its end, and kept no more. Memory is taken only for what has come, whatever
  // length was claimed.
  static constexpr int kMaxDepth = 256;
  static constexpr std::uint64_t kMaxElements = 2147483647;            // of an array, as in hiredis 0.14
  static constexpr std::uint64_t kMaxString = std::uint64_t{4} << 30;  // as long as an argument may be
  static constexpr std::size_t kMaxLine = ItemReader::kMaxLine;        // of a status or an error
  // But that much is taken ahead for a string, so that its bytes are copied once.
  static constexpr std::uint64_t kStringAhead = std::uint64_t{4} << 20;

 private:
  // What the next byte belongs to.
  enum class State : std::uint8_t {
    kBetweenReplies,  // a new reply: nothing of it has come
    kAtItem,          // the next item of a reply that has begun
    kInHeader,        // an item's header, of which header_ holds the beginning
    kInString,        // a string, which string_ puts into its place
    kInItem,          // an item that hiredis reads for item_
    kInAttribute,     // an attribute in front of an item, which skipper_ skips
    kSkippingRest,    // what is left of a reply that was refused, which skipper_ skips
    kFailed           // something that was no RESP: nothing behind it is trusted
  };
  enum class Kind : std::uint8_t { kReply, kPush };
  enum class Trouble : std::uint8_t { kNone, kPastLimit, kNoMemory, kMalformed };
  // What a step led to. kItem: an item is complete; kGoOn: take the next step.
  enum class Step : std::uint8_t { kItem, kGoOn, kIncomplete, kRefused, kFailed };

  Parsed next_plain(const Destination& destination) noexcept;
  Parsed next_by_steps(const Destination& destination) noexcept;
  Step step() noexcept;
  Step begin_item() noexcept;
  Step read_header() noexcept;
  Step begin_with(const ItemHeader& header) noexcept;
  Step begin_aggregate(const ItemHeader& header) noexcept;
  Step begin_string(const ItemHeader& header) noexcept;
  Step read_string() noexcept;
  Step read_item(ReadResult result) noexcept;
  Step skip() noexcept;
  Step put(const PlainReply& plain) noexcept;
  Step refuse(Trouble trouble, const char* why) noexcept;
  Step refuse_for_memory() noexcept;
  Step fail(Trouble trouble, const char* why) noexcept;

  std::string_view fresh_;  // fed, not yet used
  State state_ = State::kBetweenReplies;
  Kind kind_ = Kind::kReply;  // of what state_ is in the middle of
  const Protocol protocol_;
  const bool keeps_pushes_;

  Trouble trouble_ = Trouble::kNone;  // of the last reply that was refused, or of the failure
  bool refused_error_ = false;
  const char* reason_ = "";

  TreeBuilder tree_;
  HeaderReader header_;
  StringReader string_;
  ItemReader item_;
  Skipper skipper_;
};

}  // namespace rediscluster
