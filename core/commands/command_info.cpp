#include "commands/command_info.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>

#include "commands/key_slot.h"

namespace rediscluster {
namespace {

// Fields of one command's description.
enum Field : std::size_t {
  kName,
  kArity,
  kFlags,
  kFirstKey,
  kLastKey,
  kKeyStep,
  kAcl,
  kTips,
  kKeySpecs,
  kSubcommands
};
constexpr std::size_t kFieldsOfRedis6 = kKeyStep + 1;

std::span<const Reply> elements(const Reply& reply) noexcept {
  return reply.is_aggregate() ? std::span<const Reply>(reply.elements, reply.length)
                              : std::span<const Reply>();
}

bool contains(const Reply& words, std::string_view word) noexcept {
  return std::ranges::any_of(elements(words), [word](const Reply& reply) { return reply.string() == word; });
}

// A value in a map, which RESP2 gives as an array of alternating names and values.
const Reply& value_of(const Reply& map, std::string_view name) noexcept {
  static const Reply kNil{};
  const std::span<const Reply> all = elements(map);
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    if (all[i].string() == name) return all[i + 1];
  }
  return kNil;
}

// False for what is no number or absurdly large.
bool to_small(const Reply& reply, std::int16_t& number) noexcept {
  if (reply.type != ReplyType::kInteger) return false;
  if (reply.integer < std::numeric_limits<std::int16_t>::min() + 1 ||
      reply.integer > std::numeric_limits<std::int16_t>::max()) {
    return false;
  }
  number = static_cast<std::int16_t>(reply.integer);
  return true;
}

KeySpecBegin parse_begin(const Reply& reply, LearnedCommand& learned) {
  const std::string_view type = value_of(reply, "type").string();
  const Reply& details = value_of(reply, "spec");
  KeySpecBegin begin;
  if (type == "index" && to_small(value_of(details, "index"), begin.position)) {
    begin.kind = BeginSearch::kIndex;
  } else if (type == "keyword" && to_small(value_of(details, "startfrom"), begin.position)) {
    begin.kind = BeginSearch::kKeyword;
    begin.keyword = learned.own_lower(value_of(details, "keyword").string());
  }
  return begin;
}

KeySpecFind parse_find(const Reply& reply) noexcept {
  const std::string_view type = value_of(reply, "type").string();
  const Reply& details = value_of(reply, "spec");
  KeySpecFind find;
  if (!to_small(value_of(details, "keystep"), find.step)) return find;
  if (type == "range" && to_small(value_of(details, "lastkey"), find.last) &&
      to_small(value_of(details, "limit"), find.limit)) {
    find.kind = FindKeys::kRange;
  } else if (type == "keynum" && to_small(value_of(details, "keynumidx"), find.count) &&
             to_small(value_of(details, "firstkey"), find.first)) {
    find.kind = FindKeys::kKeyNum;
  }
  return find;
}

void parse_key_specs(const Reply& reply, CommandSpec& spec, LearnedCommand& learned) {
  for (const Reply& described : elements(reply)) {
    if (spec.key_spec_count == kMaxKeySpecs) {
      spec.key_specs[0] = {};  // more than we can hold: unknown
      break;
    }
    KeySpec& keys = spec.key_specs[spec.key_spec_count++];
    keys.begin = parse_begin(value_of(described, "begin_search"), learned);
    keys.find = parse_find(value_of(described, "find_keys"));
    const Reply& flags = value_of(described, "flags");
    if (contains(flags, "not_key")) keys.flags |= kNotKey;
    if (contains(flags, "incomplete")) keys.flags |= kIncomplete;
  }
}

// Before Redis 7: the first key, the last one (from the end if negative), and the step between them.
void parse_positions(std::span<const Reply> fields, CommandSpec& spec) noexcept {
  std::int16_t first = 0;
  if (to_small(fields[kFirstKey], first) && first == 0) return;
  spec.key_spec_count = 1;
  KeySpec& keys = spec.key_specs[0];
  if (first < 1 || !to_small(fields[kLastKey], keys.find.last) ||
      !to_small(fields[kKeyStep], keys.find.step)) {
    return;
  }
  if (keys.find.last >= 0) keys.find.last = static_cast<std::int16_t>(keys.find.last - first);
  keys.begin = {BeginSearch::kIndex, first, nullptr};
  keys.find.kind = FindKeys::kRange;
}

// "movablekeys" says that a server does more than follow first, last and step. Key specs explain that, if
// they hold a keyword or a number of keys; a module's own function, or a server that gives no specs, does
// not.
bool keys_are_explained(const CommandSpec& spec, bool of_module) noexcept {
  if (!spec.has(kMovableKeys)) return true;
  if (of_module) return false;
  return std::any_of(spec.key_specs.begin(), spec.key_specs.begin() + spec.key_spec_count,
                     [](const KeySpec& keys) {
                       return keys.begin.kind == BeginSearch::kKeyword || keys.find.kind == FindKeys::kKeyNum;
                     });
}

template <class Policy>
struct Tip {
  std::string_view text;
  Policy policy;
};

constexpr Tip<RequestPolicy> kRequestTips[] = {
    {"request_policy:all_nodes", RequestPolicy::kAllNodes},
    {"request_policy:all_shards", RequestPolicy::kAllShards},
    {"request_policy:multi_shard", RequestPolicy::kMultiShard},
    {"request_policy:special", RequestPolicy::kSpecial},
};

constexpr Tip<ResponsePolicy> kResponseTips[] = {
    {"response_policy:one_succeeded", ResponsePolicy::kOneSucceeded},
    {"response_policy:all_succeeded", ResponsePolicy::kAllSucceeded},
    {"response_policy:agg_logical_and", ResponsePolicy::kAggLogicalAnd},
    {"response_policy:agg_logical_or", ResponsePolicy::kAggLogicalOr},
    {"response_policy:agg_min", ResponsePolicy::kAggMin},
    {"response_policy:agg_max", ResponsePolicy::kAggMax},
    {"response_policy:agg_sum", ResponsePolicy::kAggSum},
    {"response_policy:special", ResponsePolicy::kSpecial},
};

void parse_tips(const Reply& tips, CommandSpec& spec) noexcept {
  for (const auto& [text, policy] : kRequestTips) {
    if (contains(tips, text)) spec.request_policy = policy;
  }
  for (const auto& [text, policy] : kResponseTips) {
    if (contains(tips, text)) spec.response_policy = policy;
  }
}

bool parse_command(const Reply& reply, LearnedCommand& learned) {
  const std::span<const Reply> fields = elements(reply);
  if (fields.size() < kFieldsOfRedis6) return false;
  const std::string_view name = fields[kName].string();
  CommandSpec spec;
  if (name.empty() || !to_small(fields[kArity], spec.arity)) return false;

  const Reply& flags = fields[kFlags];
  if (contains(flags, "readonly")) spec.flags |= kReadOnly;
  if (contains(flags, "write")) spec.flags = kWrite;
  if (contains(flags, "blocking")) spec.flags |= kBlocking;
  if (contains(flags, "movablekeys")) spec.flags |= kMovableKeys;
  if (contains(flags, "pubsub")) spec.flags |= kPubSub;
  spec.flags |= kAnyText;  // a module's, or any under another name

  if (fields.size() > kKeySpecs) {
    parse_key_specs(fields[kKeySpecs], spec, learned);
  } else {
    parse_positions(fields, spec);
  }
  settle_key_rule(spec);
  if (!keys_are_explained(spec, contains(flags, "module"))) spec.key_rule = KeyRule::kAskServer;
  if (fields.size() > kTips) parse_tips(fields[kTips], spec);
  learned.add(spec, name);
  return true;
}

}  // namespace

std::shared_ptr<const LearnedCommand> parse_command_info(const Reply& reply) {
  const std::span<const Reply> answers = elements(reply);
  if (answers.size() != 1) return nullptr;
  auto learned = std::make_shared<LearnedCommand>();
  if (!parse_command(answers[0], *learned)) return nullptr;
  const std::span<const Reply> fields = elements(answers[0]);
  if (fields.size() > kSubcommands) {
    for (const Reply& subcommand : elements(fields[kSubcommands])) parse_command(subcommand, *learned);
  }
  return learned;
}

KeySlot slot_of_keys(const Reply& reply) noexcept {
  KeySlot result;
  for (const Reply& key : elements(reply)) {
    const int slot = key_slot(key.string());
    if (result.slot == -1) result.slot = slot;
    result.cross_slot |= slot != result.slot;
  }
  return result;
}

}  // namespace rediscluster
