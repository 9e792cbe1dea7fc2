// The array that a pipeline gives back: replies and errors, each in the place of its command.
#pragma once

#include <new>
#include <span>
#include <vector>

#include "batch/command_list.h"
#include "resp/arena.h"

namespace rediscluster {

class BatchAssembly {
 public:
  explicit BatchAssembly(const CommandList& commands);

  // Before anything is put there. It takes its time where there are a million, so not all are made empty at
  // once.
  void make_empty(std::size_t from, std::size_t to) noexcept {
    for (Reply *at = elements() + from, *const end = elements() + to; at != end; ++at) at->depth = kEmpty;
  }
  bool empty(std::size_t i) const noexcept { return elements()[i].depth == kEmpty; }

  void put(std::size_t i, const Reply& reply) noexcept {
    elements()[i] = reply;
    tried_ = true;
  }
  // As many as there are before the first error; returns how many.
  std::size_t put_all(std::span<const std::uint32_t> indices, std::span<const Reply> replies) noexcept {
    Reply* const all = elements();
    std::size_t i = 0;
    for (; i < replies.size() && !replies[i].is_error(); ++i) all[indices[i]] = replies[i];
    tried_ = tried_ || i > 0;
    return i;
  }
  // Parts were appended to the list, or it was copied. Their places are empty.
  void grow(const CommandList& commands);
  // Of a command that was sent in parts, once all of them have their replies.
  Reply& at(std::size_t i) noexcept { return elements()[i]; }
  const Reply& at(std::size_t i) const noexcept { return elements()[i]; }
  Reply& clear(std::size_t i) noexcept { return fresh(i); }
  Arena& arena() noexcept { return *arena_; }

  // An error that tells of the command already.
  void put_error(std::size_t i, const Error& error) { put_error(i, error, error.message); }
  // A failure, told with the name and the slot.
  void put_failure(std::size_t i, int slot, const Error& failure);
  // The same for many: it is written once for all that share name and slot, for a million of them take their
  // time. Another failure has another number.
  void put_shared_failure(std::size_t i, int slot, const Error& failure, std::size_t number);

  // The same for one that is like another, whose error there is already.
  void put_same_failure(std::size_t i, const Error& told) noexcept {
    Reply& element = fresh(i);
    element.type = ReplyType::kError;
    element.error = &told;
  }

  bool tried() const noexcept { return tried_; }  // some command was sent
  void adopt(ArenaPtr arena) noexcept {
    if (arena != nullptr) arena_->adopt(arena.release());
  }
  // Every place has been filled. What stands behind the first `count` was only wanted to make these.
  ReplyPtr take(std::size_t count) noexcept {
    arena_->root().length = count;
    return into_reply(std::move(arena_));
  }
  // The reply of the first alone.
  ReplyPtr take_first() noexcept {
    Reply& root = arena_->root();
    root = Reply(root.elements[0]);
    root.is_root = true;
    return into_reply(std::move(arena_));
  }
  const Error& error(std::size_t i) const noexcept { return *elements()[i].error; }

 private:
  static constexpr std::uint16_t kEmpty = UINT16_MAX;  // deeper than any reply
  struct Shared {
    const CommandSpec* spec = nullptr;
    std::size_t number = 0;
    const Error* error = nullptr;
  };
  void put_error(std::size_t i, const Error& error, std::string_view message);
  Reply* elements() const noexcept { return arena_->root().elements; }
  Reply& fresh(std::size_t i) noexcept {
    Reply& element = *new (&elements()[i]) Reply;
    element.depth = 1;
    return element;
  }

  const CommandList* commands_;
  ArenaPtr arena_;
  std::vector<Shared> shared_;  // two places a slot, each for the last that needed it
  bool tried_ = false;
};

}  // namespace rediscluster
