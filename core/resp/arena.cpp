#include "resp/arena.h"

#include <cstdlib>
#include <memory>
#include <new>

#include "sync/free_list.h"

namespace rediscluster {

namespace {

constexpr std::size_t kChunkSize = std::size_t{64} * 1024;      // of the usual one
constexpr std::size_t kFirstChunkSize = std::size_t{4} * 1024;  // small replies that are kept take little
constexpr std::size_t kGrowth = 4;

struct Freed {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

}  // namespace

struct Arena::Chunk {
  Chunk* next;
  std::size_t size;  // all of it
};

// Chunks of the usual size. Giving them back to malloc each time makes it trim the heap and fault the pages
// in again at the next reply.
struct Arena::SpareChunks : FreeList<Chunk, 16, Freed> {};

Arena* Arena::create(std::size_t inline_bytes) noexcept {
  const std::size_t size = aligned(sizeof(Arena)) + aligned(inline_bytes);
  char* memory = static_cast<char*>(std::malloc(size));
  if (memory == nullptr) return nullptr;
  auto* arena = new (memory) Arena(memory + aligned(sizeof(Arena)), memory + size);
  arena->root_.is_root = true;
  return arena;
}

void Arena::destroy(Arena* arena) noexcept {
  while (arena != nullptr) {
    if (arena->adopted_ != nullptr) {  // adopted arenas have adopted none: see adopt()
      Arena* child = arena->adopted_;
      arena->adopted_ = child->next_;
      destroy(child);
      continue;
    }
    while (Chunk* chunk = arena->chunks_) {
      arena->chunks_ = chunk->next;
      if (chunk->size == kChunkSize) {
        SpareChunks::give(chunk);
      } else {
        std::free(chunk);
      }
    }
    arena->~Arena();
    std::free(arena);
    return;
  }
}

void* Arena::allocate_more(std::size_t bytes) noexcept {
  const std::size_t header = aligned(sizeof(Chunk));
  const bool large = bytes > kChunkSize - header;
  std::size_t size = header + bytes;
  if (size < bytes) return nullptr;
  if (!large) {
    const std::size_t least = chunks_ == nullptr ? kFirstChunkSize : chunks_->size * kGrowth;
    size = least < kChunkSize && bytes <= least - header ? least : kChunkSize;
  }
  Chunk* chunk = size == kChunkSize ? SpareChunks::take() : nullptr;
  if (chunk == nullptr) chunk = static_cast<Chunk*>(std::malloc(size));
  if (chunk == nullptr) return nullptr;
  chunk->size = size;
  chunk->next = chunks_;
  chunks_ = chunk;
  char* memory = reinterpret_cast<char*>(chunk) + header;
  if (!large) {  // a large one is full; what was left of the current one serves on
    at_ = memory + bytes;
    end_ = reinterpret_cast<char*>(chunk) + size;
  }
  return memory;
}

bool Arena::reserve_elements(Reply& node, std::size_t count) noexcept {
  if (count > UINT32_MAX) return false;
  node.type = ReplyType::kArray;
  node.capacity = static_cast<std::uint32_t>(count);
  node.length = 0;
  node.elements = count == 0 ? nullptr : static_cast<Reply*>(allocate(count * sizeof(Reply)));
  return count == 0 || node.elements != nullptr;
}

bool Arena::make_array(Reply& node, std::size_t count) noexcept {
  if (!reserve_elements(node, count)) return false;
  Reply nil;
  nil.depth = static_cast<std::uint16_t>(node.depth + 1);
  std::uninitialized_fill_n(node.elements, count, nil);
  node.length = count;
  return true;
}

bool Arena::make_error(Reply& node, Code code, Outcome outcome, std::string_view message,
                       std::string_view server_code) noexcept {
  void* memory = allocate(error_size(message, server_code));
  if (memory == nullptr) return false;
  node.type = ReplyType::kError;
  node.error = place_error(memory, code, outcome, message, server_code);
  return true;
}

void Arena::adopt(Arena* other) noexcept {
  while (Arena* grandchild = other->adopted_) {
    other->adopted_ = grandchild->next_;
    grandchild->next_ = adopted_;
    adopted_ = grandchild;
  }
  other->next_ = adopted_;
  adopted_ = other;
}

ReplyPtr into_reply(ArenaPtr arena) noexcept { return ReplyPtr(&arena.release()->root()); }

namespace {

// An aggregate whose elements are still to be copied.
struct Unfinished {
  const Reply* from;
  Reply* to;
  Unfinished* next;
};

// All of a node but its elements.
bool copy_node(const Reply& from, Reply& to, Arena& arena) noexcept {
  if (from.is_aggregate()) {
    if (!arena.make_array(to, from.length)) return false;
    to.type = from.type;
    return true;
  }
  if (from.is_error()) {
    return arena.make_error(to, from.error->code, from.error->outcome, from.error->message,
                            from.error->server_word());
  }
  const bool was_root = to.is_root;
  to = from;
  to.is_root = was_root;
  if (from.text != nullptr) to.text = arena.copy({from.text, from.length});
  return from.text == nullptr || to.text != nullptr;
}

}  // namespace

// Without recursion, however deep the tree is.
bool copy_tree(const Reply& from, Reply& to, Arena& arena) noexcept {
  Unfinished* unfinished = nullptr;
  const auto copy = [&](const Reply& node, Reply& its_copy) noexcept {
    if (!copy_node(node, its_copy, arena)) return false;
    if (!node.is_aggregate() || node.length == 0) return true;
    void* memory = arena.allocate(sizeof(Unfinished));
    if (memory == nullptr) return false;
    unfinished = new (memory) Unfinished{&node, &its_copy, unfinished};
    return true;
  };
  if (!copy(from, to)) return false;
  while (unfinished != nullptr) {
    const Unfinished& aggregate = *unfinished;
    unfinished = aggregate.next;
    for (std::size_t i = 0; i < aggregate.from->length; ++i) {
      if (!copy(aggregate.from->elements[i], aggregate.to->elements[i])) return false;
    }
  }
  return true;
}

}  // namespace rediscluster
