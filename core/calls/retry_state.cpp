#include "calls/retry_state.h"

#include <utility>

#include <algorithm>

#include "base/text.h"
#include "routing/replica_choice.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

ErrorPtr closed() { return make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed"); }

// Views come sooner, where they tell the owner of a slot.
constexpr Duration kAskAroundAfter = milliseconds(400);

ErrorPtr no_owner(int slot) {
  return make_error(Code::kClusterDown, Outcome::kRefused,
                    text("no node owns slot ", slot,
                         ": assign it (redis-cli --cluster fix), or let its owner announce an address"));
}

}  // namespace

Result<Target> RetryState::target(TimePoint now) {
  if (due_ > now) {
    context_.stop.pause(deadline_.sooner(due_));
    now = Clock::now();
  }
  if (context_.stop.stopped()) return closed();
  if (deadline_.expired(now)) return out_of_time();
  context_.topology.poll_refresh(now);
  asked_at_ = now;
  if (attempts_++ == 0) began_ = now;
  if (target_.node != nullptr) return std::exchange(target_, {});
  return route(now);
}

Result<Target> RetryState::target_by_now(TimePoint now) {
  if (context_.stop.stopped()) return closed();
  if (deadline_.expired(now)) return out_of_time();
  context_.topology.poll_refresh(now);
  if (began_ == TimePoint{}) began_ = now;
  Target target = std::exchange(target_, {});
  if (target.node == nullptr) {
    target = by_map(now);
    // Who asks again and again is told the same.
    const bool told =
        reason_ != nullptr && reason_->code == Code::kClusterDown && reason_->server_code == nullptr;
    if (target.node == nullptr && !forget_tried() && !told) reason_ = no_route(*context_.topology.keep_map());
  }
  if (target.node == nullptr) {
    context_.topology.request_refresh();
    due_ = now + backoff_.next();
    return target;
  }
  asked_at_ = now;
  ++attempts_;
  return target;
}

Result<Target> RetryState::route(TimePoint now) {
  for (bool refreshed = false;; refreshed = true) {
    const Target target = by_map(now);
    if (target.node != nullptr) return target;
    if (forget_tried()) {  // all of them have failed: after a pause they are tried again
      refreshed = true;
    } else {
      reason_ = no_route(*context_.topology.keep_map());
    }
    if (refreshed) context_.stop.pause(deadline_.sooner(now + backoff_.next()));
    const Status status = context_.topology.refresh(deadline_);
    if (context_.stop.stopped()) return closed();
    now = Clock::now();
    if (!status.ok() && deadline_.passed(now)) return out_of_time();
  }
}

// No node: the map does not know one, or all that may be read from have failed.
Target RetryState::by_map(TimePoint now) {
  if (from_ != ReadFrom::kPrimary) {
    const std::vector<Node*> none;
    const auto& tried = seen_ == nullptr ? none : seen_->tried;
    const Reader reader = choose_reader(*context_.topology.map(), slot_, from_, tried, now);
    if (reader.node != nullptr) return {reader.node, false, true, reader.is_probe};
  }
  const auto kept = context_.topology.keep_map();
  const SlotMap& map = *kept;
  if (from_ == ReadFrom::kPrimary) {
    Node* node = slot_ < 0 ? any_primary(map, now) : map.owner(slot_);
    if (node != nullptr) return {node};
  }
  if (slot_ < 0 || map.owner(slot_) != nullptr || now - began_ < kAskAroundAfter) return {};
  // Views have not told it, as its owner may have told no address. Any node knows it, or says that there is
  // none.
  Node* const any = any_primary(map, now);
  if (any != nullptr) {
    context_.topology.request_refresh();
    if (reason_ == nullptr) reason_ = no_owner(slot_);
  }
  return {any};
}

ErrorPtr RetryState::no_route(const SlotMap& map) const {
  if (slot_ >= 0 && map.owner(slot_) == nullptr) return no_owner(slot_);
  return make_error(Code::kClusterDown, Outcome::kRefused,
                    slot_ < 0 ? std::string("no node owns any slot: assign the slots of the cluster")
                              : text("no replica of slot ", slot_,
                                     " is known: read from primaries too (RC_READ_PREFER_REPLICA)"));
}

