#include "topology/refresher.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

// A node that has not answered for so long may be frozen: another is asked beside it.
constexpr Duration kAskAnotherAfter = milliseconds(250);
// The same for a function of the user's that is asked before a node is.
constexpr Duration kWaitForUsers = std::chrono::seconds(2);
// With several under way each is looked at in turn.
constexpr Duration kSlice = milliseconds(2);
constexpr Duration kFirstPause = milliseconds(20);
constexpr Duration kMaxPause = milliseconds(1000);

ErrorPtr out_of_time(std::string_view who_was_asked) {
  return make_error(Code::kTimeout, Outcome::kNotSent,
                    text("no node told the slots of the cluster in time", who_was_asked));
}

ErrorPtr copy_of(const Error& error) {
  return make_error(error.code, error.outcome, error.message,
                    error.server_code == nullptr ? "" : error.server_code);
}

ErrorPtr callback_asks_again() {
  return make_error(Code::kUnsupported, Outcome::kNotSent,
                    "a callback that is asked before a connection is made has asked for a refresh of the "
                    "cluster, which needs such a connection: use another handle");
}

}  // namespace

// A refresher asks a node on this thread, and functions of the user's may run meanwhile. Of several the
// innermost is first: those of one handle may use another.
class Refresher::Asking {
 public:
  // Since pick() said which.
  explicit Asking(Refresher& who) noexcept : who_(who), outer_(std::exchange(innermost, this)) {}
  ~Asking() {
    innermost = outer_;
    who_.being_asked_.fetch_sub(1);
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  static bool on_this_thread(const Refresher& who) noexcept {
    const Asking* at = innermost;
    while (at != nullptr && &at->who_ != &who) at = at->outer_;
    return at != nullptr;
  }

 private:
  Refresher& who_;
  Asking* const outer_;
  static thread_local Asking* innermost;
};
thread_local Refresher::Asking* Refresher::Asking::innermost = nullptr;

Refresher::Refresher(Candidates candidates, Hear hear, Decide decide, const Stop& stop, Counters& counters,
                     Duration look_again, Released released)
    : candidates_(std::move(candidates)),
      hear_(std::move(hear)),
      decide_(std::move(decide)),
      stop_(stop),
      counters_(counters),
      look_again_(look_again),
      released_(std::move(released)),
      backoff_(kFirstPause, kMaxPause) {
  schedule_next();
}

void Refresher::poll(TimePoint now) {
  for (bool again = false;; again = true) {
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    now = Clock::now();  // the caller's may be old, and the throttle would take it at its word
    if (!pending() && due(now)) {
      request();
      round_.set_reason(RefreshRound::Reason::kRoutine);
    }
    Step step;
    if (pending() && now >= not_before_) step = advance(now, now);
    lock.unlock();
    release();
    if (step.kind != Step::Kind::kAsk) return;
    ask(*step.node, now);
    if (again) return;
  }
}

// Tells those who wait for mutex_, which the caller has unlocked, that it is free.
void Refresher::release() noexcept {
  releases_.fetch_add(1, std::memory_order_release);
  unpark_all(releases_);
  if (released_) released_();
}

Status Refresher::wait(RefreshTicket ticket, Deadline deadline) {
  for (TimePoint now = Clock::now();; now = Clock::now()) {
    if (stop_.stopped()) return make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed");
    if (satisfied(ticket)) return {};
    if (deadline.expired(now)) return out_of_time("");
    const auto releases = releases_.load(std::memory_order_acquire);
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
      park(releases_, releases, deadline.sooner(now + kAskAnotherAfter));
      continue;
    }
    Node* next = nullptr;
    Status status = refresh_until(ticket, deadline, next);
    lock.unlock();
    release();
    if (next != nullptr) {
      ask(*next, Clock::now());
    } else if (!status.ok() && !deadline.was_withdrawn()) {
      return status;
    }
  }
}

// With mutex_ held: until the ticket is satisfied, every node has failed, or the time is up; or until a node
// is to be asked, without mutex_. A view that was on its way before the ticket was given counts for the map;
// then another is asked for.
Status Refresher::refresh_until(RefreshTicket ticket, Deadline deadline, Node*& next) {
  const auto rounds = rounds_.load();
  for (TimePoint now = Clock::now(); !satisfied(ticket) && !stop_.stopped(); now = Clock::now()) {
    if (deadline.passed(now)) return out_of_time(round_.describe());
    if (rounds_ != rounds && failed_ != nullptr) return copy_of(*failed_);
    TimePoint until = deadline.sooner(now + kAskAnotherAfter).look_at(now);
    if (round_.queries().size() > 1) until = std::min(until, now + kSlice);
    if (round_.queries().empty()) until = now;
    const Step step = advance(now, until);
    if (step.kind == Step::Kind::kAsk) {
      next = step.node;
      return {};
    }
    if (step.kind == Step::Kind::kRoundEnded || !round_.queries().empty()) continue;
    if (step.kind == Step::Kind::kHeldBack) return callback_asks_again();
    now = Clock::now();
    stop_.pause(deadline.sooner(std::max(throttle_.next(), now + milliseconds(1))));
  }
  return {};
}

