// The memory of one reply, or of all the replies of a batch: nodes and bytes are laid one after the other and
// freed together.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "base/copy.h"
#include "resp/reply.h"

namespace rediscluster {

class Arena {
 public:
  // Room for `inline_bytes` comes with the arena's own block. Null when out of memory.
  static Arena* create(std::size_t inline_bytes) noexcept;
  static void destroy(Arena* arena) noexcept;
  static Arena* of(Reply* root) noexcept { return reinterpret_cast<Arena*>(root); }

  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Reply& root() noexcept { return root_; }
  void* allocate(std::size_t bytes) noexcept {  // aligned for a Reply; null when out of memory
    bytes = aligned(bytes);
    if (bytes > static_cast<std::size_t>(end_ - at_)) return allocate_more(bytes);
    return std::exchange(at_, at_ + bytes);
  }
  const char* copy(std::string_view bytes) noexcept {  // with one NUL more; null when out of memory
    auto* text = static_cast<char*>(allocate(bytes.size() + 1));
    if (text == nullptr) return nullptr;
    copy_bytes(bytes, text);
    text[bytes.size()] = '\0';
    return text;
  }
  // Makes `node` an empty array with room for `count` elements; false when out of memory.
  bool reserve_elements(Reply& node, std::size_t count) noexcept;
  // An array of `count` nil elements; false when out of memory.
  bool make_array(Reply& node, std::size_t count) noexcept;
  bool make_error(Reply& node, Code code, Outcome outcome, std::string_view message,
                  std::string_view server_code) noexcept;
  void adopt(Arena* other) noexcept;  // goes when this one goes

 private:
  struct Chunk;
  struct SpareChunks;

  static constexpr std::size_t kAlign = alignof(std::max_align_t);
  static constexpr std::size_t aligned(std::size_t bytes) noexcept {
    return (bytes + kAlign - 1) & ~(kAlign - 1);
  }
  void* allocate_more(std::size_t bytes) noexcept;  // in another chunk

  explicit Arena(char* from, char* to) noexcept : at_(from), end_(to) {}
  ~Arena() = default;

  Reply root_;  // first: a root's address is its arena's
  Chunk* chunks_ = nullptr;
  Arena* adopted_ = nullptr;
  Arena* next_ = nullptr;  // in the list of the one that adopted this
  char* at_;
  char* end_;
};

struct ArenaDeleter {
  void operator()(Arena* arena) const noexcept { Arena::destroy(arena); }
};
using ArenaPtr = std::unique_ptr<Arena, ArenaDeleter>;

// The arena's root as the reply that its caller will free.
ReplyPtr into_reply(ArenaPtr arena) noexcept;

// Copies the tree under `from` to `to`, a node of `arena`; false when out of memory.
bool copy_tree(const Reply& from, Reply& to, Arena& arena) noexcept;

}  // namespace rediscluster
