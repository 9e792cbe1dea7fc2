// Slots that are asked by themselves, each at once: what a pass could not prove, and a pattern's only slot.
#include <algorithm>

#include "base/letter_case.h"
#include "base/text.h"
#include "operations/pipeline.h"
#include "scan/pattern.h"
#include "scan/scan.h"

namespace rediscluster {
namespace {

// So many slots are asked in a batch, each for so many keys: most have fewer.
constexpr std::size_t kSlotsAtOnce = 64;
constexpr std::size_t kKeysOfSlot = 500;
// The most keys that are asked for at once, which have to fit into memory here and there.
constexpr std::size_t kMostKeys = 100000;
// Keys of which the type is asked in a pipeline.
constexpr std::size_t kTypesAtOnce = 1000;

ErrorPtr moves(int slot) {
  return make_error(Code::kTimeout, Outcome::kRefused,
                    text("slot ", slot, " is moving, and the nodes do not agree where it is"));
}

// Both halves of a slot: what is in both has moved meanwhile.
void drop_repeats(std::vector<std::string_view>& keys, std::size_t from) {
  const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(from);
  std::sort(begin, keys.end());
  keys.erase(std::unique(begin, keys.end()), keys.end());
}

void add_keys(const Reply& reply, std::vector<std::string_view>& keys) {
  for (std::size_t i = 0; i < reply.length; ++i) {
    if (reply.elements[i].type == ReplyType::kString) keys.push_back(reply.elements[i].string());
  }
}

ReplyPtr page_of(const std::vector<std::string_view>& keys) {
  std::size_t bytes = keys.size() * sizeof(Reply);
  for (const auto key : keys) bytes += key.size() + 1 + alignof(std::max_align_t);
  ArenaPtr arena(Arena::create(bytes));
  if (arena == nullptr || !arena->make_array(arena->root(), keys.size())) throw std::bad_alloc();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Reply& element = arena->root().elements[i];
    element.type = ReplyType::kString;
    element.text = arena->copy(keys[i]);
    element.length = keys[i].size();
    if (element.text == nullptr) throw std::bad_alloc();
  }
  return into_reply(std::move(arena));
}

}  // namespace

Scan::Progress Scan::ask_by_slot(const Call& call) {
  const std::vector<int> slots = position_.state.by_slot();
  Node* const node = choose_owner(call.context, slots);
  if (node == nullptr) {
    ScanState state = position_.state;
    for (const int slot : asked_) state.try_again(slot);
    const int slot = asked_.front();
    commit(call.context, std::move(state));
    return {Progress::kLater, nullptr,
            make_error(Code::kClusterDown, Outcome::kRefused, text("no node owns slot ", slot))};
  }
  const auto is_big = [&](int slot) { return std::find(big_.begin(), big_.end(), slot) != big_.end(); };
  if (is_big(asked_.front())) {
    asked_.resize(1);
    return ask_big(call, *node, asked_.front());
  }
  std::erase_if(asked_, is_big);
  if (asked_.size() > kSlotsAtOnce) asked_.resize(kSlotsAtOnce);
  return ask_slots(call, *node, asked_, kKeysOfSlot);
}

Scan::Progress Scan::ask_big(const Call& call, Node& node, int slot) {
  NodeBatch batch;
  batch.add({"CLUSTER", "COUNTKEYSINSLOT", std::to_string(slot)});
  auto answer = ask(call, node, batch, false);
  if (answer.kind != NodeBatch::Answer::kResults) return no_results(node, answer);
  const Reply& reply = answer.results[0];
  if (reply.type != ReplyType::kInteger || reply.integer < 0)
    return {Progress::kFailed, nullptr, nonsense(node, "CLUSTER COUNTKEYSINSLOT")};
  const auto count = static_cast<std::size_t>(reply.integer);
  if (count <= kMostKeys) return ask_slots(call, node, {slot}, count + count / 8 + kKeysOfSlot);
  ScanState state = position_.state;
  state.wait_again(slot);
  commit(call.context, std::move(state));
  return {};
}

Scan::Progress Scan::ask_slots(const Call& call, Node& node, const std::vector<int>& slots,
                               std::size_t limit) {
  NodeBatch batch;
  batch.add({"CLUSTER", "NODES"});
  for (const int slot : slots)
    batch.add({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), std::to_string(limit)});
  auto answer = ask(call, node, batch, false);
  if (answer.kind != NodeBatch::Answer::kResults) return no_results(node, answer);
  const std::string_view lines = answer.results[0].string();
  const auto view = parse_node_view(lines);
  if (!view) return {Progress::kFailed, nullptr, nonsense(node, "CLUSTER NODES")};

  ScanState state = position_.state;
  Found found;
  ErrorPtr why_not;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const int slot = slots[i];
    const Reply& keys = answer.results[i + 1];
    if (!keys.is_aggregate()) return {Progress::kFailed, nullptr, nonsense(node, "CLUSTER GETKEYSINSLOT")};
    if (!view->owns(slot)) {
      state.try_again(slot);
      note_owners(call.context, lines, {slot});
      why_not = not_the_owner(node);
      continue;
    }
    if (keys.length >= limit) {  // there may be more
      if (std::find(big_.begin(), big_.end(), slot) == big_.end()) {
        big_.push_back(slot);
      } else {
        state.try_again(slot);
      }
      continue;
    }
    const std::size_t before = found.keys.size();
    add_keys(keys, found.keys);
    if (view->has_all_of(slot) && state.importer(slot).empty()) {
      state.settle(slot);
    } else if (add_other_half(call, node, *view, lines, slot, limit, state, found)) {
      drop_repeats(found.keys, before);
      state.settle(slot);
    } else {
      found.keys.resize(before);
      state.try_again(slot);
      why_not = moves(slot);
    }
  }
  found.requests.push_back(std::move(answer.request));
  return hand_on(call, std::move(state), std::move(found), std::move(why_not));
}

