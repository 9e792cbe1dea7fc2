// Bytes from a server become replies in the arena of the request whose turn it is. The usual reply is read
// where it lies; of every other hiredis' redisReader finds the structure, and our functions build the nodes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "resp/arena.h"
#include "resp/attribute.h"
#include "resp/plain_reply.h"

struct redisReader;

namespace rediscluster {

// Where the next reply goes.
struct Destination {
  ArenaPtr* arena = nullptr;  // null: the reply is read past and dropped
  Reply* node = nullptr;      // of *arena; null: the reply is to be the root of a new arena
};

enum class Parsed {
  kReply,
  kPush,  // something that no command had asked for; read past, the destination is as it was
  kIncomplete,
  kFailed
};

enum class Protocol { kResp2, kResp3 };  // kResp3: only where resp3_offered() (resp/resp3.h)

class ReplyParser {
 public:
  explicit ReplyParser(Protocol protocol = Protocol::kResp2);
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  // What redisReader takes well at a time: it moves what is left of its buffer after every kilobyte of
  // replies, which is quadratic in what it was fed.
  static constexpr std::size_t kFeed = std::size_t{16} * 1024;

  // More bytes, which stay the caller's and in their place until next has said that it has used them up
  // (kIncomplete, or has_bytes() is false). Replies are read out of them without a copy in between.
  void feed(const char* data, std::size_t size) noexcept;
  // Some that no call of next has used yet.
  bool has_bytes() const noexcept { return !fresh_.empty() || reader_has_bytes_; }
  // One reply. The place of one that is incomplete is kept: call again with the same destination after feed.
  // A push may come between any two replies, also when none is awaited: then ask with no destination.
  Parsed next(const Destination& destination) noexcept;

  bool out_of_memory() const noexcept;
  std::string failure() const;  // why next failed

  // What is refused, so that no server makes us wait or work without end. Memory is taken only for what has
  // come, whatever length was claimed.
  static constexpr int kMaxDepth = 256;
  static constexpr std::size_t kMostElements = 2147483647;                 // of an array, as in hiredis 0.14
  static constexpr std::uint64_t kLongestString = std::uint64_t{4} << 30;  // as long as an argument may be
  static constexpr std::size_t kLongestLine = std::size_t{1024} * 1024;    // of a status or an error
  // But that much is taken ahead for a string, so that its bytes are copied once.
  static constexpr std::int64_t kStringAhead = std::int64_t{4} << 20;

 private:
  friend struct ReplyBuilder;
  using Reader = std::unique_ptr<redisReader, void (*)(redisReader*)>;

  Reply* node_for(std::size_t bytes) noexcept;
  bool take(const PlainReply& plain) noexcept;
  bool begin_string() noexcept;
  Parsed go_on_with_string() noexcept;
  Parsed next_of_reader() noexcept;
  bool feed_reader() noexcept;
  bool feed_what_is_for_us() noexcept;
  std::size_t until_type_for_us() const noexcept;
  bool reader_awaits_type() const noexcept;
  Reader new_reader() noexcept;
  void give_buffer_back() noexcept;
  const char* claim_refused() const noexcept;

  std::string_view fresh_;  // fed, not yet used
  Reader reader_;
  Destination destination_;
  char* string_at_ = nullptr;    // where the next of its bytes go; null: it is dropped
  std::size_t string_left_ = 0;  // bytes of a string that has begun, its end of line with them
  bool reader_has_bytes_ = false;
  bool reader_idle_ = true;  // nothing has begun: no bytes are there, nor a part of a reply or attribute
  bool in_reply_ = false;    // a node of destination_ has been made
  std::size_t most_buffered_ = 0;  // by this reader
  const char* refused_ = nullptr;  // the limit that a reply went past
  bool out_of_memory_ = false;     // in our own part; the reader knows of its own
  const bool resp3_;
  bool in_push_ = false;
  char type_for_us_ = 0;  // of the next string of the reader, which it was told to be plain; 0: as told
  AttributeSkipper attribute_;
  bool failed_ = false;  // nothing that comes after it is trusted
};

}  // namespace rediscluster
