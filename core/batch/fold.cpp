#include "batch/fold.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

#include "base/error_parts.h"
#include "base/text.h"
#include "batch/combine.h"
#include "calls/error_context.h"

namespace rediscluster {
namespace {

class Folder {
 public:
  Folder(const BatchParts& parts, const CommandList& commands, BatchAssembly& replies, const Expansion& whole)
      : parts_(parts), commands_(commands), replies_(replies), whole_(whole) {}

  void fold() {
    if (whole_.fold == Fold::kByNode) return map_by_node();
    std::size_t failed = 0;
    const Reply* good = nullptr;
    for (std::uint32_t i = 0; i < whole_.count; ++i) {
      if (part(i).is_error()) {
        ++failed;
      } else if (good == nullptr) {
        good = &part(i);
      }
    }
    if (whole_.fold == Fold::kOneSucceeded && good != nullptr) {
      put(*good);
    } else if (failed == 0) {
      combine();
    } else if (good == nullptr && failed_alike()) {
      put_common_failure();
    } else {
      put_partial(failed);
    }
  }

 private:
  const Reply& part(std::uint32_t i) const noexcept { return replies_.at(whole_.first + i); }
  std::string_view node_name(std::uint32_t i) const noexcept {
    const Part& part = parts_[whole_.first + i];
    const Node* node = part.asked != nullptr ? part.asked : part.place.node;
    return node == nullptr ? std::string_view() : std::string_view(node->name());
  }
  void put(const Reply& reply) noexcept {
    const Reply copy = reply;
    replies_.clear(whole_.command) = copy;
  }
  std::string name() const { return commands_.name(whole_.command); }

  void combine() {
    Combined parts;
    parts.replies.reserve(whole_.count);
    for (std::uint32_t i = 0; i < whole_.count; ++i) {
      parts.replies.push_back(&part(i));
      parts.nodes.push_back(node_name(i));
    }
    Status status;
    Reply made;
    if (whole_.fold == Fold::kByKey) {
      parts.count = whole_.keyed.count;
      parts.places.resize(whole_.count);
      for (std::uint32_t i = 0; i < whole_.count; ++i) places_of(i, parts.places[i]);
    }
    status = rediscluster::combine(whole_.fold, parts, replies_.arena(), made);
    if (status.ok()) return put(made);
    put_error(status.error().code, Outcome::kExecuted, text(name(), ": ", status.error().message));
  }

  // Where the keys of a part stand among those of the whole.
  void places_of(std::uint32_t i, std::vector<std::uint32_t>& places) const {
    const Part& part = parts_[whole_.first + i];
    if (parts_.is_part(whole_.command)) {  // key by key, in their order
      places.assign(1, i);
      return;
    }
    for (const std::uint32_t key : parts_.keys_of(part)) {
      places.push_back(static_cast<std::uint32_t>((key - whole_.keyed.first) / whole_.keyed.step));
    }
  }

  void map_by_node() {
    Reply made;
    if (!replies_.arena().make_array(made, std::size_t{whole_.count} * 2)) throw std::bad_alloc();
    made.type = ReplyType::kMap;
    for (std::uint32_t i = 0; i < whole_.count; ++i) {
      Reply& key = made.elements[2 * i];
      const auto node = node_name(i);
      key.type = ReplyType::kString;
      key.text = replies_.arena().copy(node);
      key.length = node.size();
      if (key.text == nullptr) throw std::bad_alloc();
      made.elements[2 * i + 1] = part(i);
    }
    put(made);
  }

  bool failed_alike() const noexcept {
    const Error& first = *part(0).error;
    for (std::uint32_t i = 1; i < whole_.count; ++i) {
      const Error& other = *part(i).error;
      if (other.code != first.code || other.server_word() != first.server_word()) return false;
    }
    return first.code != Code::kPartial;
  }

