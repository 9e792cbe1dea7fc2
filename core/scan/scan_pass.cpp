// Passes: a node is asked for all its keys, page by page.
#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "base/text.h"
#include "calls/server_error.h"
#include "commands/key_slot.h"
#include "resp/server_answer.h"
#include "scan/scan.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

// What COUNT grows to where pages have few keys, so that a rare pattern is found soon. A server is busy with
// so many for some milliseconds.
constexpr int kMostEffort = 16000;

// The places of the answers in a batch.
constexpr std::size_t kNodes = 0;
constexpr std::size_t kPage = 1;
constexpr std::size_t kInfo = 2;

std::string run_id_in(std::string_view info) {
  constexpr std::string_view kField = "\nrun_id:";
  const auto at = info.find(kField);
  if (at == std::string_view::npos) return {};
  const auto rest = info.substr(at + kField.size());
  return std::string(rest.substr(0, rest.find_first_of("\r\n")));
}

// Of a process that does not tell its run id: another each time, so it is never taken for the same.
std::string made_up_run_id() { return text("?", random_bits()); }

// [cursor, [key, key, ...]]
bool is_page(const Reply& reply) noexcept {
  return reply.type == ReplyType::kArray && reply.length == 2 && !reply.elements[0].string().empty() &&
         reply.elements[1].is_aggregate();
}

// A cursor of CLUSTERSCAN, fingerprint-{tag}-position, for the first key of a slot. The fingerprint is that
// of the process that gave the position; 0: of none. The tag is any that has the slot.
std::string beginning_of(int slot) {
  char digits[12];
  for (int number = 0;; ++number) {
    const std::string_view tag(digits, std::to_chars(digits, std::end(digits), number).ptr);
    if (key_slot(tag) == slot) return text("0-{", tag, "}-0");
  }
}

// Only keys of slots that are counted to the node: others are told by theirs.
void keep_counted(Reply& keys, const ScanState& state) noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < keys.length; ++i) {
    const Reply& key = keys.elements[i];
    if (key.type == ReplyType::kString && state.at(key_slot(key.string())) == ScanState::Slot::kInPass)
      keys.elements[kept++] = Reply(key);
  }
  keys.length = kept;
}

ReplyPtr into_page(RequestPtr request, const Reply& keys) noexcept {
  ArenaPtr arena = std::move(request->arena);
  Reply& root = arena->root();
  root = Reply(keys);
  root.type = ReplyType::kArray;
  root.is_root = true;
  return into_reply(std::move(arena));
}

}  // namespace

Scan::Progress Scan::begin_pass(const Call& call) {
  Node* const node = choose_owner(call.context, position_.state.all(ScanState::Slot::kWaiting));
  if (node == nullptr) {
    ScanState state = position_.state;
    for (const int slot : asked_) state.ask_alone(slot);
    commit(call.context, std::move(state));
    return {};
  }
  // CLUSTERSCAN goes on to the last of the slots without a gap that the node owns.
  if (has_clusterscan_)
    return read_page(call, *node, {node->name(), {}, beginning_of(asked_.front()), true}, true);
  return read_page(call, *node, {node->name(), {}, "0", false}, true);
}

void Scan::add_scan(NodeBatch& batch, const ScanState::Pass& pass) const {
  const std::string effort = std::to_string(effort_);
  std::array<std::string_view, 8> words{pass.tells_slots ? "CLUSTERSCAN" : "SCAN", pass.cursor, "COUNT",
                                        effort};
  std::size_t count = 4;
  if (pattern_) {
    words[count++] = "MATCH";
    words[count++] = *pattern_;
  }
  if (!type_.empty()) {
    words[count++] = "TYPE";
    words[count++] = type_;
  }
  batch.add(words.data(), count);
}

