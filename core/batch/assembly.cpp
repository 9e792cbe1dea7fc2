#include "batch/assembly.h"

#include <algorithm>
#include <memory>
#include <new>

#include "base/slots.h"
#include "calls/error_context.h"

namespace rediscluster {
namespace {

constexpr std::size_t kPlaces = (std::size_t{kSlotCount} + 1) * 2;
constexpr std::size_t kFew = 256;  // commands, for which a place each is too much

}  // namespace

BatchAssembly::BatchAssembly(const CommandList& commands)
    : commands_(&commands), arena_(Arena::create(commands.size() * sizeof(Reply))) {
  if (arena_ == nullptr || !arena_->reserve_elements(arena_->root(), commands.size())) throw std::bad_alloc();
}

void BatchAssembly::grow(const CommandList& commands) {
  Reply& root = arena_->root();
  commands_ = &commands;
  const std::size_t before = root.capacity;
  if (commands.size() <= before) return;
  const Reply* const from = root.elements;
  // Twice the places, so that many that grow by little are copied little.
  const std::size_t room = std::max(commands.size(), before * 2);
  if (!arena_->reserve_elements(root, room)) throw std::bad_alloc();
  std::uninitialized_copy_n(from, before, root.elements);
  make_empty(before, room);
}

void BatchAssembly::put_error(std::size_t i, const Error& error, std::string_view message) {
  if (error.outcome != Outcome::kNotSent) tried_ = true;
  if (!arena_->make_error(fresh(i), error.code, error.outcome, message, error.server_word()))
    throw std::bad_alloc();
}

void BatchAssembly::put_failure(std::size_t i, int slot, const Error& failure) {
  if (failure.code == Code::kNoMemory) return put_error(i, failure);
  put_error(i, failure, in_context(commands_->name(i), slot, failure.message));
}

void BatchAssembly::put_shared_failure(std::size_t i, int slot, const Error& failure, std::size_t number) {
  const CommandSpec* const spec = (*commands_)[i].spec;
  if (spec == nullptr || commands_->size() <= kFew) return put_failure(i, slot, failure);
  if (shared_.empty()) shared_.resize(kPlaces);
  const auto odd = reinterpret_cast<std::uintptr_t>(spec) / sizeof(CommandSpec) % 2;
  Shared& place = shared_[static_cast<std::size_t>(slot + 1) * 2 + odd];
  if (place.spec != spec || place.number != number) {
    put_failure(i, slot, failure);
    place = {spec, number, &error(i)};
    return;
  }
  put_same_failure(i, *place.error);
}

}  // namespace rediscluster
