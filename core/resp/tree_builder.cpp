#include "resp/tree_builder.h"

#include <algorithm>
#include <new>

#include "resp/item_type.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

// Elements that are given room before they arrive; a server that promises more must deliver them first.
constexpr std::size_t kElementsAhead = 1024;
constexpr std::size_t kBytesAheadPerElement = 16;

ReplyType type_of_aggregate(char type) noexcept {
  switch (type) {
    case '%':
      return ReplyType::kMap;
    case '~':
      return ReplyType::kSet;
    case '>':
      return ReplyType::kPush;
    default:
      return ReplyType::kArray;
  }
}

}  // namespace

void TreeBuilder::begin(const Destination& destination) noexcept { destination_ = destination; }

// Null: no memory.
Reply* TreeBuilder::node_for(std::size_t bytes) noexcept {
  return levels_.empty() ? root_at(destination_, bytes) : add_element(*levels_.back().node);
}

// Elements that are complete may move: only what is open is pointed to, and that is the last of its parent.
Reply* TreeBuilder::add_element(Reply& parent) noexcept {
  if (parent.length == parent.capacity) {
    const std::size_t capacity = std::max<std::size_t>(std::size_t{parent.capacity} * 2, 1);
    auto* elements = static_cast<Reply*>(arena().allocate(capacity * sizeof(Reply)));
    if (elements == nullptr) return nullptr;
    std::copy_n(parent.elements, parent.capacity, elements);
    parent.elements = elements;
    parent.capacity = static_cast<std::uint32_t>(capacity);
  }
  auto* node = new (&parent.elements[parent.length]) Reply();
  node->depth = static_cast<std::uint16_t>(parent.depth + 1);
  ++parent.length;
  return node;
}

bool TreeBuilder::put(const PlainReply& plain) noexcept {
  if (!keeps()) return true;
  Reply* const node = node_for(plain.text.size() + 1);
  return node != nullptr && fill(*node, plain, arena());
}

// The line is judged by what its readers will see: it ends at a NUL, and arguments say nothing about it.
bool TreeBuilder::put_error(std::string_view line) noexcept {
  if (!keeps()) return true;
  const auto message = without_arguments(line.substr(0, line.find('\0')));
  const auto word = error_word(message);
  const Outcome outcome = levels_.empty() ? outcome_of(message) : outcome_inside(message);
  Reply* const node = node_for(error_size(message, word));
  return node != nullptr && arena().make_error(*node, Code::kServer, outcome, message, word);
}

char* TreeBuilder::put_string(std::size_t length) noexcept {
  Reply* const node = node_for(length + 1);
  auto* const text = node == nullptr ? nullptr : static_cast<char*>(arena().allocate(length + 1));
  if (text == nullptr) return nullptr;
  text[length] = '\0';
  node->type = ReplyType::kString;
  node->length = length;
  node->text = text;
  return text;
}

bool TreeBuilder::open(char type, std::uint64_t items) noexcept {
  Reply* node = nullptr;
  if (keeps()) {
    const auto ahead = static_cast<std::size_t>(std::min<std::uint64_t>(items, kElementsAhead));
    node = node_for(ahead * (sizeof(Reply) + kBytesAheadPerElement));
    if (node == nullptr || !arena().reserve_elements(*node, ahead)) return false;
    node->type = type_of_aggregate(type);
  }
  if (items == 0) return true;
  try {
    levels_.push_back({node, items});
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool TreeBuilder::close_item() noexcept {
  while (!levels_.empty()) {
    if (--levels_.back().left > 0) return false;
    levels_.pop_back();
  }
  return true;
}

std::uint64_t TreeBuilder::items_left() const noexcept {
  std::uint64_t items = 1;
  for (const Level& level : levels_) items += level.left - 1;
  return items;
}

}  // namespace rediscluster
