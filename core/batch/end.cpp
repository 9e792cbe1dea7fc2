// What is left of a pipeline when its time is up, or its handle was closed. It may be a million commands.
#include "base/errors.h"
#include "base/slots.h"
#include "base/text.h"
#include "batch/run.h"

namespace rediscluster {
namespace {

constexpr std::size_t kFew = 256;  // commands, for which a place a slot is too much

}  // namespace

void BatchRun::end() {
  over_ = true;
  while (!under_way_.empty()) {
    const UnderWay done = under_way_.back();
    under_way_.pop_back();
    if (!done.exchange->done()) done.exchange->end();
    gather(done);
  }
  std::size_t unsent = plan_.original() - planned_;
  for (const NodeQueue& queue : queues_) unsent += queue.indices.size() - queue.next;
  if (unsent > 0 || !lines_.empty()) [[unlikely]]
    end_unsent(unsent);
}

// Where nothing could be tried the pipeline fails whole, and tells of its first command only.
void BatchRun::end_unsent(std::size_t unsent) {
  const bool closed = context_.stop.stopped();
  const ErrorPtr why = closed ? closed_error() : time_was_up_error();
  std::vector<ErrorPtr> behind;  // by slot: why those in line there could not be sent
  if (!lines_.empty()) unsent += end_lines(behind);
  if (!closed) count(context_.counters.timeouts, unsent);
  // The first of its slot may have been under way at the end, and tells for itself only.
  const ErrorPtr no_owner = make_error(Code::kClusterDown, Outcome::kNotSent,
                                       text("its time was up, and no node owns its slot", kAssignSlot));
  const auto map = context_.topology.keep_map();
  const auto put_failure = [&](std::size_t i, int slot) {
    const Error* failure = why.get();
    std::size_t number = kUnsent;
    if (slot >= 0 && !behind.empty() && behind[static_cast<std::size_t>(slot)] != nullptr) {
      failure = behind[static_cast<std::size_t>(slot)].get();
      number = kBehind;
    } else if (slot >= 0 && !closed && map->owner(slot) == nullptr) {
      failure = no_owner.get();
      number = kOwnerless;
    }
    reply_.put_shared_failure(i, slot, *failure, number);
  };
  const std::size_t end = reply_.tried() || !plan_.parts().empty() ? commands().size() : 1;
  // A million of them mostly repeat a command, so what the last one of a slot was told is at hand.
  struct Told {
    const CommandSpec* spec = nullptr;
    const Error* error = nullptr;
  };
  std::vector<Told> told(end > kFew ? std::size_t{kSlotCount} + 1 : 0);
  for (std::size_t i = 0; i < end; ++i) {
    if ((i < planned_ || i >= plan_.original()) && !reply_.empty(i)) continue;
    const int slot = plan_.slot(i);
    if (told.empty()) {
      put_failure(i, slot);
      continue;
    }
    const CommandSpec* const spec = commands()[i].spec;
    Told& last = told[static_cast<std::size_t>(slot + 1)];
    if (spec != nullptr && last.spec == spec) {
      reply_.put_same_failure(i, *last.error);
    } else {
      put_failure(i, slot);
      last = {spec, &reply_.error(i)};
    }
  }
}

// The first of a line says what it waited for, and so what those behind it did. Returns how many these are.
std::size_t BatchRun::end_lines(std::vector<ErrorPtr>& behind) {
  const TimePoint now = Clock::now();
  std::size_t unsent = 0;
  behind.resize(kSlotCount);
  for (SlotQueues::Entry& entry : lines_) {
    for (SlotQueue& line = entry.second; !line.empty(); line.pop()) {
      if (line[0].pending == nullptr) {
        ++unsent;
        continue;
      }
      RetryState& state = line[0].pending->state;
      const bool over = state.next(now).kind == Step::kDone;
      ErrorPtr error = over ? state.take_error() : state.out_of_time();
      reply_.put_failure(line[0].index, state.slot(), *error);
      if (state.slot() < 0 || behind[static_cast<std::size_t>(state.slot())] != nullptr || !error->owned)
        continue;
      error->outcome = Outcome::kNotSent;
      behind[static_cast<std::size_t>(state.slot())] = std::move(error);
    }
  }
  return unsent;
}

}  // namespace rediscluster