// With mutex_ held. Gives each query until `until` to come to an end, then says what is next.
Refresher::Step Refresher::advance(TimePoint now, TimePoint until) {
  collect();
  if (hear_answers(now, until)) return {Step::Kind::kRoundEnded};
  now = Clock::now();
  if (round_.doubts_for_too_long(now)) {
    make_the_best_of_it();
    return {Step::Kind::kRoundEnded};
  }
  const bool inside = Asking::on_this_thread(*this);  // so nobody must wait for what is being asked
  const Duration since_asked = now - round_.last_asked_at();
  const bool nobody_asked =
      round_.queries().empty() && (being_asked_.load() == 0 || inside || since_asked >= kWaitForUsers);
  if (!nobody_asked && since_asked < kAskAnotherAfter) return {Step::Kind::kWait};
  const Step step = pick(now);
  if (step.kind != Step::Kind::kWait) return step;
  if (!nobody_asked || throttle_.next() > now) return {Step::Kind::kWait};
  if (inside) return {Step::Kind::kHeldBack};  // the round is not over before what is being asked has failed
  make_the_best_of_it();
  return {Step::Kind::kRoundEnded};
}

// True: one of the answers has ended the round.
bool Refresher::hear_answers(TimePoint now, TimePoint until) {
  auto& queries = round_.queries();
  for (std::size_t i = 0; i < queries.size();) {
    const bool answered = queries[i]->advance(until);
    if (!answered && !queries[i]->overdue(now)) {
      ++i;
      continue;
    }
    const std::unique_ptr<RefreshQuery> query = std::move(queries[i]);
    queries.erase(queries.begin() + static_cast<std::ptrdiff_t>(i));
    const auto rounds = rounds_.load();
    if (answered) {
      take_answer(*query);
    } else {
      round_.blame(
          make_error(Code::kTimeout, Outcome::kUnknown, text("no answer from ", query->node().name())));
    }
    if (rounds_ != rounds) return true;
  }
  return false;
}

// Who is to be asked; kWait: nobody is left, or the throttle holds the next one back.
Refresher::Step Refresher::pick(TimePoint now) {
  Step step;
  for (Node* node : candidates_()) {
    if (round_.has_asked(*node)) continue;
    if (node->asks_first() && node->being_asked_about()) {
      step.kind = Step::Kind::kHeldBack;
      continue;
    }
    if (!throttle_.take(now)) return {Step::Kind::kWait};
    round_.note_asked(*node, now);
    being_asked_.fetch_add(1);
    count(counters_.refreshes);
    return {Step::Kind::kAsk, node};
  }
  return step;
}

// Without mutex_.
void Refresher::ask(Node& node, TimePoint now) {
  const Asking asking(*this);
  auto query = std::make_unique<RefreshQuery>(node, now, requests_.load());
  const std::lock_guard lock(asked_mutex_);
  asked_now_.push_back(std::move(query));
}

void Refresher::collect() {
  const std::lock_guard lock(asked_mutex_);
  if (asked_now_.empty()) return;
  round_.queries().reserve(round_.queries().size() + asked_now_.size());
  // The round that they were asked in may be over.
  for (const auto& query : asked_now_) round_.note_asked_before(query->node());
  for (auto& query : asked_now_) round_.queries().push_back(std::move(query));
  asked_now_.clear();
}

void Refresher::take_answer(RefreshQuery& query) {
  if (!query.was_sent()) {
    throttle_.give_back();
    counters_.refreshes.fetch_sub(1, std::memory_order_relaxed);
  }
  if (query.was_logged_out()) {
    query.node().drain(Clock::now());
    round_.forget_asked(query.node());
    return;
  }
  auto view = query.take_view();
  if (!view.ok()) return round_.blame(view.take_error());
  if (!hear_(view.take(), query.node(), query.asked_at())) {
    round_.note_doubted(query.requests(), Clock::now());
    return;
  }
  query.vouch_for_node();
  note_view(query.requests());
  if (!round_.note_believed(query.requests())) return;
  satisfy(query.requests());
  end_round(true);
}

// Nobody is left to be asked, or those who are left have had time enough.
void Refresher::make_the_best_of_it() {
  const bool decided = round_.doubted() && decide_();
  if (decided) note_view(*round_.doubted());
  const auto satisfied = decided ? round_.doubted() : round_.believed();
  if (satisfied) satisfy(*satisfied);
  end_round(satisfied.has_value());
}

void Refresher::note_view(std::uint64_t requests) noexcept {
  if (requests > viewed_.load(std::memory_order_relaxed)) viewed_.store(requests, std::memory_order_release);
}

void Refresher::satisfy(std::uint64_t requests) noexcept {
  if (requests > satisfied_.load(std::memory_order_relaxed))
    satisfied_.store(requests, std::memory_order_relaxed);
}

// Says when a refresh is due next, unless one is wanted. Jitter keeps handles that were opened together
// apart.
void Refresher::schedule_next() noexcept {
  const auto early = look_again_ / 4 * random_below(1024) / 1024;
  const TimePoint next = Clock::now() + look_again_ - early;
  due_.store(look_again_ == Duration::zero() ? kNever : next.time_since_epoch().count());
  if (requests_.load() != satisfied_.load()) due_.store(kAtOnce);
}

void Refresher::end_round(bool answered) noexcept {
  failed_ = round_.end(answered);
  rounds_.fetch_add(1, std::memory_order_release);
  if (answered) {
    schedule_next();
    backoff_ = Backoff(kFirstPause, kMaxPause);
  } else {
    not_before_ = Clock::now() + backoff_.next();
  }
}

}  // namespace rediscluster