// Of those that let nobody wait lately, if there are any. The commands of a pipeline for one slot go to the
// same, or they would overtake one another.
Node* RetryState::any_primary(const SlotMap& map, TimePoint now) const {
  std::vector<Node*> well;
  for (const auto& entry : map.entries()) {
    const NodeHealth& health = entry.node->health();
    // Who may not be sent twice does not find out whether it answers again.
    const bool ill =
        health.ejected(now) || (!repeatable_ && health.silent_since_ejected(entry.node->last_received_at()));
    if (entry.slots > 0 && !ill) well.push_back(entry.node);
  }
  if (well.empty()) return map.random_primary();
  const auto size = static_cast<std::uint32_t>(well.size());
  return well[slot_ < 0 ? random_below(size) : static_cast<std::uint32_t>(slot_ + attempts_) % size];
}

bool RetryState::belongs_elsewhere(const Target& asked, TimePoint now) const {
  const auto reading = context_.topology.map();
  const SlotMap& map = *reading;
  if (slot_ < 0) {
    Node* other = any_primary(map, now);
    return other != nullptr && other != asked.node && !other->health().ejected(now);
  }
  const Node* owner = map.owner(slot_);
  if (owner == nullptr || owner == asked.node || asked.asking) return false;
  if (!asked.reading) return !probing_ || owner != unreachable_;
  return std::none_of(map.entries().begin(), map.entries().end(), [&](const SlotMap::Entry& entry) {
    return entry.primary == owner && &entry.node->for_reading() == asked.node;
  });
}

// Unless the call was cancelled, or others had left the node next to nothing of its time.
void RetryState::blame_for_silence(Node& node, TimePoint now) noexcept {
  const bool in_vain = now >= deadline_.at();
  if (in_vain && now - asked_at_ >= (now - began_) / 4) node.health().eject(now);
}

// It fails for one of the nodes that have the slot: the others are asked at once.
Decision RetryState::try_another_reader(const Target& asked, ErrorPtr reason) {
  asked.node->health().eject(Clock::now());
  seen().tried.push_back(asked.node);
  reason_ = std::move(reason);
  redirects_ = 0;
  return Decision::kAgain;
}

Decision RetryState::on_answer(const Target& asked, std::string_view line) {
  const Answer answer = classify(line);
  if (is_redirect(answer)) return on_redirect(asked, answer, line);
  if (answer == Answer::kLoggedOut) return on_logged_out(asked, line);
  count(context_.counters.waits);
  // A replica or a node cut off answers so: another may be the primary by now. With LOADING and TRYAGAIN the
  // map is right and only time helps.
  if (answer != Answer::kTryAgain && answer != Answer::kLoading) context_.topology.request_refresh();
  if (probing_) probe_replica();
  const Code code = answer == Answer::kClusterDown ? Code::kClusterDown : Code::kTimeout;
  auto reason =
      make_error(code, Outcome::kRefused, text(asked.node->name(), " answered ", line), error_word(line));
  log(LogLevel::kInfo, "waiting", reason->message);
  if (asked.reading && answer != Answer::kTryAgain) return try_another_reader(asked, std::move(reason));
  return wait(std::move(reason));
}

// A token has expired, or the user was changed. That is a state of the connection: another logs in anew, with
// what the user's function gives now. Who is told so right after a login is refused.
Decision RetryState::on_logged_out(const Target& asked, std::string_view line) {
  auto error = make_error(
      Code::kAuth, Outcome::kRefused,
      text(asked.node->name(), " answered ", line, ": set the password with rc_options_set_password"),
      error_word(line));
  if (!context_.logs_in || std::exchange(logged_in_again_, true)) return fail(std::move(error));
  count(context_.counters.retries);
  log(LogLevel::kInfo, "logging in again", error->message);
  asked.node->drain(Clock::now());
  reason_ = std::move(error);
  return Decision::kAgain;
}

