#include "topology/refresher.h"

#include <algorithm>

#include "base/text.h"
#include "resp/encode.h"
#include "resp/server_answer.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

// A node that has not answered for so long may be frozen: another is asked beside it.
constexpr Duration kAskAnotherAfter = milliseconds(250);
constexpr Duration kGiveUpAfter = std::chrono::seconds(5);
// So long a view that others have yet to confirm waits for them.
constexpr Duration kWaitForDoubters = std::chrono::seconds(2);
// The same for a function of the user's that is asked before a node is.
constexpr Duration kWaitForUsers = std::chrono::seconds(2);
// With several under way each is looked at in turn.
constexpr Duration kSlice = milliseconds(2);
constexpr Duration kFirstPause = milliseconds(20);
constexpr Duration kMaxPause = milliseconds(1000);

// Of several failures the one that says most about what to do.
int weight(Code code) noexcept {
  switch (code) {
    case Code::kClosed:
      return 7;
    case Code::kAuth:
    case Code::kTls:
    case Code::kUnsupported:
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
  if (reply.error->code != Code::kServer) {  // it went past a limit
    return make_error(reply.error->code, Outcome::kExecuted,
                      text(node.name(), " answered CLUSTER SLOTS ", line));
  }
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

Refresher::Query::Query(Node& node, TimePoint now)
    : connection(node), request(new_request()), asked_at(now), reused(connection->connected()) {
  static constexpr const char* kWords[] = {"CLUSTER", "SLOTS"};
  static constexpr std::size_t kLengths[] = {7, 5};
  const Args args(2, kWords, kLengths);
  connection->accept_any_node(true);  // what is asked for is who is there
  connection->submit(
      *request, encoded_size(args), now, Deadline(now + kGiveUpAfter), [&](char* to) { encode(args, to); },
      false);
  sent_at = Clock::now();
}

// A refresher asks a node on this thread, and functions of the user's may run meanwhile. Of several the
// innermost is first: those of one handle may use another.
struct Refresher::Asking {
  // Since pick() said which.
  explicit Asking(Refresher& one) noexcept : who(one), outer(std::exchange(innermost, this)) {}
  ~Asking() {
    innermost = outer;
    who.being_asked_.fetch_sub(1);
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  static bool on_this_thread(const Refresher& one) noexcept {
    const Asking* at = innermost;
    while (at != nullptr && &at->who != &one) at = at->outer;
    return at != nullptr;
  }

  Refresher& who;
  Asking* const outer;
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
  settle();
}

void Refresher::poll(TimePoint now) {
  for (Node* next = nullptr;;) {
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    now = Clock::now();  // the caller's may be old, and the throttle would take it at its word
    if (!pending() && due(now)) {
      request();
      looking_ = true;
    }
    const bool again = next != nullptr;
    next = pending() && now >= not_before_ ? advance(now, now) : nullptr;
    lock.unlock();
    pass_on();
    if (next == nullptr) return;
    ask(*next, now);
    if (again) return;
  }
}

// Without mutex_.
void Refresher::pass_on() noexcept {
  turns_.fetch_add(1, std::memory_order_release);
  unpark_all(turns_);
  if (released_) released_();
}

Status Refresher::wait(RefreshTicket ticket, Deadline deadline) {
  for (TimePoint now = Clock::now();; now = Clock::now()) {
    if (stop_.stopped()) return make_error(Code::kClosed, Outcome::kNotSent, "the cluster handle was closed");
    if (satisfied(ticket)) return {};
    if (deadline.expired(now)) return out_of_time("");
    const auto turns = turns_.load(std::memory_order_acquire);
    std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) {
      park(turns_, turns, deadline.sooner(now + kAskAnotherAfter));
      continue;
    }
    Node* next = nullptr;
    Status status = refresh_until(ticket, deadline, next);
    lock.unlock();
    pass_on();
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
    if (deadline.passed(now)) return out_of_time(who_was_asked());
    if (rounds_ != rounds && failed_ != nullptr) {
      const char* code = failed_->server_code;
      return make_error(failed_->code, failed_->outcome, failed_->message, code == nullptr ? "" : code);
    }
    TimePoint until = deadline.sooner(now + kAskAnotherAfter).look_at(now);
    if (attempts_.size() > 1) until = std::min(until, now + kSlice);
    if (attempts_.empty()) until = now;
    next = advance(now, until);
    if (next != nullptr) return {};
    if (!attempts_.empty() || rounds_ != rounds) continue;
    if (held_back_) {
      return make_error(Code::kUnsupported, Outcome::kNotSent,
                        "a callback that is asked before a connection is made has asked for a refresh of the "
                        "cluster, which needs such a connection: use another handle");
    }
    now = Clock::now();
    stop_.pause(deadline.sooner(std::max(throttle_.next(), now + milliseconds(1))));
  }
  return {};
}

// Gives each attempt until `until` to come to an end. Returns the node that is to be asked next, if there is
// one.
Node* Refresher::advance(TimePoint now, TimePoint until) {
  collect();
  held_back_ = false;
  for (std::size_t i = 0; i < attempts_.size();) {
    Query& attempt = *attempts_[i];
    const bool answered = attempt.connection->try_progress(*attempt.request, Deadline(until));
    if (!answered && now - attempt.sent_at < kGiveUpAfter) {
      ++i;
      continue;
    }
    const std::unique_ptr<Query> done = std::move(attempts_[i]);
    attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(i));
    const auto rounds = rounds_.load();
    if (answered) {
      take_answer(*done);
    } else {
      blame(make_error(Code::kTimeout, Outcome::kUnknown,
                       text("no answer from ", done->connection.node().name())));
    }
    if (rounds_ != rounds) return nullptr;
  }
  now = Clock::now();
  if (doubted_ && now - doubted_at_ >= kWaitForDoubters) {
    take_best();
    return nullptr;
  }
  const bool inside = Asking::on_this_thread(*this);  // so nobody must wait for what is being asked
  const bool held_up = now - last_asked_at_ >= kWaitForUsers;
  const bool nobody_asked = attempts_.empty() && (being_asked_.load() == 0 || inside || held_up);
  if (!nobody_asked && now - last_asked_at_ < kAskAnotherAfter) return nullptr;
  Node* next = pick(now);
  if (next != nullptr || !nobody_asked || throttle_.next() > now) return next;
  if (inside) held_back_ = true;  // the round is not over before what is being asked has failed too
  if (!held_back_) take_best();
  return nullptr;
}

Node* Refresher::pick(TimePoint now) {
  for (Node* node : candidates_()) {
    if (asked_.contains(node)) continue;
    if (node->asks_first() && node->being_asked_about()) {
      held_back_ = true;
      continue;
    }
    held_back_ = false;
    if (!throttle_.take(now)) return nullptr;
    asked_.insert(node);
    last_asked_at_ = now;
    being_asked_.fetch_add(1);
    count(counters_.refreshes);
    return node;
  }
  return nullptr;
}

// Without mutex_.
void Refresher::ask(Node& node, TimePoint now) {
  const Asking asking(*this);
  const auto requests = requests_.load();
  auto attempt = std::make_unique<Query>(node, now);
  attempt->requests = requests;
  const std::lock_guard lock(asked_mutex_);
  asked_now_.push_back(std::move(attempt));
}

void Refresher::collect() {
  const std::lock_guard lock(asked_mutex_);
  if (asked_now_.empty()) return;
  attempts_.reserve(attempts_.size() + asked_now_.size());
  // The round that they were asked in may be over.
  for (const auto& attempt : asked_now_) asked_.insert(&attempt->connection.node());
  for (auto& attempt : asked_now_) attempts_.push_back(std::move(attempt));
  asked_now_.clear();
}

void Refresher::take_answer(Query& attempt) {
  Node& node = attempt.connection.node();
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
    attempt.connection.node().drain(Clock::now());
    asked_.erase(&attempt.connection.node());
    return;
  }
  if (reply.is_error()) return blame(explain_answer(reply, node));
  auto view = parse_cluster_slots(reply, node.address());
  if (!view.ok()) return blame(view.take_error());
  if (!hear_(view.take(), node, attempt.asked_at)) {
    if (!doubted_) {
      doubted_ = attempt.requests;
      doubted_at_ = Clock::now();
    }
    return;
  }
  attempt.connection->accept_any_node(false);
  doubted_.reset();
  note_view(attempt.requests);
  if (std::exchange(looking_, false)) {
    taken_ = attempt.requests;
    return;
  }
  satisfy(attempt.requests);
  end_round(true);
}

