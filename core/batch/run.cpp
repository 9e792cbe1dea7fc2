// Waiting for answers of several nodes at once, and what to do with each.
#include "batch/run.h"

#include <algorithm>

#include "base/text.h"
#include "calls/attempt_report.h"
#include "calls/error_context.h"
#include "calls/second_look.h"
#include "calls/server_error.h"
#include "connection/large.h"

namespace rediscluster {
namespace {

// Well above a healthy node's answer: a shorter wait makes the kernel set timers for nothing.
constexpr Duration kFirstSlice = milliseconds(32);
// Where all are quiet, each is waited for in turn, and the others are looked at in between.
constexpr Duration kQuietSlice = milliseconds(4);
constexpr Duration kMaxSlice = milliseconds(64);

}  // namespace

void BatchRun::run(TimePoint now) {
  slice_ = kQuietSlice;
  if (!plan_.parts().empty()) [[unlikely]]
    reply_.make_empty(plan_.original(), commands().size());
  if (!deadline_.expired(now) && fill_queues(now)) {
    for (NodeQueue& queue : queues_) send_window(queue, now);
    while (!under_way_.empty() || !lines_.empty()) {
      if (!lines_.empty()) [[unlikely]]
        send_due(Clock::now());
      if (!wait_for_answers()) break;
    }
  }
  end();
  if (!large_) LargeReplies::note(false);
}

// False: the time is up, or the handle was closed.
bool BatchRun::wait_for_answers() {
  TimePoint now = Clock::now();
  if (deadline_.expired(now)) return false;
  if (context_.stop.stopped()) return false;
  const TimePoint due = lines_.next();
  if (under_way_.empty()) {
    context_.stop.pause(deadline_.sooner(due));
    return true;
  }
  const bool lively =
      !std::all_of(under_way_.begin(), under_way_.end(), [](const auto& each) { return each.quiet; });
  bool answered = false;
  ++turn_;
  for (std::size_t i = 0; i < under_way_.size();) {
    UnderWay& each = under_way_[i];
    if (!each.exchange->done()) {
      TimePoint until = due;
      if (under_way_.size() > 1) {
        const bool look = each.quiet && (lively || i != turn_ % under_way_.size());
        until = look ? now : std::min(due, now + (each.quiet ? slice_ : kFirstSlice));
      }
      wait_for(each, until);
      now = Clock::now();
    }
    if (!each.exchange->done()) {
      ++i;
      continue;
    }
    const UnderWay done = each;
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
    gather(done);
    answered = true;
  }
  slice_ = answered || lively ? kQuietSlice : std::min(slice_ * 2, kMaxSlice);
  return true;
}

// One connection at a time, since a caller must not hold several leaders' roles; but none for long while
// others may be ready: a frozen node must not use up the time of the rest.
void BatchRun::wait_for(UnderWay& each, TimePoint until) {
  BatchExchange& exchange = *each.exchange;
  exchange.wait(exchange.deadline().sooner(until));
  if (exchange.done()) return;
  if (exchange.deadline().at() != deadline_.at() && Clock::now() >= exchange.deadline().at())
    return exchange.end();
  const std::size_t received = exchange.received();
  const TimePoint last_received_at = exchange.last_received_at();
  each.quiet =
      received == each.received && (last_received_at == each.last_received_at || !exchange.comes_large());
  each.received = received;
  each.last_received_at = last_received_at;
}

void BatchRun::gather(const UnderWay& done) {
  BatchExchange& exchange = *done.exchange;
  if (context_.hook != nullptr) tell_hook_of(exchange, done.queue == nullptr ? &*done.retry : nullptr);
  if (plan_.from() == ReadFrom::kLowestLatency && !exchange.apart() && exchange.reply(0) != nullptr)
    exchange.node().health().note_latency(Clock::now() - exchange.sent_at());
  if (exchange.large()) {
    large_ = true;
    LargeReplies::note(true);
  }
  if (!plan_.parts().empty()) [[unlikely]] {
    for (const Index index : exchange.indices()) {
      if (plan_.parts().is_part(index)) plan_.parts()[index].asked = &exchange.node();
    }
  }
  if (done.queue != nullptr) {
    gather_window(exchange);
  } else {
    gather_retry(*done.retry);
  }
  reply_.adopt(exchange.take_arena());
  if (done.queue == nullptr) {
    retries_.erase(done.retry);
  } else {
    done.queue->window.reset();
    if (!over_ && done.queue->next < done.queue->indices.size()) send_window(*done.queue, Clock::now());
  }
}

void BatchRun::gather_window(const BatchExchange& exchange) {
  const std::size_t size = exchange.size();
  BatchExchange::Outcomes outcomes(exchange);
  failures_ += 2;
  for (std::size_t i = reply_.put_all(exchange.indices(), exchange.plain_replies()); i < size; ++i) {
    const std::size_t index = exchange.index(i);
    const Reply* reply = exchange.reply(i);
    const std::uint32_t before = plan_.parts().before(index);
    if (before != kNoCommand) [[unlikely]] {
      if (reply_.empty(before)) {
        lines_.push(plan_.line_of(index), index, nullptr);
      } else {
        end_behind(exchange, i, index, outcomes);
      }
      continue;
    }
    if (reply != nullptr) {
      if (keep(exchange, i, index)) continue;
    } else if (over_ && exchange.failure()->code == Code::kTimeout) {
      fail_for_want_of_time(exchange, i, outcomes.of(i));
      continue;
    }
    const auto command = plan_.routed(index);
    const bool elsewhere = plan_.reads_elsewhere(command);
    const auto key = plan_.line_of(index);
    if (reply != nullptr && goes_by_key(exchange, i, index)) {
      const Expansion parts = begin_by_key(index);
      for (std::uint32_t k = 0; k < parts.count; ++k) lines_.push(key, parts.first + k, nullptr);
      continue;
    }
    if (reply == nullptr && command.slot >= 0 && lines_.find(key) != nullptr &&
        outcomes.of(i) == Outcome::kNotSent) {
      lines_.push(key, index, nullptr);  // nothing has become of it: it waits for the first of its slot
      continue;
    }
    Target asked = exchange.target();
    asked.reading = elsewhere;
    asked.is_probe = asked.is_probe && exchange.deadline().at() != deadline_.at();
    auto pending = std::make_unique<PendingRetry>(plan_.retry_state(index), 1);
    if (judge(*pending, asked, exchange, i, outcomes) == Decision::kFailed) {
      reply_.put_failure(index, command.slot, *pending->state.take_error());
    } else {
      lines_.push(key, index, std::move(pending));
      lines_.find(key)->probe(reply == nullptr);
    }
  }
}

void BatchRun::gather_retry(Retry& retry) {
  const BatchExchange& exchange = *retry.exchange;
  BatchExchange::Outcomes outcomes(exchange);
  std::size_t i = 0;
  for (SlotQueues::Entry* entry : retry.lines) {
    SlotQueue& line = entry->second;
    std::vector<std::pair<std::size_t, Expansion>> by_key;  // and their places in the line
    for (std::size_t k = 0; k < line.under_way(); ++k, ++i) {
      SlotQueue::Item& item = line[k];
      const std::uint32_t before = plan_.parts().before(item.index);
      if (before != kNoCommand) [[unlikely]] {
        item.pending.reset();
        item.finished = !reply_.empty(before);
        if (item.finished) end_behind(exchange, i, item.index, outcomes);
        continue;
      }
      const bool answered = exchange.reply(i) != nullptr;
      if (answered && keep(exchange, i, item.index)) {
        if (item.pending != nullptr && item.pending->state.is_probing_replicas())
          item.pending->state.on_promotion(item.pending->target, Clock::now());
        item.finished = true;
        continue;
      }
      if (answered && goes_by_key(exchange, i, item.index)) {
        by_key.emplace_back(k, begin_by_key(item.index));
        item.finished = true;
        continue;
      }
      if (item.pending == nullptr) {
        if (!answered && k > 0 && outcomes.of(i) == Outcome::kNotSent && !over_) continue;
        item.pending = std::make_unique<PendingRetry>(plan_.retry_state(item.index), 1);
        item.pending->target = retry.target;
      }
      PendingRetry& pending = *item.pending;
      const Target asked = std::exchange(pending.target, {});
      if (judge(pending, asked, exchange, i, outcomes) == Decision::kAgain) continue;
      reply_.put_failure(item.index, pending.state.slot(), *pending.state.take_error());
      item.finished = true;
    }
    for (auto parts = by_key.rbegin(); parts != by_key.rend(); ++parts)
      line.put_behind(parts->first, parts->second.first, parts->second.count);
    line.probe(exchange.failure() != nullptr);
    line.come_back();
    lines_.put_back(*entry, TimePoint::min());
  }
}

// A reply for the caller; false if it is an answer that the caller should never see.
bool BatchRun::keep(const BatchExchange& exchange, std::size_t i, std::size_t index) {
  const Reply& reply = *exchange.reply(i);
  if (!reply.is_error()) {
    reply_.put(index, reply);
  } else if (answers_.asks_to_go_on(exchange, *reply.error, index)) {
    return false;
  } else if (const ErrorPtr unclear = not_found_out(exchange.node(), *reply.error, deadline_)) {
    reply_.put_failure(index, plan_.slot(index), *unclear);
  } else {
    reply_.put_error(index,
                     *server_error(commands().name(index), plan_.slot(index), exchange.node(), *reply.error));
  }
  return true;
}

// One that followed another over its connection, once that has ended: it is never sent without it.
void BatchRun::end_behind(const BatchExchange& exchange, std::size_t i, std::size_t index,
                          BatchExchange::Outcomes& outcomes) {
  const Reply* const reply = exchange.reply(i);
  if (reply == nullptr) {
    const Error& failure = *exchange.failure();
    reply_.put_failure(index, -1, *make_error(failure.code, outcomes.of(i), failure.message));
  } else if (reply->is_error()) {
    reply_.put_error(index, *server_error(commands().name(index), -1, exchange.node(), *reply->error));
  } else {
    reply_.put(index, *reply);
  }
}

// Some of its keys have left the node, which cannot execute it as a whole.
bool BatchRun::goes_by_key(const BatchExchange& exchange, std::size_t i, std::size_t index) {
  return exchange.reply(i) != nullptr && says_half_moved(answers_.told()) && plan_.may_go_by_key(index);
}

const Expansion& BatchRun::begin_by_key(std::size_t index) {
  count(context_.counters.waits);
  const Expansion& parts = plan_.go_by_key(index);
  reply_.grow(plan_.commands());
  return parts;
}

Decision BatchRun::judge(PendingRetry& pending, const Target& asked, const BatchExchange& exchange,
                         std::size_t i, BatchExchange::Outcomes& outcomes) const {
  pending.wary = exchange.reply(i) != nullptr && answers_.makes_wary(exchange.index(i));
  if (exchange.reply(i) != nullptr) {
    if (classify(answers_.told()) == Answer::kDemoted) exchange.leave_connection();
    return pending.state.on_answer(asked, answers_.told(), Clock::now());
  }
  const Error& failure = *exchange.failure();
  return pending.state.on_failure(asked, make_error(failure.code, outcomes.of(i), failure.message),
                                  Clock::now());
}

// At the end there may be many of them, and no time.
void BatchRun::fail_for_want_of_time(const BatchExchange& exchange, std::size_t i, Outcome outcome) {
  const std::size_t index = exchange.index(i);
  const auto command = plan_.routed(index);
  count(context_.counters.timeouts);
  if (outcome == Outcome::kUnknown) count(context_.counters.unknown);
  if (i == 0) context_.topology.request_refresh();
  if (plan_.reads_elsewhere(command)) {
    const TimePoint now = Clock::now();
    if (now >= deadline_.at()) exchange.node().health().eject(now);  // else the call was cancelled
  }
  Error failure = *exchange.failure();
  failure.outcome = outcome;
  reply_.put_shared_failure(index, command.slot, failure, failures_ + (outcome == Outcome::kUnknown ? 1 : 0));
}

// Each command is told as an attempt of its own, which took as long as its batch.
void BatchRun::tell_hook_of(const BatchExchange& exchange, Retry* retry) const {
  BatchExchange::Outcomes outcomes(exchange);
  std::size_t line = 0;
  std::size_t k = 0;
  for (std::size_t i = 0; i < exchange.size(); ++i, ++k) {
    int number = 1;
    if (retry != nullptr) {
      if (k == retry->lines[line]->second.under_way()) {
        ++line;
        k = 0;
      }
      const auto& pending = retry->lines[line]->second[k].pending;
      if (pending != nullptr) number = pending->before + pending->state.attempts();
    }
    const std::string name = commands().name(exchange.index(i));
    const FinishedAttempt attempt{exchange.node(), name, exchange.sent_at(), number};
    if (const Reply* reply = exchange.reply(i)) {
      report(context_, attempt, error_of(*reply));
    } else {
      Error failure = *exchange.failure();
      failure.outcome = outcomes.of(i);
      report(context_, attempt, &failure);
    }
  }
}

}  // namespace rediscluster
