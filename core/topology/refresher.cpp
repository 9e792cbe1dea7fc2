#include "topology/refresher.h"

#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "resp/encode.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

// A node that has not answered for so long may be frozen: another is asked beside it.
constexpr Duration kAskAnotherAfter = milliseconds(250);
constexpr Duration kGiveUpAfter = std::chrono::seconds(5);
// With several under way each is looked at in turn.
constexpr Duration kSlice = milliseconds(2);
constexpr Duration kFirstPause = milliseconds(20);
constexpr Duration kLongestPause = milliseconds(1000);

// Of several failures the one that says most about what to do.
int weight(Code code) noexcept {
  switch (code) {
    case Code::kClosed:
      return 7;
    case Code::kAuth:
    case Code::kTls:
      return 6;
    case Code::kServer:
      return 5;
    case Code::kClusterDown:
      return 4;
    case Code::kProtocol:
      return 3;
    case Code::kTimeout:
      return 2;
    default:
      return 1;
  }
}

ErrorPtr out_of_time(std::string_view who_was_asked) {
  return make_error(Code::kTimeout, Outcome::kNotSent,
                    text("no node told the slots of the cluster in time", who_was_asked));
}

ErrorPtr explain_answer(const Reply& reply, const Node& node) {
  const auto line = reply.string();
  const auto word = error_word(line);
  if (word == "NOAUTH" || word == "WRONGPASS") {
    return make_error(
        Code::kAuth, Outcome::kRefused,
        text(node.name(), " asks for a password: ", line, ": set it with rc_options_set_password"), word);
  }
  if (word == "NOPERM") {
    return make_error(Code::kAuth, Outcome::kRefused,
                      text(node.name(), " does not let the user run CLUSTER SLOTS, which tells the layout: ",
                           line, ": allow it (ACL SETUSER ... +cluster|slots)"),
                      word);
  }
  if (line.find("cluster support disabled") != std::string_view::npos) {
    return make_error(Code::kServer, Outcome::kRefused,
                      text(node.name(), " is not in cluster mode (it answered ", line,
                           "): give nodes of a cluster, or set cluster-enabled yes in its configuration"),
                      word);
  }
  const Code code = asks_to_wait(classify(line)) ? Code::kClusterDown : Code::kServer;
  return make_error(code, Outcome::kRefused, text(node.name(), " answered CLUSTER SLOTS with ", line), word);
}

}  // namespace

Refresher::Attempt::Attempt(Node& node, TimePoint now) : lane(node), request(new_request()), asked_at(now), reused(lane->connected()) {
  static constexpr const char* kWords[] = {"CLUSTER", "SLOTS"};
  static constexpr std::size_t kLengths[] = {7, 5};
  const Args args(2, kWords, kLengths);
  lane->submit(
      *request, encoded_size(args), now, Deadline(now + kGiveUpAfter), [&](char* to) { encode(args, to); },
      false);
}

Refresher::Refresher(Candidates candidates, Accept accept, const Stop& stop, Counters& counters,
                     Duration look_again)
    : candidates_(std::move(candidates)),
      accept_(std::move(accept)),
      stop_(stop),
      counters_(counters),
      look_again_(look_again),
      backoff_(kFirstPause, kLongestPause) {
  settle();
}

void Refresher::push(TimePoint now) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  now = Clock::now();  // the caller's may be old, and the throttle would take it at its word
  if (!wanted() && due(now)) want();
  if (wanted() && now >= not_before_) advance(now, now);
  lock.unlock();
  pass_on();
}

void Refresher::pass_on() noexcept {
  turns_.fetch_add(1, std::memory_order_release);
  unpark_all(turns_);
}

Status Refresher::wait(Deadline deadline) {
  const TimePoint begin = Clock::now();
  for (TimePoint now = begin;; now = Clock::now()) {
    if (stop_.stopped()) return make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed");
    if (viewed_since(begin)) return {};
    if (deadline.passed(now) && !deadline.was_spared()) return out_of_time("");
    const auto turns = turns_.load(std::memory_order_acquire);
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
      park(turns_, turns, deadline.sooner(now + kAskAnotherAfter));
      continue;
    }
    Status status = refresh_until(begin, deadline);
    lock.unlock();
    pass_on();
    if (!status.ok() && !deadline.was_spared()) return status;
  }
}