// Nobody is left to be asked, or those who are left have had time enough.
void Refresher::take_best() {
  const bool decided = doubted_ && decide_();
  if (decided) {
    note_view(*doubted_);
    satisfy(*doubted_);
  } else if (taken_) {
    satisfy(*taken_);
  }
  end_round(decided || taken_);
}

void Refresher::note_view(std::uint64_t requests) noexcept {
  if (requests > viewed_.load(std::memory_order_relaxed)) viewed_.store(requests, std::memory_order_release);
}

void Refresher::satisfy(std::uint64_t requests) noexcept {
  if (requests > satisfied_.load(std::memory_order_relaxed))
    satisfied_.store(requests, std::memory_order_relaxed);
}

std::string Refresher::who_was_asked() const {
  std::string names;
  for (const Node* node : asked_) {
    append_text(names, names.empty() ? "; asked: " : ", ");
    append_text(names, node->name());
    for (const auto& attempt : attempts_) {
      if (&attempt->connection.node() == node) append_text(names, attempt->connection->pending_step());
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
  if (requests_.load() != satisfied_.load()) due_.store(kAtOnce);
}

void Refresher::end_round(bool answered) noexcept {
  attempts_.clear();
  asked_.clear();
  looking_ = false;
  taken_.reset();
  doubted_.reset();
  ++rounds_;
  failed_ = answered ? nullptr : std::move(worst_);
  worst_.reset();
  if (answered) {
    settle();
    backoff_ = Backoff(kFirstPause, kMaxPause);
  } else {
    not_before_ = Clock::now() + backoff_.next();
  }
}

}  // namespace rediscluster
