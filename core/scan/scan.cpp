#include "scan/scan.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/server_error.h"
#include "resp/server_answer.h"
#include "scan/pattern.h"

namespace rediscluster {
namespace {

constexpr int kUsualCount = 1000;
constexpr std::size_t kLongestType = 64;

// Calls in a row that cannot ask a node, after which its slots are doubtful and the scan goes on without
// them.
constexpr int kMaxFailures = 10;

// For how long a step that could not be made waits for a newer map.
constexpr Duration kWaitForMap = milliseconds(100);

ErrorPtr invalid(std::string_view message) {
  return make_error(Code::kInvalidArgument, Outcome::kNotSent, message);
}

// Nothing but time, or another node, can help.
bool may_pass(const Error& error) noexcept {
  return error.code == Code::kConnect || error.code == Code::kIo || error.code == Code::kTimeout ||
         error.code == Code::kBusy;
}

}  // namespace

Scan::Scan(const Context& context) : count_(kUsualCount) {
  members_ = context.topology.keep_map()->members();
  sample_ = cluster_sample(*members_);
  start_over();
}

Status Scan::may_be_set() const {
  if (!begun_) return {};
  return invalid("the scan has begun: set it before the first rc_scan_next");
}

// What is looked for has changed, so its beginning has.
void Scan::start_over() {
  Position begin{.state = ScanState(pattern_ ? slot_of_pattern(*pattern_) : -1)};
  begin.text = write_cursor(begin.state, sample_, filter());
  if (!filter_of_cursor_) position_ = std::move(begin);
}

Status Scan::set_pattern(std::string_view pattern) {
  if (auto status = may_be_set(); !status.ok()) return status;
  std::optional<std::string> wanted{std::in_place, pattern};
  pattern_.swap(wanted);
  start_over();
  return {};
}

Status Scan::set_count(int count) {
  if (auto status = may_be_set(); !status.ok()) return status;
  if (count < 1) return invalid(text("count is ", count, ": it must be at least 1"));
  count_ = count;
  return {};
}

Status Scan::set_type(std::string_view type) {
  if (auto status = may_be_set(); !status.ok()) return status;
  const auto is_name = [](char c) { return c > ' ' && c < '\x7f'; };
  if (type.empty() || type.size() > kLongestType || !std::all_of(type.begin(), type.end(), is_name))
    return invalid("the type is no name of one, such as string, hash or list");
  type_ = std::string(type);
  start_over();
  return {};
}

Status Scan::set_cursor(const Context& context, std::string_view text, const CallOptions& options) {
  if (auto status = may_be_set(); !status.ok()) return status;
  auto read = read_cursor(text);
  if (!read.ok()) return read.take_error();
  const Deadline deadline = options.deadline(context.timeout, Clock::now());
  if (auto status = check_cursor(context, read.value(), deadline); !status.ok()) return status;
  Position position{read.value().state, std::string(text),
                    read.value().state.all(ScanState::Slot::kDoubtful)};
  filter_of_cursor_ = read.value().filter;
  position_ = std::move(position);
  return {};
}

// A handle that was idle while every node was replaced knows none of them: it looks once more.
Status Scan::check_cursor(const Context& context, const CursorText& read, Deadline deadline) {
  if (same_cluster(read.sample, *context.topology.keep_map()->members())) return {};
  if (auto status = context.topology.refresh(deadline); !status.ok()) return status;
  if (same_cluster(read.sample, *context.topology.keep_map()->members())) return {};
  return invalid("the cursor is of another cluster: no node is left that it knows");
}

// Bad memory leaves the position as it was.
void Scan::commit(const Context& context, ScanState state) {
  auto members = context.topology.keep_map()->members();
  if (members != members_) {
    sample_ = cluster_sample(*members);
    members_ = std::move(members);
  }
  Position after{std::move(state)};
  after.text = write_cursor(after.state, sample_, filter());
  after.doubtful = after.state.all(ScanState::Slot::kDoubtful);
  position_ = std::move(after);
}

void Scan::forget_the_parents_nodes() noexcept {
  generation_ = fork_generation();
  drop_lease();
  owners_.clear();
  avoid_ = nullptr;
}

std::uint64_t Scan::filter() const noexcept {
  return filter_number(pattern_ ? std::string_view(*pattern_) : std::string_view(), pattern_.has_value(),
                       type_);
}

Result<ReplyPtr> Scan::next(const Context& context, const CallOptions& options) {
  if (filter_of_cursor_ && *filter_of_cursor_ != filter())
    return invalid("the cursor is of a scan with another pattern or type: set the same as there");
  begun_ = true;
  if (generation_ != fork_generation()) forget_the_parents_nodes();
  const Call call{context, options, options.deadline(context.timeout, Clock::now())};
  Backoff backoff(milliseconds(2), milliseconds(250));
  ErrorPtr reason;
  while (!position_.state.finished()) {
    const TimePoint now = Clock::now();
    if (context.stop.stopped()) return closed_error();
    if (call.deadline.expired(now)) return out_of_time(context, std::move(reason));
    context.topology.poll_refresh(now);
    Progress progress = step(call);
    if (progress.kind == Progress::kFailed) return with_context("SCAN", -1, std::move(progress.error));
    if (progress.kind == Progress::kLater) {
      reason = std::move(progress.error);
      (void)context.topology.wait(context.topology.request_refresh(),
                                  call.deadline.sooner(Clock::now() + kWaitForMap));
      look_around(call);
      context.stop.pause(call.deadline.sooner(Clock::now() + backoff.next()));
      continue;
    }
    reason = nullptr;
    failures_ = 0;
    avoid_ = nullptr;
    if (progress.kind == Progress::kPage) return std::move(progress.page);
  }
  drop_lease();
  return ReplyPtr();
}

Scan::Progress Scan::step(const Call& call) {
  asked_.clear();
  failed_ = nullptr;
  if (const auto& pass = position_.state.pass()) {
    asked_ = position_.state.all(ScanState::Slot::kInPass);
    return read_page(call, call.context.nodes.at(parse_address(pass->node).take()), *pass, false);
  }
  return position_.state.waits() ? begin_pass(call) : ask_by_slot(call);
}

// The call got nowhere. What could not be asked for many calls in a row is left out.
ErrorPtr Scan::out_of_time(const Context& context, ErrorPtr reason) {
  count(context.counters.timeouts);
  if (reason == nullptr) {
    return make_error(Code::kTimeout, Outcome::kNotSent,
                      "SCAN: its time was up before a key was found: the next call goes on from there");
  }
  if (++failures_ >= kMaxFailures) {
    ScanState without = position_.state;
    without.give_up(asked_);
    commit(context, std::move(without));
    failures_ = 0;
  }
  return make_error(reason->code, reason->outcome,
                    text("SCAN: its time was up while trying again; last: ", reason->message),
                    reason->server_word());
}

ConnectionLease& Scan::lease(Node& node) {
  if (lease_ && !lease_->forked() && &lease_->node() == &node) return *lease_;
  drop_lease();
  return lease_.emplace(node);
}

void Scan::drop_lease() noexcept {
  lease_.reset();
  process_.clear();
}

NodeBatch::Answer Scan::ask(const Call& call, Node& node, NodeBatch& batch, bool pinned) {
  const TimePoint began = Clock::now();
  auto answer = batch.send(call.context, lease(node), pinned, call.deadline,
                           [&] { return owns_what_is_asked(call.context, node); });
  if (answer.kind == NodeBatch::Answer::kUnwanted) {
    answer.kind = NodeBatch::Answer::kFailed;
    answer.failure = make_error(Code::kTimeout, Outcome::kUnknown,
                                text(node.name(), " said nothing, and others own its slots now"));
  }
  failed_ = answer.kind == NodeBatch::Answer::kFailed ? &node : nullptr;
  if (failed_ != nullptr) {
    drop_lease();
    avoid_ = failed_;
  }
  report(call.context, {node, "SCAN", began, 1},
         answer.kind == NodeBatch::Answer::kFailed ? answer.failure.get() : answer.error);
  return answer;
}

ErrorPtr Scan::nonsense(const Node& node, std::string_view command) {
  return make_error(Code::kProtocol, Outcome::kRefused,
                    text("the answer of ", node.name(), " to ", command, " makes no sense"));
}

ErrorPtr Scan::not_the_owner(const Node& node) {
  return make_error(Code::kTimeout, Outcome::kRefused,
                    text(node.name(), " says that it does not own the slots that others say it owns"));
}

// Of an answer that has none.
Scan::Progress Scan::no_results(Node& node, NodeBatch::Answer& answer) {
  if (answer.kind == NodeBatch::Answer::kFailed)
    return {may_pass(*answer.failure) ? Progress::kLater : Progress::kFailed, nullptr,
            std::move(answer.failure)};
  const std::string_view line = answer.error->message;
  const Answer told = classify(line);
  if (told == Answer::kOther)
    return {Progress::kFailed, nullptr, server_error("SCAN", -1, node, *answer.error)};
  if (told == Answer::kLoggedOut) node.drain(Clock::now());
  const Code code = told == Answer::kClusterDown ? Code::kClusterDown : Code::kTimeout;
  return {Progress::kLater, nullptr,
          make_error(code, Outcome::kRefused, text(node.name(), " answered ", line), error_word(line))};
}

}  // namespace rediscluster