void RetryState::log(LogLevel level, std::string_view what, std::string_view message) const {
  if (context_.log == nullptr || !context_.log->wants(level)) return;
  context_.log->add(level,
                    slot_ < 0 ? text(what, ": ", message) : text(what, " (slot ", slot_, "): ", message));
}

Decision RetryState::on_redirect(const Target& asked, Answer answer, std::string_view line) {
  count(answer == Answer::kMoved ? context_.counters.moved : context_.counters.ask);
  log(LogLevel::kDebug, "redirected", text(asked.node->name(), " answered ", line));
  const Redirect redirect = parse_redirect(line);
  const bool named = !redirect.host.empty() && redirect.host != "?";
  if (!redirect.valid || (named && !check_host(redirect.host).ok())) {
    return fail(make_error(Code::kProtocol, Outcome::kRefused,
                           text(asked.node->name(), " sent a redirect that cannot be read: ", line),
                           error_word(line)));
  }
  if (slot_ >= 0 && redirect.slot != slot_) {
    return fail(make_error(Code::kProtocol, Outcome::kRefused,
                           text(asked.node->name(), " sent a redirect for another slot: ", line),
                           error_word(line)));
  }
  if (redirect.host == "?") {  // the server does not know the address itself
    context_.topology.request_refresh();
    return wait(make_error(Code::kTimeout, Outcome::kRefused, text(asked.node->name(), " answered ", line),
                           error_word(line)));
  }
  const std::string host(redirect.host.empty() ? std::string_view(asked.node->address().host)
                                               : redirect.host);
  Node& node = context_.nodes.at({host, redirect.port});
  if (probing_ && &node == unreachable_ && probe_replica()) {
    return wait(make_error(
        Code::kConnect, Outcome::kNotSent,
        text(node.name(), " cannot be reached and no replica has taken over yet: ", why_->message)));
  }
  const auto has_left = [this](const Node* which) {
    return seen_ != nullptr && std::find(seen_->left.begin(), seen_->left.end(), which) != seen_->left.end();
  };
  const bool contradicts = has_left(&node);
  if (!contradicts && ++redirects_ > context_.max_redirects) {
    return fail(make_error(
        Code::kTooManyRedirects, Outcome::kRefused,
        text("redirected more than ", context_.max_redirects, " times, last by ", asked.node->name(), ": ",
             line, ": the nodes disagree (redis-cli --cluster check), or max_redirects is too low"),
        error_word(line)));
  }
  probing_ = false;
  target_ = {&node, answer == Answer::kAsk};
  if (&node != asked.node && !has_left(asked.node)) seen().left.push_back(asked.node);
  if (contradicts) {
    // While a slot changes hands one node may know of it before the other does. Neither is learned from.
    context_.topology.request_refresh();
    return wait(make_error(Code::kTimeout, Outcome::kRefused,
                           text(asked.node->name(), " answered ", line, ", and ", node.name(),
                                " had sent it elsewhere: the nodes disagree (redis-cli --cluster check)"),
                           error_word(line)));
  }
  if (answer == Answer::kAsk) return Decision::kAgain;
  if (slot_ < 0) slot_ = redirect.slot;  // a command whose keys only the server knew
  const TimePoint now = Clock::now();
  context_.topology.learn_moved(redirect.slot, node, now);
  if (from_ == ReadFrom::kReplica) {  // the new owner's replicas are not known yet
    target_ = {};
    return wait(make_error(Code::kTimeout, Outcome::kRefused,
                           text(asked.node->name(), " no longer replicates the slot: ", line),
                           error_word(line)));
  }
  if (&node != asked.node) return Decision::kAgain;
  // A name that leads to another node by now: what is connected to the old one is of no use.
  node.drain(asked_at_);
  target_ = {};
  return wait(make_error(Code::kTimeout, Outcome::kRefused, text(node.name(), " redirects to itself: ", line),
                         error_word(line)));
}