  // That of the part that is worst off.
  void put_common_failure() noexcept {
    const Reply* worst = &part(0);
    for (std::uint32_t i = 1; i < whole_.count; ++i) {
      if (part(i).error->outcome > worst->error->outcome) worst = &part(i);
    }
    put(*worst);
  }

  Error& put_error(Code code, Outcome outcome, std::string_view message) {
    Reply& element = replies_.clear(whole_.command);
    if (!replies_.arena().make_error(element, code, outcome, message, {})) throw std::bad_alloc();
    // It has just been made here, and nobody else has seen it.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    return const_cast<Error&>(*element.error);
  }

  template <class T>
  T* allocate(std::size_t count) {
    void* const memory = replies_.arena().allocate(count * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return new (memory) T[count];
  }

  // The parts of a part that was sent key by key stand in its place.
  std::size_t count_parts() const noexcept {
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < whole_.count; ++i) {
      const ErrorParts* const inner = part(i).is_error() ? part(i).error->parts : nullptr;
      count += inner == nullptr ? 1 : inner->count;
    }
    return count;
  }

  void put_partial(std::size_t failed) {
    ErrorPart* const all = allocate<ErrorPart>(count_parts());
    ErrorPart* at = all;
    Outcome worst = failed == whole_.count ? Outcome::kNotSent : Outcome::kExecuted;
    const Error* first = nullptr;
    std::string_view first_node;
    for (std::uint32_t i = 0; i < whole_.count; ++i) {
      const Reply& reply = part(i);
      if (reply.is_error()) {
        worst = std::max(worst, reply.error->outcome);
        if (first == nullptr) {
          first = reply.error;
          first_node = node_name(i);
        }
        if (reply.error->parts != nullptr) {
          at = std::copy_n(reply.error->parts->all, reply.error->parts->count, at);
          continue;
        }
      }
      describe(i, *at++);
    }
    auto* const told = allocate<ErrorParts>(1);
    told->all = all;
    told->count = static_cast<std::size_t>(at - all);
    Error& error = put_error(
        Code::kPartial, worst,
        text(name(), ": ", failed, " of ", whole_.count, " parts failed: see rc_error_part_*; the first",
             first_node.empty() ? "" : " at ", first_node, ": ", first->message));
    error.parts = told;
  }

  void describe(std::uint32_t i, ErrorPart& to) {
    const Part& part = parts_[whole_.first + i];
    const auto name = part.asked == nullptr ? std::string_view() : std::string_view(part.asked->name());
    to.node = replies_.arena().copy(name);
    if (to.node == nullptr) throw std::bad_alloc();
    const auto keys = parts_.keys_of(part);
    auto* const copy = allocate<std::uint32_t>(std::max<std::size_t>(keys.size(), 1));
    std::copy(keys.begin(), keys.end(), copy);
    to.keys = copy;
    to.key_count = keys.size();
    const Reply& reply = this->part(i);
    if (reply.is_error()) {
      to.error = reply.error;
    } else {
      to.reply = &reply;
    }
  }

  const BatchParts& parts_;
  const CommandList& commands_;
  BatchAssembly& replies_;
  const Expansion& whole_;
};

}  // namespace

// Last the first: parts that were sent in parts themselves come behind those that they are parts of.
void fold_all(const BatchParts& parts, const CommandList& commands, BatchAssembly& replies) {
  for (auto whole = parts.expansions.rbegin(); whole != parts.expansions.rend(); ++whole)
    Folder(parts, commands, replies, *whole).fold();
}

ErrorPtr own_error(ReplyPtr whole, const Reply& element) {
  const Error& inner = *element.error;
  ErrorPtr error = make_error(inner.code, inner.outcome, inner.message, inner.server_word());
  if (inner.parts == nullptr || !error->owned) return error;
  // It lies in the reply, which goes with the error from now on.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  auto& parts = const_cast<ErrorParts&>(*inner.parts);
  parts.memory = whole.release();
  parts.release = [](void* memory) { free_reply(static_cast<Reply*>(memory)); };
  error->parts = &parts;
  return error;
}

}  // namespace rediscluster
