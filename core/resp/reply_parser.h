// Bytes from a server become replies in the arena of the request whose turn it is. What holds elements, and
// the usual reply, is read where it lies; every other is found by hiredis' redisReader, one at a time, so
// that neither the depth it follows nor the types it knows matter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "resp/arena.h"
#include "resp/plain_reply.h"
#include "resp/skipper.h"

struct redisReader;

namespace rediscluster {

// Where the next reply goes.
struct Destination {
  ArenaPtr* arena = nullptr;  // null: the reply is read past and dropped
  Reply* node = nullptr;      // of *arena; null: the reply is to be the root of a new arena
};

enum class Parsed {
  kReply,
  kPush,     // something that no command had asked for; read past, the destination is as it was
  kRefused,  // a reply past a limit: see refused(). What has not come of it yet is read past by later calls
  kIncomplete,
  kFailed
};

enum class Protocol { kResp2, kResp3 };

class ReplyParser {
 public:
  explicit ReplyParser(Protocol protocol = Protocol::kResp2);
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  // How much is received and fed at a time.
  static constexpr std::size_t kFeed = std::size_t{16} * 1024;

  // More bytes, which stay the caller's and in their place until next has said that it has used them up
  // (kIncomplete, or has_bytes() is false). Replies are read out of them without a copy in between.
  void feed(const char* data, std::size_t size) noexcept;
  // Some that no call of next has used yet.
  bool has_bytes() const noexcept { return !fresh_.empty(); }
  // One reply. The place of one that is incomplete is kept: call again with the same destination after feed.
  // A push may come between any two replies, also when none is awaited: then ask with no destination.
  Parsed next(const Destination& destination) noexcept;
  // Of a reply that was refused something is still to come.
  bool passing_over() const noexcept { return passing_over_; }

  // Why next refused a reply: its limit, or that there was no memory for it.
  const char* refused() const noexcept { return refused_; }
  bool refused_error() const noexcept { return refused_error_; }  // that reply was an error
  bool out_of_memory() const noexcept { return out_of_memory_; }  // why next refused a reply, or failed
  std::string failure() const;                                    // why next failed

  // What is past these is read to its end, and kept no more. Memory is taken only for what has come, whatever
  // length was claimed.
  static constexpr int kMaxDepth = 256;
  static constexpr std::uint64_t kMaxElements = 2147483647;            // of an array, as in hiredis 0.14
  static constexpr std::uint64_t kMaxString = std::uint64_t{4} << 30;  // as long as an argument may be
  static constexpr std::size_t kMaxLine = std::size_t{1024} * 1024;    // of a status or an error
  // But that much is taken ahead for a string, so that its bytes are copied once.
  static constexpr std::uint64_t kStringAhead = std::uint64_t{4} << 20;

 private:
  friend struct ReplyBuilder;
  using Reader = std::unique_ptr<redisReader, void (*)(redisReader*)>;

  // An aggregate of which elements are still to come, the one that has begun among them.
  struct Level {
    Reply* node;  // null: it is dropped
    std::uint64_t left;
  };
  // The header of an item with a length: "$5\r\n", "*3\r\n".
  struct Header {
    char type = 0;
    bool nil = false;
    std::uint64_t number = 0;
  };
  enum class Step { kItem, kGoOn, kIncomplete, kRefused, kFailed };  // kItem: one has ended

  bool keeps() const noexcept { return destination_.arena != nullptr && !in_push_; }
  Arena& arena() noexcept { return **destination_.arena; }
  Reply* root(std::size_t bytes) noexcept;
  Reply* element(Reply& parent) noexcept;
  Reply* node_for(std::size_t bytes) noexcept;
  bool fill(Reply* node, const PlainReply& plain) noexcept;
  Parsed next_slowly(const Destination& destination) noexcept;
  Step step() noexcept;
  Step begin_item() noexcept;
  Step read_header(Header& header) noexcept;
  Step begin_with(const Header& header) noexcept;
  Step begin_aggregate(const Header& header) noexcept;
  Step begin_string(const Header& header) noexcept;
  Step put_nil() noexcept;
  Step go_on_with_string() noexcept;
  Step begin_with_reader(char type, std::uint64_t bytes) noexcept;
  Step go_on_with_reader() noexcept;
  Step take_from_reader(bool whole) noexcept;
  bool feed_reader(std::string_view bytes) noexcept;
  bool renew_reader() noexcept;
  Reader new_reader() noexcept;
  bool end_item() noexcept;
  std::uint64_t items_left() const noexcept;
  Step refuse(const char* why) noexcept;
  Step refuse_for_memory() noexcept;
  Step fail(const char* why) noexcept;

  std::string_view fresh_;  // fed, not yet used
  bool failed_ = false;     // nothing that comes after it is trusted
  bool between_ = true;     // between two replies: nothing has begun
  Destination destination_;
  std::vector<Level> levels_;
  bool in_push_ = false;
  bool passing_over_ = false;      // the rest of a refused reply, by skipper_
  Skipper skipper_;                // of an attribute, or of that
  std::string header_;             // what has come of one, where it did not come whole
  char* string_at_ = nullptr;      // where the next bytes of a string go; null: it is dropped
  std::uint64_t string_left_ = 0;  // bytes of a string that has begun, its end of line with them

  Reader reader_;
  bool reading_ = false;                // the reader has begun an item
  char type_ = 0;                       // of it, whatever the reader was told
  std::uint64_t bytes_left_ = 0;        // of its string, its end of line with them
  bool in_line_ = false;                // it has no length, but ends with its line
  bool after_carriage_return_ = false;  // in that line
  std::size_t reader_took_ = 0;         // bytes, for one item; its buffer grows with them
  const char* reader_refused_ = nullptr;

  const char* refused_ = nullptr;
  bool refused_error_ = false;
  const char* why_ = nullptr;  // it failed; null: the reader says
  bool out_of_memory_ = false;
  const bool resp3_;
};

}  // namespace rediscluster