// The keys that have left the slot's owner already: keys move that way only, so none escapes who asks the
// source first. False: the target has another view of it by now, or cannot be asked.
bool Scan::add_other_half(const Call& call, Node& owner, const NodeView& view, std::string_view lines,
                          int slot, std::size_t limit, ScanState& state, Found& found) {
  Node* other = nullptr;
  const NodeView::Mark* const mark = view.leaving_mark(slot);
  if (mark == nullptr) {
    auto address = parse_address(state.importer(slot));
    if (address.ok()) other = &call.context.nodes.at(address.value());
  } else if (const auto line = line_of_node(lines, mark->node)) {
    other = &node_at(call.context, *line);
  }
  if (other == nullptr) return false;
  Node& target = *other;
  if (&target == &owner) {  // what it imported is its own by now
    state.forget_importer(slot);
    return view.has_all_of(slot);
  }
  NodeBatch batch;
  batch.add({"CLUSTER", "NODES"});
  batch.add({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), std::to_string(limit)});
  auto answer = ask(call, target, batch, false);
  if (answer.kind != NodeBatch::Answer::kResults) {
    if (mark == nullptr) state.forget_importer(slot);  // its owner's word is all that is left
    return false;
  }
  const auto told = parse_node_view(answer.results[0].string());
  const Reply& keys = answer.results[1];
  if (!told || !keys.is_aggregate()) return false;
  const bool has_rest = told->has_all_of(slot) || (!told->owns(slot) && told->arriving_mark(slot) != nullptr);
  if (!has_rest) {
    state.forget_importer(slot);  // the move has ended, or was turned round: the owner has it all, next time
    return false;
  }
  if (keys.length >= limit) {
    if (std::find(big_.begin(), big_.end(), slot) == big_.end()) big_.push_back(slot);
    return false;
  }
  add_keys(keys, found.keys);
  found.requests.push_back(std::move(answer.request));
  return true;
}

Scan::Progress Scan::hand_on(const Call& call, ScanState state, Found found, ErrorPtr why_not) {
  auto& keys = found.keys;
  if (pattern_) std::erase_if(keys, [&](std::string_view key) { return !pattern_matches(*pattern_, key); });
  if (!type_.empty()) {
    if (auto status = keep_type(call, keys); !status.ok()) {
      ErrorPtr error = status.take();
      const bool later = error->code != Code::kServer && error->code != Code::kClosed;
      return {later ? Progress::kLater : Progress::kFailed, nullptr, std::move(error)};
    }
  }
  ReplyPtr page = keys.empty() ? nullptr : page_of(keys);
  commit(call.context, std::move(state));
  if (page != nullptr) return {Progress::kPage, std::move(page), nullptr};
  return {why_not == nullptr ? Progress::kGoOn : Progress::kLater, nullptr, std::move(why_not)};
}

// Only SCAN filters by type itself. The keys' own slots are asked, wherever they are by now.
Status Scan::keep_type(const Call& call, std::vector<std::string_view>& keys) const {
  std::string wanted = type_;
  for (char& c : wanted) c = to_lower(c);
  std::vector<std::string_view> kept;
  for (std::size_t at = 0; at < keys.size(); at += kTypesAtOnce) {
    const std::size_t count = std::min(kTypesAtOnce, keys.size() - at);
    CommandList list;
    for (std::size_t i = 0; i < count; ++i) {
      const char* const words[] = {"TYPE", keys[at + i].data()};
      const std::size_t lengths[] = {4, keys[at + i].size()};
      if (auto status = list.add(Args(2, words, lengths)); !status.ok()) return status;
    }
    CallOptions options = call.options;
    options.timeout = std::max<Duration>(call.deadline.left(Clock::now()), milliseconds(1));
    options.read_from = ReadFrom::kPrimary;
    auto reply = run_pipeline(call.context, list, options);
    if (!reply.ok()) return reply.take_error();
    for (std::size_t i = 0; i < count; ++i) {
      const Reply& type = reply.value()->elements[i];
      if (type.is_error()) {
        return make_error(type.error->code, type.error->outcome, type.error->message,
                          type.error->server_word());
      }
      if (equals_lower(type.string(), wanted)) kept.push_back(keys[at + i]);
    }
  }
  keys.swap(kept);
  return {};
}

}  // namespace rediscluster