// With mutex_ held: until a view that was asked for after `begin` has come, every node has failed, or the
// time is up.
Status Refresher::refresh_until(TimePoint begin, Deadline deadline) {
  const auto rounds = rounds_;
  for (TimePoint now = Clock::now(); !viewed_since(begin) && !stop_.stopped(); now = Clock::now()) {
    if (deadline.passed(now)) return out_of_time(who_was_asked());
    if (rounds_ != rounds && failed_ != nullptr) {
      const char* code = failed_->server_code;
      return make_error(failed_->code, failed_->outcome, failed_->message, code == nullptr ? "" : code);
    }
    // A view that was on its way before we began counts for the map; then another is asked for.
    if (!wanted()) want();
    TimePoint until = deadline.sooner(now + kAskAnotherAfter).look_at(now);
    if (attempts_.size() > 1) until = std::min(until, now + kSlice);
    if (attempts_.empty()) until = now;
    advance(now, until);
    if (attempts_.empty() && rounds_ == rounds) {
      stop_.pause(deadline.sooner(std::max(throttle_.next(), now + milliseconds(1))));
    }
  }
  return {};
}

// Starts what may be started, then gives each attempt until `until` to come to an end.
void Refresher::advance(TimePoint now, TimePoint until) {
  if (attempts_.empty() || now - attempts_.back()->asked_at >= kAskAnotherAfter) {
    if (!ask_another(now) && attempts_.empty() && throttle_.next() <= now) return end_round(false);
  }
  for (std::size_t i = 0; i < attempts_.size();) {
    Attempt& attempt = *attempts_[i];
    const bool answered = attempt.lane->poke(*attempt.request, Deadline(until));
    if (!answered && now - attempt.asked_at < kGiveUpAfter) {
      ++i;
      continue;
    }
    const std::unique_ptr<Attempt> done = std::move(attempts_[i]);
    attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(i));
    if (answered) {
      take_answer(*done);
    } else {
      blame(make_error(Code::kTimeout, Outcome::kUnknown, text("no answer from ", done->lane.node().name())));
    }
    if (asked_.empty()) return;  // the round is over
  }
}

bool Refresher::ask_another(TimePoint now) {
  for (Node* node : candidates_()) {
    if (asked_.contains(node)) continue;
    if (!throttle_.take(now)) return false;
    asked_.insert(node);
    const auto wants = wants_.load(std::memory_order_relaxed);
    attempts_.push_back(std::make_unique<Attempt>(*node, now));
    attempts_.back()->wants = wants;
    count(counters_.refreshes);
    return true;
  }
  return false;
}

void Refresher::take_answer(Attempt& attempt) {
  const Node& node = attempt.lane.node();
  if (attempt.request->failure != nullptr) {
    if (attempt.request->failure->outcome == Outcome::kNotSent) {
      throttle_.give_back();
      counters_.refreshes.fetch_sub(1, std::memory_order_relaxed);
    }
    return blame(std::move(attempt.request->failure));
  }
  const Reply& reply = attempt.request->arena->root();
  if (reply.is_error() && attempt.reused && classify(reply.string()) == Answer::kLoggedOut) {
    // That is a state of the connection: it is asked again over another, which logs in anew.
    attempt.lane.node().renew(Clock::now());
    asked_.erase(&attempt.lane.node());
    return;
  }
  if (reply.is_error()) return blame(explain_answer(reply, node));
  auto view = parse_cluster_slots(reply, node.address());
  if (!view.ok()) return blame(view.take_error());
  accept_(view.value(), attempt.asked_at);
  viewed_at_.store(attempt.asked_at.time_since_epoch().count(), std::memory_order_release);
  met_.store(attempt.wants, std::memory_order_relaxed);
  end_round(true);
}

std::string Refresher::who_was_asked() const {
  std::string names;
  for (const Node* node : asked_) {
    append_text(names, names.empty() ? "; asked: " : ", ");
    append_text(names, node->name());
    for (const auto& attempt : attempts_) {
      if (&attempt->lane.node() == node) append_text(names, attempt->lane->lacks());
    }
  }
  if (worst_ != nullptr) append_text(names, text("; ", worst_->message));
  return names;
}

void Refresher::blame(ErrorPtr error) noexcept {
  if (worst_ == nullptr || weight(error->code) > weight(worst_->code)) worst_ = std::move(error);
}

// Says when a refresh is due next, unless one is wanted. Jitter keeps handles that were opened together
// apart.
void Refresher::settle() noexcept {
  const auto early = look_again_ / 4 * random_below(1024) / 1024;
  const TimePoint next = Clock::now() + look_again_ - early;
  due_.store(look_again_ == Duration::zero() ? kNever : next.time_since_epoch().count());
  if (wants_.load() != met_.load()) due_.store(kAtOnce);
}

void Refresher::end_round(bool answered) noexcept {
  attempts_.clear();
  asked_.clear();
  ++rounds_;
  failed_ = answered ? nullptr : std::move(worst_);
  worst_.reset();
  if (answered) {
    settle();
    backoff_ = Backoff(kFirstPause, kLongestPause);
  } else {
    not_before_ = Clock::now() + backoff_.next();
  }
}

}  // namespace rediscluster
