#include "batch/parts.h"

#include <algorithm>

namespace rediscluster {
namespace {

constexpr const char* kSizeWords[] = {"DBSIZE"};
constexpr std::size_t kSizeLengths[] = {6};

std::uint32_t number(std::size_t of) noexcept { return static_cast<std::uint32_t>(of); }

// The arguments of a part, put together from those of the whole.
class PartArguments {
 public:
  PartArguments(const Args& whole, const KeyedArguments& keyed) : whole_(whole), keyed_(keyed) {}

  void begin() {
    data_.clear();
    lengths_.clear();
    for (std::size_t i = 0; i < keyed_.first; ++i) add(i);
  }
  void add_key(std::size_t key) {
    for (std::size_t i = 0; i < keyed_.step; ++i) add(keyed_.first + key * keyed_.step + i);
  }
  Args end() {
    for (std::size_t i = keyed_.end(); i < whole_.size(); ++i) add(i);
    return {data_.size(), data_.data(), lengths_.data()};
  }

 private:
  void add(std::size_t i) {
    data_.push_back(whole_[i].data());
    lengths_.push_back(whole_[i].size());
  }

  const Args& whole_;
  const KeyedArguments keyed_;
  std::vector<const char*> data_;
  std::vector<std::size_t> lengths_;
};

Expansion& new_expansion(BatchParts& parts, const CommandList& list, std::uint32_t command, Fold fold) {
  Expansion& expansion = parts.expansions.emplace_back();
  expansion.command = command;
  expansion.first = number(list.size());
  expansion.fold = fold;
  return expansion;
}

Part& new_part(BatchParts& parts, const RoutedPart& like) {
  Part& part = parts.parts.emplace_back();
  part.routed = like;
  part.first_key = number(parts.keys.size());
  return part;
}

}  // namespace

const Expansion* BatchParts::of(std::size_t command) const noexcept {
  const auto end = expansions.begin() + static_cast<std::ptrdiff_t>(planned);
  const auto found =
      std::lower_bound(expansions.begin(), end, command,
                       [](const Expansion& each, std::size_t index) { return each.command < index; });
  return found != end && found->command == command ? &*found : nullptr;
}

void split_by_slot(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec& spec,
                   const Args& args, Fold fold, const RoutedPart& like) {
  struct Key {
    int slot;
    std::uint32_t number;
  };
  const KeyedArguments keyed = keyed_arguments(spec, args);
  std::vector<Key> keys(keyed.count);
  for (std::size_t k = 0; k < keyed.count; ++k)
    keys[k] = {key_slot(args[keyed.first + k * keyed.step]), number(k)};
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.slot != b.slot ? a.slot < b.slot : a.number < b.number;
  });
  Expansion& expansion = new_expansion(parts, list, command, fold);
  expansion.keyed = keyed;
  parts.keys.reserve(parts.keys.size() + keyed.count);
  PartArguments arguments(args, keyed);
  for (std::size_t k = 0; k < keys.size();) {
    const int slot = keys[k].slot;
    Part& part = new_part(parts, like);
    part.routed.slot = slot;
    arguments.begin();
    for (; k < keys.size() && keys[k].slot == slot; ++k, ++part.key_count) {
      arguments.add_key(keys[k].number);
      parts.keys.push_back(number(keyed.first + keys[k].number * keyed.step));
    }
    list.add(arguments.end(), &spec, {.slot = slot});
    ++expansion.count;
  }
}

void split_by_key(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec& spec,
                  const Args& args, Fold fold, const RoutedPart& like) {
  const KeyedArguments keyed = keyed_arguments(spec, args);
  Expansion& expansion = new_expansion(parts, list, command, fold);
  expansion.keyed = keyed;
  PartArguments arguments(args, keyed);
  for (std::size_t k = 0; k < keyed.count; ++k) {
    Part& part = new_part(parts, like);
    part.key_count = 1;
    // Of a part its keys are known by their places among the caller's.
    parts.keys.push_back(parts.is_part(command) ? parts.keys[parts[command].first_key + k]
                                                : number(keyed.first + k * keyed.step));
    arguments.begin();
    arguments.add_key(k);
    list.add(arguments.end(), &spec, {.slot = like.slot});
    ++expansion.count;
  }
}

void spread_over(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec* spec,
                 const Args& args, Fold fold, const RoutedPart& like, ChosenNodes nodes) {
  Expansion& expansion = new_expansion(parts, list, command, fold);
  const ChosenNodes& chosen = parts.chosen.emplace_back(std::move(nodes));
  const Args size_args(1, kSizeWords, kSizeLengths);
  for (Node* node : chosen.nodes) {
    if (fold == Fold::kWeighed) {
      RoutedPart size = like;
      size.read_only = true;
      new_part(parts, size).place = {node, &chosen};
      list.add(size_args, find_command(size_args), {});
      ++expansion.count;
    }
    new_part(parts, like).place = {node, &chosen};
    list.add(args, spec, {});
    ++expansion.count;
  }
}

void follow(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec* spec,
            const Args& args, Fold fold, const RoutedPart& like, std::uint32_t write) {
  std::uint32_t first = write;
  std::uint32_t count = 1;
  if (const Expansion* const whole = parts.of(write)) {
    first = whole->first;
    count = whole->count;
  }
  Expansion& expansion = new_expansion(parts, list, command, fold);
  for (std::uint32_t i = first; i < first + count; ++i) {
    Part& part = new_part(parts, like);
    part.behind = i;
    if (parts.is_part(i)) {
      part.place = parts[i].place;
      part.routed.slot = parts[i].routed.slot;
    }
    parts.followed.push_back(i);
    list.add(args, spec, {});
    ++expansion.count;
  }
}

void ask_one(BatchParts& parts, CommandList& list, std::uint32_t command, const CommandSpec* spec,
             const Args& args, Fold fold, const RoutedPart& like) {
  Expansion& expansion = new_expansion(parts, list, command, fold);
  new_part(parts, like);
  list.add(args, spec, {.slot = spec == nullptr ? -1 : like.slot});
  ++expansion.count;
}

}  // namespace rediscluster
