#include "commands/command_table.h"

#include <initializer_list>

#include "base/letter_case.h"
#include "commands/connection_commands.h"
#include "commands/node_commands.h"

namespace rediscluster {
namespace {

// The vocabulary of the generated rows.
constexpr KeySpecBegin index(std::int16_t position) { return {BeginSearch::kIndex, position, nullptr}; }
constexpr KeySpecBegin keyword(const char* word, std::int16_t from) {
  return {BeginSearch::kKeyword, from, word};
}
constexpr KeySpecFind range(std::int16_t last, std::int16_t step, std::int16_t limit) {
  return {FindKeys::kRange, last, limit, 0, 0, step};
}
constexpr KeySpecFind keynum(std::int16_t count, std::int16_t first, std::int16_t step) {
  return {FindKeys::kKeyNum, 0, 0, count, first, step};
}

constexpr CommandSpec command(std::string_view name, int arity, int flags,
                              std::initializer_list<KeySpec> key_specs = {},
                              RequestPolicy request = RequestPolicy::kNone,
                              ResponsePolicy response = ResponsePolicy::kNone) {
  CommandSpec spec;
  spec.name = name;
  spec.arity = static_cast<std::int16_t>(arity);
  spec.flags = static_cast<std::uint16_t>(flags);
  for (const KeySpec& keys : key_specs) spec.key_specs[spec.key_spec_count++] = keys;
  spec.request_policy = request;
  spec.response_policy = response;
  settle_key_rule(spec);
  return spec;
}

constexpr CommandSpec kGenerated[] = {
#include "commands/command_table.inc"
};

// Subcommands of which the servers describe nothing. DEBUG is not split in subcommands by them at all.
constexpr CommandSpec kOurs[] = {
    command("debug|digest-value", -3, 0, {{index(2), range(-1, 1, 0)}}),
    command("debug|htstats-key", -3, 0, {{index(2), range(0, 1, 0)}}),
    command("debug|listpack", -3, 0, {{index(2), range(0, 1, 0)}}),
    command("debug|object", -3, 0, {{index(2), range(0, 1, 0)}}),
    command("debug|quicklist", -3, 0, {{index(2), range(0, 1, 0)}}),
    command("debug|sdslen", -3, 0, {{index(2), range(0, 1, 0)}}),
    command("debug|ziplist", -3, 0, {{index(2), range(0, 1, 0)}}),
};

// Open addressing over a hash of a few characters: a lookup hashes, compares one name and is done.
constexpr std::size_t kBuckets = 2048;
constexpr std::uint16_t kNoRow = 0xFFFF;
constexpr std::size_t kMaxRows =
    std::size(kGenerated) + std::size(kOurs) + std::size(kConnectionCommands) + std::size(kNodeCommands);
static_assert(kMaxRows < kBuckets / 2, "make kBuckets larger: lookups must stay short");

constexpr std::uint64_t hash_word(std::string_view word) noexcept {
  const auto at = [word](std::size_t i) -> std::uint64_t { return static_cast<unsigned char>(word[i]); };
  const std::size_t size = word.size();
  const std::uint64_t letters = at(0) << 16 | at(size / 2) << 8 | at(size - 1);
  return (letters | 0x202020) + (std::uint64_t{size} << 24);  // 0x20 makes upper and lower case the same
}
constexpr std::size_t bucket_of(std::uint64_t hash) noexcept {
  return static_cast<std::size_t>(hash * 0x9E3779B97F4A7C15U >> 53);
}
static_assert(kBuckets == std::size_t{1} << (64 - 53));

constexpr std::uint64_t hash_pair(std::string_view container, std::string_view word) noexcept {
  return hash_word(container) * 31 + hash_word(word);
}
constexpr std::uint64_t hash_name(std::string_view name) noexcept {
  const std::size_t bar = name.find('|');
  return bar == std::string_view::npos ? hash_word(name)
                                       : hash_pair(name.substr(0, bar), name.substr(bar + 1));
}

// What a command means to a cluster may depend on what it is asked.
struct Variant {
  std::string_view name;
  bool (*is_meant)(const Args& args);
  Policies policies;
  const char* reason = nullptr;  // not null: it is refused, unless its caller has named the node
  const char* advice = nullptr;
};

bool is_reset(const Args& args) noexcept { return args.size() == 3 && equals_lower(args[2], "reset"); }
bool is_ordered(const Args& args) noexcept { return args.size() > 2 && equals_lower(args[2], "orderby"); }
bool has_client_id(const Args& args) noexcept {
  for (std::size_t i = 2; i + 1 < args.size(); i += 2) {
    if (equals_lower(args[i], "id")) return true;
  }
  return false;
}
bool has_one_address(const Args& args) noexcept { return args.size() == 3; }

constexpr Variant kVariants[] = {
    // The list is joined, and there is none when it is emptied.
    {"acl|log", is_reset, {RequestPolicy::kAllNodes, ResponsePolicy::kAllSucceeded}},
    // CLIENT KILL host:port answers with OK where that client is, and with an error everywhere else.
    {"client|kill", has_one_address, {RequestPolicy::kAllNodes, ResponsePolicy::kOneSucceeded}},
    // Everywhere it would end a client at each node, of which one was meant.
    {"client|kill", has_client_id, {}, reason::kOwnClients, advice::kThatNode},
    {"cluster|slot-stats", is_ordered, {}, reason::kOwnOrder, advice::kSlotRange},
};

class Table {
 public:
  constexpr Table() {
    buckets_.fill(kNoRow);
    for (const CommandSpec& spec : kGenerated) add(spec);
    for (const CommandSpec& spec : kOurs) {
      if (row_of(spec.name) == kNoRow) add(spec);
    }
    for (std::size_t row = 0; row < size_; ++row) mark_container(rows_[row].name);
    for (std::size_t row = 0; row < size_; ++row) settle_node_rule(rows_[row]);
    for (const auto& [name, advice] : kConnectionCommands)
      refuse(name, Refusal::kAlways, reason::kConnection, advice);
    for (const auto& [name, reason, advice] : kNodeCommands)
      refuse(name, Refusal::kUnlessNode, reason, advice);
    settle_by_hand();
    settle_variants();
  }

