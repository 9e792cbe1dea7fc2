#include "operations/watch.h"

#include "base/errors.h"
#include "base/text.h"
#include "calls/error_context.h"
#include "commands/key_slot.h"
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

}  // namespace

Result<ReplyPtr> run_watch(const Context& context, std::span<const std::string_view> keys,
                           const WatchFunction& function, const CallOptions& options) {
  TimePoint now = Clock::now();
  const auto deadline = options.deadline(context.timeout, now);
  auto slot = slot_of_watched(keys);
  if (!slot.ok()) return slot.take_error();

  RetryState retry(context, deadline, slot.value(), options.idempotent);
  Backoff after_conflict(milliseconds(1), milliseconds(20));
  Node* source = nullptr;  // that sent us on by ASK
  for (int conflicts = 0;; now = Clock::now()) {
    auto target = retry.target(now);
    if (!target.ok()) return with_context("watch transaction", retry.slot(), target.take_error());
    OpenWatch session(context, retry, target.value(), std::exchange(source, nullptr));
    OpenWatch::Step step = session.watch(keys);
    ReplyPtr reply;
    if (step == OpenWatch::Step::kDone) {
      CommandList commands;
      const bool run = function(session, commands);
      if (session.forked()) return OpenWatch::forked_in_callback();
      if (session.broken()) {
        step = session.after_broken();
      } else if (!run) {
        return make_error(Code::kAborted, Outcome::kNotSent,
                          "watch transaction: its callback gave it up (it did not return RC_WATCH_EXECUTE)");
      } else if (commands.empty()) {
        return empty_array();
      } else {
        auto common = common_slot(context, commands, slot.value(), Clock::now(), deadline);
        if (!common.ok()) return common.take_error();
        if (deadline.expired(Clock::now()))
          return with_context("watch transaction", retry.slot(), retry.out_of_time());
        step = session.execute(commands, reply);
      }
    }
    switch (step) {
      case OpenWatch::Step::kDone:
        retry.on_success(target.value());
        return reply;
      case OpenWatch::Step::kAgain:
        if (session.sent_on()) source = target.value().node;
        break;
      case OpenWatch::Step::kConflict:
        if (++conflicts > context.watch_retries) {
          return make_error(Code::kWatchConflict, Outcome::kRefused,
                            text("watch transaction (slot ", slot.value(),
                                 "): others changed a watched key during each of ", conflicts,
                                 " runs: try later, or raise rc_options_set_watch_retries"));
        }
        retry.begin_again();
        context.stop.pause(deadline.sooner(Clock::now() + after_conflict.next()));
        break;
      case OpenWatch::Step::kFailed:
        return session.take_error();
    }
  }
}

}  // namespace rediscluster
