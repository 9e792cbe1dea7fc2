// Bytes from a server become replies: hiredis' redisReader finds the structure, our functions build the nodes
// straight into the arena of the request whose turn it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "resp/arena.h"

struct redisReader;

namespace rediscluster {

// Where the next reply goes.
struct Destination {
  ArenaPtr* arena = nullptr;  // null: the reply is read past and dropped
  Reply* node = nullptr;      // of *arena; null: the reply is to be the root of a new arena
};

enum class Parsed { kReply, kIncomplete, kFailed };

class ReplyParser {
 public:
  ReplyParser();
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  // Bytes that redisReader takes well at a time: it moves what is left of its buffer after every kilobyte of
  // replies, which is quadratic in what it was fed.
  static constexpr std::size_t kFeed = std::size_t{16} * 1024;

  bool feed(const char* data, std::size_t size) noexcept;  // false: failed
  bool has_bytes() const noexcept;                         // some that no call of next has used yet
  // One reply. The place of one that is incomplete is kept: call again with the same destination after feed.
  Parsed next(const Destination& destination) noexcept;

  bool out_of_memory() const noexcept;
  std::string failure() const;  // why next or feed failed

  // What is refused, so that no server makes us wait or work without end. Memory is taken only for what has
  // come, whatever length was claimed.
  static constexpr int kMaxDepth = 256;
  static constexpr std::size_t kMostElements = 2147483647;                 // of an array, as in hiredis 0.14
  static constexpr std::uint64_t kLongestString = std::uint64_t{4} << 30;  // as long as an argument may be
  static constexpr std::size_t kLongestLine = std::size_t{1024} * 1024;    // of a status or an error

 private:
  friend struct ReplyBuilder;
  using Reader = std::unique_ptr<redisReader, void (*)(redisReader*)>;

  Reader new_reader() noexcept;
  void give_buffer_back() noexcept;
  const char* claim_refused() const noexcept;

  Reader reader_;
  Destination destination_;
  bool in_reply_ = false;          // a node of destination_ has been made
  std::size_t most_buffered_ = 0;  // by this reader
  const char* refused_ = nullptr;  // the limit that a reply went past
};

}  // namespace rediscluster