  constexpr const CommandSpec& row(std::size_t i) const noexcept { return rows_[i]; }
  constexpr std::span<const CommandSpec> rows() const noexcept { return {rows_.data(), size_}; }
  constexpr const CommandSpec& variant(std::size_t i) const noexcept { return variants_[i]; }
  constexpr std::uint16_t bucket(std::size_t i) const noexcept { return buckets_[i % kBuckets]; }

 private:
  constexpr std::uint16_t row_of(std::string_view name) const {
    for (std::size_t i = bucket_of(hash_name(name)); buckets_[i] != kNoRow; i = (i + 1) % kBuckets) {
      if (rows_[buckets_[i]].name == name) return buckets_[i];
    }
    return kNoRow;
  }

  constexpr void add(const CommandSpec& spec) {
    std::size_t i = bucket_of(hash_name(spec.name));
    while (buckets_[i] != kNoRow) i = (i + 1) % kBuckets;
    buckets_[i] = static_cast<std::uint16_t>(size_);
    rows_[size_++] = spec;
  }

  constexpr void refuse(std::string_view name, Refusal refusal, const char* reason, const char* advice) {
    if (row_of(name) == kNoRow) {  // the servers asked may be older than the command that we refuse
      add(command(name, -1, 0));
      mark_container(name);
    }
    rediscluster::refuse(rows_[row_of(name)], refusal, reason, advice);
  }

  constexpr void mark_container(std::string_view name) {
    const std::size_t bar = name.find('|');
    if (bar == std::string_view::npos) return;
    rows_[row_of(name.substr(0, bar))].flags |= kContainer;
  }

