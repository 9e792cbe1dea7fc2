#include "commands/command_keys.h"

#include <charconv>
#include <cstdint>

#include "base/letter_case.h"
#include "base/slots.h"

namespace rediscluster {
namespace {

// Positions are computed with signs, since specs count from the end too; arguments are never near 2^63.
std::int64_t count_of(const Args& args) noexcept { return static_cast<std::int64_t>(args.size()); }
std::string_view at(const Args& args, std::int64_t i) noexcept { return args[static_cast<std::size_t>(i)]; }

KeyRange make_range(std::int64_t first, std::int64_t last, std::int64_t step) noexcept {
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last), static_cast<std::size_t>(step)};
}

// The argument after the keyword; 0 if it is not there. As in the server, neither the command's name nor its
// first argument can be found from the end, and the last argument is no keyword.
std::int64_t after_keyword(const KeySpecBegin& begin, const Args& args) noexcept {
  const std::int64_t count = count_of(args);
  if (begin.position >= 0) {
    for (std::int64_t i = begin.position; i < count - 1; ++i) {
      if (equals_lower(at(args, i), begin.keyword)) return i + 1;
    }
    return 0;
  }
  for (std::int64_t i = count + begin.position; i > 1; --i) {
    if (equals_lower(at(args, i), begin.keyword)) return i + 1;
  }
  return 0;
}

// A number as the server takes it: digits only, no sign, no leading zero.
bool parse_count(std::string_view text, std::int64_t& count) noexcept {
  if (text.empty() || text[0] == '-' || (text[0] == '0' && text.size() > 1)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size();
}

// Adds the keys of one spec; false if the arguments are malformed.
bool add_spec(const KeySpec& spec, const Args& args, KeyRanges& keys) noexcept {
  const std::int64_t count = count_of(args);
  std::int64_t first =
      spec.begin.kind == BeginSearch::kIndex ? spec.begin.position : after_keyword(spec.begin, args);
  if (first <= 0) return true;
  const std::int64_t step = spec.find.step;
  if (step < 1) return false;

  std::int64_t last = 0;
  if (spec.find.kind == FindKeys::kRange) {
    if (spec.find.last >= 0) {
      last = first + spec.find.last;
    } else if (spec.find.limit > 1) {
      last = first + (count - first) / spec.find.limit + spec.find.last;
    } else {
      last = count + spec.find.last;
    }
    if (first >= count || last < first)
      return true;  // PFMERGE without sources has a destination all the same
  } else {
    const std::int64_t where = first + spec.find.count;
    std::int64_t numkeys = 0;
    if (where < 1 || where >= count || !parse_count(at(args, where), numkeys)) return false;
    if (numkeys < 1 || numkeys > count) return false;
    first += spec.find.first;
    last = first + (numkeys - 1) * step;
  }
  if (first < 1 || last >= count) return false;
  keys.add(make_range(first, last, step));
  return true;
}

void find_by_specs(const CommandSpec& spec, const Args& args, KeyRanges& keys) noexcept {
  for (std::size_t i = 0; i < spec.key_spec_count; ++i) {
    if (!add_spec(spec.key_specs[i], args, keys)) {
      keys.count = 0;
      return;
    }
  }
}

// SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [STORE key]: of several STORE the last one
// holds.
void find_sort_keys(const Args& args, KeyRanges& keys) noexcept {
  keys.add({1, 1, 1});
  std::size_t stored = 0;
  for (std::size_t i = 2; i < args.size(); ++i) {
    if (equals_lower(args[i], "by") || equals_lower(args[i], "get")) {
      i += 1;
    } else if (equals_lower(args[i], "limit")) {
      i += 2;
    } else if (equals_lower(args[i], "store") && i + 1 < args.size()) {
      stored = i + 1;
    }
  }
  if (stored != 0) keys.add({stored, stored, 1});
}

// MIGRATE host port key db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password], and with ""
// for the key: KEYS key ... at the end.
void find_migrate_keys(const Args& args, KeyRanges& keys) noexcept {
  for (std::size_t i = 6; i < args.size(); ++i) {
    if (equals_lower(args[i], "auth")) {
      i += 1;
    } else if (equals_lower(args[i], "auth2")) {
      i += 2;
    } else if (equals_lower(args[i], "keys")) {
      if (args[3].empty() && i + 1 < args.size()) keys.add({i + 1, args.size() - 1, 1});
      return;
    }
  }
  keys.add({3, 3, 1});
}

// -1 for what is none: any node will say so.
int slot_number(std::string_view text) noexcept {
  int slot = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slot);
  const bool is_one =
      error == std::errc{} && end == text.data() + text.size() && slot >= 0 && slot < kSlotCount;
  return is_one ? slot : -1;
}

}  // namespace

KeyRanges find_keys(const CommandSpec& spec, const Args& args) noexcept {
  KeyRanges keys;
  if (args.size() < spec.min_args()) return keys;
  switch (spec.key_rule) {
    case KeyRule::kNone:
    case KeyRule::kSlot:
      break;
    case KeyRule::kOneKey:
      keys.add({spec.only_key, spec.only_key, 1});
      break;
    case KeyRule::kSpecs:
      find_by_specs(spec, args, keys);
      break;
    case KeyRule::kSort:
      find_sort_keys(args, keys);
      break;
    case KeyRule::kMigrate:
      find_migrate_keys(args, keys);
      break;
    case KeyRule::kAskServer:
      keys.ask_server = true;
      break;
  }
  return keys;
}

void find_slot_by_rule(const CommandSpec& spec, const Args& args, KeySlot& found) noexcept {
  if (spec.key_rule == KeyRule::kSlot) {
    if (args.size() > spec.only_key) found.slot = slot_number(args[spec.only_key]);
    return;
  }
  const KeyScan scan = scan_keys(spec, args, [&](std::size_t i) {
    const int slot = key_slot(args[i]);
    if (found.slot == -1) found.slot = slot;
    found.cross_slot |= slot != found.slot;
  });
  found.ask_server = scan == KeyScan::kAskServer;
}

}  // namespace rediscluster