Scan::Progress Scan::read_page(const Call& call, Node& node, ScanState::Pass pass, bool first) {
  effort_ = std::max(effort_, count_);
  // Over the connection of the page before it is the same process, without a word.
  const bool same_connection = !first && lease_ && !lease_->forked() && &lease_->node() == &node &&
                               !process_.empty() && process_ == pass.process;
  const bool asks_who = !pass.tells_slots && !same_connection;
  NodeBatch batch;
  batch.add({"CLUSTER", "NODES"});
  add_scan(batch, pass);
  if (asks_who && tells_run_id_) batch.add({"INFO", "server"});
  auto answer = ask(call, node, batch, same_connection && !pass.tells_slots);
  if (answer.kind != NodeBatch::Answer::kResults)
    return page_failed(call, node, answer, pass.tells_slots, first);

  if (asks_who) {
    process_ = tells_run_id_ ? run_id_in(answer.results[kInfo].string()) : std::string();
    if (process_.empty()) process_ = made_up_run_id();
    if (first) pass.process = process_;
    if (process_ != pass.process) return abandon_pass(call, nullptr);
  }
  const auto view = parse_node_view(answer.results[kNodes].string());
  if (!view) return {Progress::kFailed, nullptr, nonsense(node, "CLUSTER NODES")};
  const Reply& page = answer.results[kPage];
  if (!is_page(page)) return {Progress::kFailed, nullptr, nonsense(node, "SCAN")};
  ScanState state = position_.state;
  const int begins_at = pass.tells_slots ? asked_.front() : 0;
  if (!first) {
    state.hear(node.name(), *view);
  } else if (!state.begin(std::move(pass), *view, begins_at)) {
    return is_not_the_owner(call, node, answer.results[kNodes].string());
  }
  Reply& keys = page.elements[1];
  keep_counted(keys, state);
  state.turn_page(std::string(page.elements[0].string()));
  effort_ = keys.length < static_cast<std::size_t>(count_) / 8 + 1
                ? std::min(effort_ * 2, std::max(count_, kMostEffort))
                : count_;
  commit(call.context, std::move(state));
  if (keys.length == 0) return {};
  return {Progress::kPage, into_page(std::move(answer.request), keys), nullptr};
}

Scan::Progress Scan::page_failed(const Call& call, Node& node, NodeBatch::Answer& answer, bool tells_slots,
                                 bool first) {
  if (answer.kind == NodeBatch::Answer::kError && tells_slots && first &&
      classify(answer.error->message) == Answer::kOther) {
    has_clusterscan_ = false;  // the server does not have it, or the user may not say it
    return {};
  }
  if (answer.kind == NodeBatch::Answer::kError && answer.command == static_cast<int>(kInfo)) {
    tells_run_id_ = false;  // the user is not allowed to ask
    return {};
  }
  const bool sent_away =
      answer.kind == NodeBatch::Answer::kError && is_redirect(classify(answer.error->message));
  if (sent_away) note_redirect(call, node, answer.error->message);
  Progress progress = no_results(node, answer);
  const bool lost = answer.kind == NodeBatch::Answer::kFailed && !owns_what_is_asked(call.context, node);
  if (!first && progress.kind == Progress::kLater && (sent_away || lost))
    return abandon_pass(call, std::move(progress.error));
  return progress;
}

// The map will know better, or the nodes do not agree.
Scan::Progress Scan::is_not_the_owner(const Call& call, const Node& node, std::string_view lines) {
  note_owners(call.context, lines, asked_);
  ScanState state = position_.state;
  for (const int slot : asked_) state.wait_again(slot);
  commit(call.context, std::move(state));
  return {Progress::kLater, nullptr, not_the_owner(node)};
}

Scan::Progress Scan::abandon_pass(const Call& call, ErrorPtr why) {
  ScanState state = position_.state;
  state.abandon();
  commit(call.context, std::move(state));
  return {why == nullptr ? Progress::kGoOn : Progress::kLater, nullptr, std::move(why)};
}

}  // namespace rediscluster
