// Reads one item at a time by hiredis' redisReader, whatever pieces it comes in. The reader is only ever told
// of a status, an error, an integer or a bulk string, so neither the depth that it follows nor the types that
// its version knows matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "resp/item_type.h"
#include "resp/plain_reply.h"
#include "resp/read_result.h"
#include "resp/skipper.h"

struct redisReader;

namespace rediscluster {

// Who is given an item when it is complete. Both copy what they keep, and return false for want of memory.
class ItemSink {
 public:
  virtual bool put(const PlainReply& plain) noexcept = 0;
  virtual bool put_error(std::string_view line) noexcept = 0;

 protected:
  ItemSink() = default;
  ~ItemSink() = default;
};

class ItemReader {
 public:
  explicit ItemReader(ItemSink& sink);  // std::bad_alloc
  ItemReader(const ItemReader&) = delete;
  ItemReader& operator=(const ItemReader&) = delete;
  ~ItemReader();

  // An item whose type has been read, or its header. kIncomplete: its bytes come next. Or kNoMemory.
  ReadResult begin_line(char type) noexcept;
  ReadResult begin_string(char type, std::uint64_t length) noexcept;
  // Takes what belongs to the item from the front of `bytes`. kDone: the sink has it.
  ReadResult read(std::string_view& bytes) noexcept;

  // After kTooLong and kNoMemory: skips what is left of the item, and so many items altogether.
  void skip_rest(Skipper& skipper, std::uint64_t items) const noexcept;
  // Makes it ready for another item after these. False: no memory; it cannot be used any more.
  bool recover() noexcept;

  char type() const noexcept { return type_; }  // of the item that was begun last
  const char* failure() const noexcept;         // why an item was malformed

  static constexpr std::size_t kMaxLine = std::size_t{1024} * 1024;  // of a status or an error

 private:
  friend struct ReaderFunctions;
  using Reader = std::unique_ptr<redisReader, void (*)(redisReader*)>;

  // Where it is in the item.
  enum class State : std::uint8_t {
    kWhole,   // all its bytes have come, or none was begun
    kInLine,  // it ends with its line
    kInLineAfterCarriageReturn,
    kInString  // it ends after bytes_left_
  };

  Reader new_reader() noexcept;
  bool feed(std::string_view bytes) noexcept;
  std::size_t size_of_line(std::string_view bytes, State& after) const noexcept;
  ReadResult finish() noexcept;

  ItemSink& sink_;
  Reader reader_;
  State state_ = State::kWhole;
  char type_ = 0;                  // what the item is, whatever hiredis was told
  std::uint64_t bytes_left_ = 0;   // of a string, its end of line with them
  std::size_t taken_ = 0;          // bytes that hiredis was given for this item; its buffer grows with them
  const char* failure_ = nullptr;  // what we object to; null: hiredis says why
};

}  // namespace rediscluster