  // What the servers' own description leaves out.
  constexpr void settle_by_hand() {
    rows_[row_of("sort")].key_rule = KeyRule::kSort;
    rows_[row_of("migrate")].key_rule = KeyRule::kMigrate;
    // The unknown keys are those of BY and GET patterns, which do not decide the slot.
    CommandSpec& sort_ro = rows_[row_of("sort_ro")];
    sort_ro.key_spec_count = 1;
    settle_key_rule(sort_ro);
    // Waits for replicas, but is flagged as blocking by later servers only.
    rows_[row_of("wait")].flags |= kBlocking;
    if (row_of("waitaof") != kNoRow) rows_[row_of("waitaof")].flags |= kBlocking;
    for (const std::string_view name :
         {"eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro", "debug"})
      if (row_of(name) != kNoRow) rows_[row_of(name)].flags |= kAnyText;
    for (const std::string_view name : {"cluster|countkeysinslot", "cluster|getkeysinslot"}) {
      rows_[row_of(name)].key_rule = KeyRule::kSlot;
      rows_[row_of(name)].only_key = 2;
    }
  }

  constexpr void settle_variants() {
    for (std::size_t i = 0; i < std::size(kVariants); ++i) {
      CommandSpec& row = rows_[row_of(kVariants[i].name)];
      variants_[i] = row;
      row.flags |= kVaries;
      if (kVariants[i].reason == nullptr) {
        variants_[i].request_policy = kVariants[i].policies.request;
        variants_[i].response_policy = kVariants[i].policies.response;
      } else {
        rediscluster::refuse(variants_[i], Refusal::kUnlessNode, kVariants[i].reason, kVariants[i].advice);
      }
    }
  }

  std::array<CommandSpec, kMaxRows> rows_{};
  std::array<CommandSpec, std::size(kVariants)> variants_{};
  std::array<std::uint16_t, kBuckets> buckets_{};
  std::size_t size_ = 0;
};

constexpr Table kTable;

// The container if it has no such subcommand. Out of line: most commands are no containers.
[[gnu::noinline]] const CommandSpec* find_subcommand(const CommandSpec& container,
                                                     std::string_view word) noexcept {
  if (word.empty()) return &container;
  const std::size_t bar = container.name.size();
  for (std::size_t i = bucket_of(hash_pair(container.name, word));; ++i) {
    const std::uint16_t row = kTable.bucket(i);
    if (row == kNoRow) return &container;
    const std::string_view name = kTable.row(row).name;
    if (name.size() > bar && name[bar] == '|' && name.starts_with(container.name) &&
        equals_lower(word, name.substr(bar + 1))) {
      return &kTable.row(row);
    }
  }
}

// The row of that name, if there is one.
const CommandSpec* find_row(std::string_view name) noexcept {
  for (std::size_t i = bucket_of(hash_name(name));; ++i) {
    const std::uint16_t row = kTable.bucket(i);
    if (row == kNoRow) return nullptr;
    if (kTable.row(row).name == name) return &kTable.row(row);
  }
}

}  // namespace

const CommandSpec* find_command(const Args& args) noexcept {
  if (args.size() == 0 || args[0].empty()) return nullptr;
  const std::string_view name = args[0];
  for (std::size_t i = bucket_of(hash_word(name));; ++i) {
    const std::uint16_t row = kTable.bucket(i);
    if (row == kNoRow) return nullptr;
    const CommandSpec& spec = kTable.row(row);
    if (!equals_lower(name, spec.name)) continue;
    if (!spec.has(kContainer) || args.size() < 2) return &spec;
    return &variant_of(*find_subcommand(spec, args[1]), args);
  }
}

const CommandSpec* find_named_command(std::string_view name) noexcept {
  const std::size_t bar = name.find('|');
  if (name.empty() || bar == 0 || bar == name.size() - 1) return nullptr;
  return find_row(name);
}

const CommandSpec& find_variant(const CommandSpec& spec, const Args& args) noexcept {
  for (std::size_t i = 0; i < std::size(kVariants); ++i) {
    if (spec.name == kVariants[i].name && kVariants[i].is_meant(args)) return kTable.variant(i);
  }
  return spec;
}

std::span<const CommandSpec> known_commands() noexcept { return kTable.rows(); }

}  // namespace rediscluster
