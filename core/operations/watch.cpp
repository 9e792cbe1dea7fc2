#include "operations/watch.h"

#include "base/errors.h"
#include "base/text.h"
#include "calls/blocking_driver.h"
#include "commands/key_slot.h"
#include "operations/multi_check.h"
#include "operations/transaction.h"
#include "operations/watch_session.h"

namespace rediscluster {
namespace {

Result<int> slot_of_watched(std::span<const std::string_view> keys) {
  if (keys.empty()) {
    return make_error(Code::kNoKeys, Outcome::kNotSent,
                      "a watch transaction without keys: name those to watch");
  }
  const int slot = key_slot(keys[0]);
  for (std::size_t i = 1; i < keys.size(); ++i) {
    if (key_slot(keys[i]) != slot) {
      return make_error(Code::kCrossSlot, Outcome::kNotSent,
                        text("watch transaction: key ", i,
                             " is in another slot than key 0: give the watched keys ", kCommonHashTag));
    }
  }
  return slot;
}

ReplyPtr empty_array() {
  ArenaPtr arena(Arena::create(0));
  if (arena == nullptr || !arena->make_array(arena->root(), 0)) throw std::bad_alloc();
  return into_reply(std::move(arena));
}

constexpr std::string_view kSubject = "watch transaction";

// WATCH and its keys.
class WatchWords {
 public:
  explicit WatchWords(std::span<const std::string_view> keys) : data_{"WATCH"}, lengths_{5} {
    for (const auto key : keys) {
      data_.push_back(key.data());
      lengths_.push_back(key.size());
    }
  }
  Args args() const noexcept { return {data_.size(), data_.data(), lengths_.data()}; }

 private:
  std::vector<const char*> data_;
  std::vector<std::size_t> lengths_;
};

class WatchCall : public Call {
 public:
  WatchCall(const Context& context, std::span<const std::string_view> keys, const WatchFunction& function,
            RetryState& retry)
      : Call(context, retry, "WATCH"),
        keys_(keys),
        function_(function),
        words_(keys),
        size_(encoded_size(words_.args())) {}

  std::string_view subject() const noexcept { return kSubject; }
  Sharing sharing() const noexcept { return Sharing::kExclusive; }
  std::size_t size() const noexcept { return size_; }

  // Before WATCH, since DISCARD unwatches.
  Decision prepare(const Target& target, TimePoint& now) {
    MultiCheck check = MultiCheck::of(context_, *target.node, retry_.deadline());
    if (check.allowed) return Decision::kDone;
    now = Clock::now();
    if (check.failure != nullptr) return retry_.on_failure(target, std::move(check.failure), now);
    return check.refusal.kind == TransactionUnit::Result::kRefused
               ? retry_.on_answer(target, check.refusal.line, now)
               : fail(TransactionUnit::failure(kSubject, retry_.slot(), *target.node, check.refusal));
  }

  RequestPtr send(ConnectionChoice& connection, const Target& target, TimePoint now, Deadline deadline) {
    sent_by_ = std::exchange(source_, nullptr);
    return begin_exchange(*connection, words_.args(), size_, {target.asking}, now, deadline);
  }

  Decision on_failure(const Target& target, ConnectionChoice& connection, Request& request) {
    ErrorPtr failure = std::move(request.failure);
    // The node may have run it, though there was no memory for its answer: then the keys are watched.
    if (failure->outcome != Outcome::kNotSent) connection->reconnect();
    tell(target, failure.get());
    // What fails before EXEC leaves nothing executed of the transaction.
    failure = with_outcome(std::move(failure), Outcome::kNotSent);
    return retry_.on_failure(target, std::move(failure), Clock::now());
  }

  Decision on_reply(const Target& target, ConnectionChoice& connection, Request& request) {
    tell(target, error_of(last_reply(request)));
    OpenWatch session(context_, retry_, target, connection.lease(), sent_by_);
    OpenWatch::Step step = session.on_watch(request, keys_);
    if (step == OpenWatch::Step::kDone) step = run(session);
    switch (step) {
      case OpenWatch::Step::kDone:
        return Decision::kDone;
      case OpenWatch::Step::kAgain:
        if (session.sent_on()) source_ = target.node;
        return Decision::kAgain;
      case OpenWatch::Step::kConflict:
        return on_conflict();
      case OpenWatch::Step::kFailed:
        break;
    }
    return fail(error == nullptr ? session.take_error() : std::move(error));
  }

  bool accept(const Request&) const noexcept { return false; }  // it is never hedged

  // WATCH has run nothing, so it is left alone where it is under way in vain.
  const Waiting waiting{.overtaking = Overtaking::kAbandon};

 private:
  // The keys are watched: the callback says what is to be executed.
  OpenWatch::Step run(OpenWatch& session) {
    CommandList commands;
    const bool execute = function_(session, commands);
    if (session.forked()) return end_with(OpenWatch::forked_in_callback());
    if (session.broken()) return session.after_broken();
    if (!execute) {
      return end_with(
          make_error(Code::kAborted, Outcome::kNotSent,
                     "watch transaction: its callback gave it up (it did not return RC_WATCH_EXECUTE)"));
    }
    if (commands.empty()) {
      reply = empty_array();
      return OpenWatch::Step::kDone;
    }
    const TimePoint now = Clock::now();
    auto common = common_slot(context_, commands, retry_.slot(), now, retry_.deadline());
    if (!common.ok()) return end_with(common.take_error());
    if (retry_.deadline().expired(Clock::now()))
      return end_with(with_context(kSubject, retry_.slot(), retry_.out_of_time()));
    return session.execute(commands, reply);
  }

  OpenWatch::Step end_with(ErrorPtr why) {
    error = std::move(why);
    return OpenWatch::Step::kFailed;
  }

  Decision on_conflict() {
    if (++conflicts_ <= context_.watch_retries) {
      retry_.begin_again(Clock::now() + after_conflict_.next());
      return Decision::kAgain;
    }
    return fail(make_error(
        Code::kWatchConflict, Outcome::kRefused,
        text("watch transaction (slot ", retry_.slot(), "): others changed a watched key during each of ",
             conflicts_, " runs: try later, or raise rc_options_set_watch_retries")));
  }

  const std::span<const std::string_view> keys_;
  const WatchFunction& function_;
  const WatchWords words_;
  const std::size_t size_;
  Node* source_ = nullptr;   // that has just sent us on by ASK
  Node* sent_by_ = nullptr;  // the same, of the attempt that is under way
  int conflicts_ = 0;
  Backoff after_conflict_{milliseconds(1), milliseconds(20)};
};

}  // namespace

Result<ReplyPtr> run_watch(const Context& context, std::span<const std::string_view> keys,
                           const WatchFunction& function, const CallOptions& options) {
  const TimePoint now = Clock::now();
  auto slot = slot_of_watched(keys);
  if (!slot.ok()) return slot.take_error();
  RetryState retry(context, options.deadline(context.timeout, now), slot.value(), options.idempotent);
  WatchCall call(context, keys, function, retry);
  return run_blocking(context, retry, call, now);
}

}  // namespace rediscluster
