// Builds the tree of one reply, item by item in the order of the wire, in the arena of the request that waits
// for it. It knows of which arrays elements are still to come, so that no depth of nesting takes stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "resp/arena.h"
#include "resp/item_reader.h"
#include "resp/plain_reply.h"

namespace rediscluster {

// Where the next reply goes.
struct Destination {
  ArenaPtr* arena = nullptr;  // null: the reply is read past and dropped
  Reply* node = nullptr;      // of *arena; null: the reply is to be the root of a new arena
};

// The node that a reply becomes, with room for so many bytes of text where its arena is new. Null: no memory.
inline Reply* root_at(const Destination& destination, std::size_t bytes) noexcept {
  if (destination.node != nullptr) return destination.node;
  destination.arena->reset(Arena::create(bytes));
  return *destination.arena == nullptr ? nullptr : &(*destination.arena)->root();
}

// Both make a node that is nil something else. False: no memory.
inline bool fill_string(Reply& node, std::string_view text, Arena& arena) noexcept {
  node.type = ReplyType::kString;
  node.length = text.size();
  node.text = arena.copy(text);
  return node.text != nullptr;
}
inline bool fill(Reply& node, const PlainReply& plain, Arena& arena) noexcept {
  node.type = plain.type;
  node.integer = plain.integer;
  if (plain.text.data() == nullptr) return true;
  if (plain.type == ReplyType::kDouble) node.number = plain.number;
  node.length = plain.text.size();
  node.text = arena.copy(plain.text);
  return node.text != nullptr;
}

class TreeBuilder final : public ItemSink {
 public:
  // The next item is a whole reply, or an aggregate that has all others of it.
  void begin(const Destination& destination) noexcept;
  // It turned out to be nobody's: what comes of it is counted, and not kept.
  void drop() noexcept { destination_ = {}; }
  bool keeps() const noexcept { return destination_.arena != nullptr; }

  // An item that is complete. False: no memory. What is dropped is accepted and forgotten.
  bool put(const PlainReply& plain) noexcept override;
  bool put_error(std::string_view line) noexcept override;
  // A string whose bytes the caller writes, and nothing behind them. Null: no memory. Only where it keeps.
  char* put_string(std::size_t length) noexcept;
  // An aggregate begins, whose items come next; without any it is complete. False: no memory.
  bool open(char type, std::uint64_t items) noexcept;
  // An item is complete, and the aggregates that end with it. True: so is the reply.
  bool close_item() noexcept;

  std::size_t depth() const noexcept { return levels_.size(); }
  // How many items of this reply are still to come, the one that has begun among them, but not the aggregates
  // around it, whose headers are past.
  std::uint64_t items_left() const noexcept;
  // The rest of the reply will not come here.
  void abandon() noexcept { levels_.clear(); }

 private:
  // An aggregate that is open.
  struct Level {
    Reply* node;         // null: it is dropped
    std::uint64_t left;  // items that are not complete, the one that has begun among them
  };

  Arena& arena() noexcept { return **destination_.arena; }
  Reply* node_for(std::size_t bytes) noexcept;
  Reply* add_element(Reply& parent) noexcept;

  Destination destination_;
  std::vector<Level> levels_;  // from the outermost; empty between replies
};

}  // namespace rediscluster