Decision RetryState::on_failure(const Target& asked, ErrorPtr failure) {
  const bool probe_failed =
      failure->code == Code::kTimeout && asked.is_probe && !deadline_.passed(Clock::now());
  if (failure->code == Code::kTimeout && !probe_failed) {  // the call's time is up
    context_.topology.request_refresh();
    if (asked.reading) blame_for_silence(*asked.node, Clock::now());
    if (failure->outcome == Outcome::kNotSent && reason_ != nullptr) return fail(out_of_time());
    count(context_.counters.timeouts);
    if (failure->outcome == Outcome::kUnknown) count(context_.counters.unknown);
    return fail(std::move(failure));
  }
  if (failure->code == Code::kBusy) return wait(std::move(failure));
  if (failure->outcome == Outcome::kUnknown) {
    count(context_.counters.unknown);
    if (!repeatable_ || failure->code == Code::kClosed) return fail(std::move(failure));
    maybe_executed_ = true;
  }
  const bool may_pass = probe_failed || failure->code == Code::kConnect || failure->code == Code::kIo ||
                        failure->code == Code::kProtocol;
  const bool again_nonsense =
      failure->code == Code::kProtocol && reason_ != nullptr && reason_->code == Code::kProtocol;
  if (!may_pass || (again_nonsense && !asked.reading)) return fail(std::move(failure));
  count(context_.counters.retries);
  log(LogLevel::kInfo, "trying again", failure->message);
  if (slot_ < 0) asked.node->health().eject(Clock::now());
  context_.topology.request_refresh();
  if (asked.reading) return try_another_reader(asked, std::move(failure));
  if (failure->code == Code::kIo && reason_ == nullptr) {  // the connection was lost, the node may be well
    reason_ = std::move(failure);
    return Decision::kAgain;
  }
  if (!probing_) {
    unreachable_ = asked.node;
    why_ = make_error(failure->code, failure->outcome, failure->message);
  }
  const bool probe = !probing_ && slot_ >= 0;
  probing_ = false;
  const Decision verdict = wait(std::move(failure));
  if (probe) probe_replica();
  return verdict;
}

// Until the other primaries have heard of a promotion, the promoted replica is the only one to tell. Now and
// then the old primary is tried too: it may have come back.
bool RetryState::probe_replica() {
  constexpr int kProbesInARow = 8;
  Node* replica = context_.topology.map()->random_replica(*unreachable_);
  probing_ = replica != nullptr && ++probes_ % kProbesInARow != 0;
  if (probing_) target_ = {replica, false};
  return probing_;
}

Decision RetryState::on_split_keys(const Target& asked, std::string_view what) {
  count(context_.counters.waits);
  auto reason =
      make_error(Code::kTimeout, Outcome::kRefused,
                 text(asked.node->name(), " is sending the slot's keys to another node, and ", what));
  log(LogLevel::kInfo, "waiting", reason->message);
  return wait(std::move(reason));
}

Decision RetryState::wait(ErrorPtr reason) noexcept {
  reason_ = std::move(reason);
  redirects_ = 0;
  due_ = Clock::now() + backoff_.next();
  return Decision::kAgain;
}

void RetryState::learn_promotion(const Target& asked) {
  if (slot_ >= 0) context_.topology.learn_moved(slot_, *asked.node, Clock::now());
}

Decision RetryState::fail(ErrorPtr error) {
  error_ = with_outcome_so_far(std::move(error));
  return Decision::kFailed;
}

ErrorPtr RetryState::out_of_time() {
  count(context_.counters.timeouts);
  if (reason_ == nullptr) {
    return make_error(Code::kTimeout, Outcome::kNotSent, "its time was up before it could be sent");
  }
  const std::string_view word = reason_->server_code == nullptr ? "" : reason_->server_code;
  return with_outcome_so_far(make_error(reason_->code, reason_->outcome,
                                        text("its time was up while trying again; last: ", reason_->message),
                                        word));
}

// A later attempt that was refused does not undo an earlier one that may have been executed.
ErrorPtr RetryState::with_outcome_so_far(ErrorPtr error) const {
  if (!maybe_executed_ || error->outcome == Outcome::kExecuted) return error;
  return with_outcome(std::move(error), Outcome::kUnknown);
}

}  // namespace rediscluster
