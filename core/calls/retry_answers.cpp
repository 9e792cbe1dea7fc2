// What an answer or a failure means for a call.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "calls/retry_state.h"

namespace rediscluster {

Decision RetryState::on_answer(const Target& asked, std::string_view line, TimePoint now) {
  const Answer answer = classify(line);
  if (stays_where_it_is(answer)) {
    return fail(make_error(Code::kServer, Outcome::kRefused, text(asked.node->name(), " answered ", line),
                           error_word(line)));
  }
  if (is_redirect(answer)) return on_redirect(asked, answer, line, now);
  if (answer == Answer::kLoggedOut) return on_logged_out(asked, line, now);
  count(context_.counters.waits);
  // A replica or a node cut off answers so: another may be the primary by now. With LOADING and TRYAGAIN the
  // map is right and only time helps.
  if (answer != Answer::kTryAgain && answer != Answer::kLoading) context_.topology.request_refresh();
  if (is_probing_replicas()) probe_replica();
  const Code code = answer == Answer::kClusterDown ? Code::kClusterDown : Code::kTimeout;
  auto reason =
      make_error(code, Outcome::kRefused, text(asked.node->name(), " answered ", line), error_word(line));
  log(LogLevel::kInfo, "waiting", reason->message);
  if (asked.reading && answer != Answer::kTryAgain) return try_another_reader(asked, std::move(reason), now);
  return wait(std::move(reason), now);
}

// It is for one node, which will not answer otherwise later. A shard has another primary soon.
bool RetryState::stays_where_it_is(Answer answer) const noexcept {
  if (trouble_ == nullptr || trouble_->place == nullptr) return false;
  const bool read_only = answer == Answer::kReadOnly || answer == Answer::kDemoted;
  return is_redirect(answer) || (read_only && !trouble_->place->is_shard());
}

// A token has expired, or the user was changed. That is a state of the connection: another logs in anew, with
// what the user's function gives now. Who is told so right after a login is refused.
Decision RetryState::on_logged_out(const Target& asked, std::string_view line, TimePoint now) {
  auto error = make_error(
      Code::kAuth, Outcome::kRefused,
      text(asked.node->name(), " answered ", line, ": set the password with rc_options_set_password"),
      error_word(line));
  if (!context_.logs_in || std::exchange(trouble().logged_in_again, true)) return fail(std::move(error));
  count(context_.counters.retries);
  log(LogLevel::kInfo, "logging in again", error->message);
  asked.node->drain(now);
  trouble().reason = std::move(error);
  return Decision::kAgain;
}

// Null: it can be followed.
ErrorPtr RetryState::what_is_wrong_with(const Redirect& redirect, const Target& asked,
                                        std::string_view line) const {
  const bool named = !redirect.host.empty() && redirect.host != "?";
  const char* what = nullptr;
  if (!redirect.valid || (named && !check_host(redirect.host).ok())) {
    what = " sent a redirect that cannot be read: ";
  } else if (slot_ >= 0 && redirect.slot != slot_) {
    what = " sent a redirect for another slot: ";
  }
  if (what == nullptr) return nullptr;
  return make_error(Code::kProtocol, Outcome::kRefused, text(asked.node->name(), what, line),
                    error_word(line));
}

Decision RetryState::on_redirect(const Target& asked, Answer answer, std::string_view line, TimePoint now) {
  count(answer == Answer::kMoved ? context_.counters.moved : context_.counters.ask);
  log(LogLevel::kDebug, "redirected", text(asked.node->name(), " answered ", line));
  const Redirect redirect = parse_redirect(line);
  if (ErrorPtr error = what_is_wrong_with(redirect, asked, line)) return fail(std::move(error));
  if (redirect.host == "?") {  // the server does not know the address itself
    context_.topology.request_refresh();
    return wait(make_error(Code::kTimeout, Outcome::kRefused, text(asked.node->name(), " answered ", line),
                           error_word(line)),
                now);
  }
  const std::string host(redirect.host.empty() ? std::string_view(asked.node->address().host)
                                               : redirect.host);
  return follow(asked, context_.nodes.at({host, redirect.port}), redirect.slot, answer, line, now);
}

bool RetryState::was_sent_away_by(const Node* node) const {
  return trouble_ != nullptr &&
         std::find(trouble_->left.begin(), trouble_->left.end(), node) != trouble_->left.end();
}

Decision RetryState::follow(const Target& asked, Node& node, int slot, Answer answer, std::string_view line,
                            TimePoint now) {
  Trouble& so_far = trouble();
  if (so_far.probing && &node == so_far.unreachable && probe_replica()) {
    const bool connects = so_far.why_unreachable->code == Code::kIo;  // and then loses the connection
    return wait(make_error(connects ? Code::kIo : Code::kConnect, Outcome::kNotSent,
                           text(node.name(), connects ? " breaks off" : " cannot be reached",
                                " and no replica has taken over yet: ", so_far.why_unreachable->message)),
                now);
  }
  const bool contradicts = was_sent_away_by(&node);
  if (!contradicts && ++so_far.redirects > context_.max_redirects) {
    return fail(make_error(
        Code::kTooManyRedirects, Outcome::kRefused,
        text("redirected more than ", context_.max_redirects, " times, last by ", asked.node->name(), ": ",
             line, ": the nodes disagree (redis-cli --cluster check), or max_redirects is too low"),
        error_word(line)));
  }
  so_far.probing = false;
  so_far.target = {&node, answer == Answer::kAsk};
  if (&node != asked.node && !was_sent_away_by(asked.node)) so_far.left.push_back(asked.node);
  const auto because = [&](auto&&... words) {
    return make_error(Code::kTimeout, Outcome::kRefused, text(words...), error_word(line));
  };
  if (contradicts) {
    // While a slot changes hands one node may know of it before the other does. Neither is learned from.
    context_.topology.request_refresh();
    return wait(because(asked.node->name(), " answered ", line, ", and ", node.name(),
                        " had sent it elsewhere: the nodes disagree (redis-cli --cluster check)"),
                now);
  }
  if (answer == Answer::kAsk) return Decision::kAgain;
  if (slot_ < 0) slot_ = slot;  // a command whose keys only the server knew
  context_.topology.learn_moved(slot, node, now);
  if (from_ == ReadFrom::kReplica) {  // the new owner's replicas are not known yet
    so_far.target = {};
    return wait(because(asked.node->name(), " no longer replicates the slot: ", line), now);
  }
  if (&node != asked.node) return Decision::kAgain;
  // A name that leads to another node by now: what is connected to the old one is of no use.
  node.drain(asked_at_);
  so_far.target = {};
  return wait(because(node.name(), " redirects to itself: ", line), now);
}

Decision RetryState::on_failure(const Target& asked, ErrorPtr failure, TimePoint now) {
  const bool probe_failed = failure->code == Code::kTimeout && asked.is_probe && !deadline_.passed(now);
  if (failure->code == Code::kTimeout && !probe_failed) return on_timeout(asked, std::move(failure), now);
  if (failure->code == Code::kBusy) return wait(std::move(failure), now);
  if (failure->outcome == Outcome::kUnknown) {
    count(context_.counters.unknown);
    if (!repeatable_ || failure->code == Code::kClosed) return fail(std::move(failure));
    trouble().maybe_executed = true;
  }
  const Error* const before = trouble().reason.get();
  const bool is_nonsense = failure->code == Code::kProtocol;
  const bool is_nonsense_again = is_nonsense && before != nullptr && before->code == Code::kProtocol;
  const bool may_pass =
      probe_failed || is_nonsense || failure->code == Code::kConnect || failure->code == Code::kIo;
  if (!may_pass || (is_nonsense_again && !asked.reading)) return fail(std::move(failure));
  return on_lost(asked, std::move(failure), now);
}

// The call's time is up.
Decision RetryState::on_timeout(const Target& asked, ErrorPtr failure, TimePoint now) {
  context_.topology.request_refresh();
  if (asked.reading) blame_for_silence(*asked.node, now);
  if (failure->outcome == Outcome::kNotSent && trouble().reason != nullptr) return fail(out_of_time());
  count(context_.counters.timeouts);
  if (failure->outcome == Outcome::kUnknown) count(context_.counters.unknown);
  return fail(std::move(failure));
}

// The connection was lost, or could not be made.
Decision RetryState::on_lost(const Target& asked, ErrorPtr failure, TimePoint now) {
  Trouble& so_far = trouble();
  count(context_.counters.retries);
  log(LogLevel::kInfo, "trying again", failure->message);
  if (slot_ < 0) asked.node->health().eject(now);
  context_.topology.request_refresh();
  if (asked.reading) return try_another_reader(asked, std::move(failure), now);
  if (failure->code == Code::kIo && so_far.reason == nullptr) {  // the node itself may be well
    so_far.reason = std::move(failure);
    return Decision::kAgain;
  }
  if (!so_far.probing) {
    so_far.unreachable = asked.node;
    so_far.why_unreachable = make_error(failure->code, failure->outcome, failure->message);
  }
  const bool probe = !so_far.probing && slot_ >= 0;
  so_far.probing = false;
  const Decision decision = wait(std::move(failure), now);
  if (probe) probe_replica();
  return decision;
}

// Marks the node unhealthy after a timeout, but only if the deadline really passed (no cancellation) and this
// attempt had at least a quarter of the call's time.
void RetryState::blame_for_silence(Node& node, TimePoint now) noexcept {
  const TimePoint began = trouble_ == nullptr ? asked_at_ : trouble_->began;
  if (now >= deadline_.at() && now - asked_at_ >= (now - began) / 4) node.health().eject(now);
}

// It fails for one of the nodes that have the slot: the others are asked at once.
Decision RetryState::try_another_reader(const Target& asked, ErrorPtr reason, TimePoint now) {
  asked.node->health().eject(now);
  trouble().tried.push_back(asked.node);
  trouble().reason = std::move(reason);
  trouble().redirects = 0;
  return Decision::kAgain;
}

Decision RetryState::on_split_keys(const Target& asked, std::string_view what, TimePoint now) {
  count(context_.counters.waits);
  auto reason =
      make_error(Code::kTimeout, Outcome::kRefused,
                 text(asked.node->name(), " is sending the slot's keys to another node, and ", what));
  log(LogLevel::kInfo, "waiting", reason->message);
  return wait(std::move(reason), now);
}

Decision RetryState::wait(ErrorPtr reason, TimePoint now) {
  Trouble& so_far = trouble();
  so_far.reason = std::move(reason);
  so_far.redirects = 0;
  so_far.due = now + so_far.backoff.next();
  // An attempt with little time left for its answer would only turn REFUSED into UNKNOWN.
  constexpr Duration kMostNeeded = milliseconds(50);
  if (so_far.reason->outcome == Outcome::kRefused) {
    const Duration eighth = (deadline_.at() - so_far.began) / 8;
    const Duration needed = std::min(std::max(2 * (now - asked_at_), eighth), kMostNeeded);
    if (so_far.due + needed >= deadline_.at()) so_far.due = deadline_.at();
  }
  return Decision::kAgain;
}

Decision RetryState::fail(ErrorPtr error) {
  trouble().error = with_outcome_so_far(std::move(error));
  return Decision::kFailed;
}

}  // namespace rediscluster
