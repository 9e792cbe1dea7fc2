// Completion queues.
#include "arguments.h"
#include "base/text.h"
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"
#include "setters.h"

using namespace rediscluster;

struct rc_completions {
  Completions all;
};

namespace {

Status no_queue(const rc_queue* queue) {
  if (queue != nullptr) return {};
  return invalid_argument("queue is NULL");
}

const Completed* completed(const rc_completions* completions, size_t i) noexcept {
  return completions != nullptr && i < completions->all.size() ? &completions->all[i] : nullptr;
}

int set_limit(rc_queue_options* options, const char* name, size_t value, size_t most,
              size_t QueueOptions::*limit, rc_error** error) noexcept {
  return change(options, error, [&](QueueOptions& to) -> Status {
    if (value == 0 || value > most) return invalid_argument(text(name, " is ", value, ": give 1 to ", most));
    to.*limit = value;
    return {};
  });
}

}  // namespace

rc_queue_options* rc_queue_options_new(void) {
  return make_quietly([] { return new rc_queue_options(); });
}

int rc_queue_options_set_max_calls(rc_queue_options* options, size_t count, rc_error** error) {
  return set_limit(options, "max_calls", count, QueueOptions::kMostCalls, &QueueOptions::max_calls, error);
}

int rc_queue_options_set_max_bytes(rc_queue_options* options, size_t bytes, rc_error** error) {
  return set_limit(options, "max_bytes", bytes, PTRDIFF_MAX, &QueueOptions::max_bytes, error);
}

int rc_queue_options_set_gather(rc_queue_options* options, int yes, rc_error** error) {
  return change(options, error, [&](QueueOptions& to) -> Status {
    to.gather = yes != 0;
    return {};
  });
}

void rc_queue_options_free(rc_queue_options* options) { delete options; }

rc_queue* rc_queue_new(rc_cluster* cluster, const rc_queue_options* options, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_queue>> {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    auto made = Queue::create(cluster->cluster, options == nullptr ? QueueOptions() : options->options);
    if (!made.ok()) return made.take_error();
    return std::unique_ptr<rc_queue>(new rc_queue{made.take()});
  });
}

int rc_queue_fd(rc_queue* queue, rc_error** error) {
  const NoCancel guard;
  int fd = -1;
  run(Outcome::kNotSent, error, [&]() -> Status {
    if (auto status = no_queue(queue); !status.ok()) return status;
    auto here = queue->queue->here();
    if (!here.ok()) return here.take_error();
    fd = here.value()->fd();
    return {};
  });
  return fd;
}

uint64_t rc_submit(rc_queue* queue, const rc_call_options* options, uint64_t tag, size_t argc,
                   const char* const* argv, const size_t* argv_len, rc_error** error) {
  const NoCancel guard;
  uint64_t ticket = 0;
  run(Outcome::kNotSent, error, [&]() -> Status {
    if (auto status = no_queue(queue); !status.ok()) return status;
    auto here = queue->queue->here();
    if (!here.ok()) return here.take_error();
    Arguments checked;
    const bool plain = is_plain(argc, argv, argv_len);
    if (!plain) {
      if (auto status = checked.set_command(argc, argv, argv_len); !status.ok()) return status;
    }
    auto given =
        here.value()->submit(plain ? Args(argc, argv, argv_len) : checked.view(), options_of(options), tag);
    if (!given.ok()) return given.take_error();
    ticket = given.value();
    return {};
  });
  return ticket;
}

int rc_queue_flush(rc_queue* queue, rc_error** error) {
  const NoCancel guard;
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (auto status = no_queue(queue); !status.ok()) return status;
    const auto kept = queue->queue;  // a callback may free it
    auto here = kept->here();
    if (!here.ok()) return here.take_error();
    here.value()->flush();
    return {};
  });
}

int rc_queue_cancel(rc_queue* queue, uint64_t ticket) {
  const NoCancel guard;
  CompletionQueue* const here = queue == nullptr ? nullptr : queue->queue->if_here();
  return here != nullptr && here->cancel(ticket) ? 1 : 0;
}

rc_completions* rc_queue_next(rc_queue* queue, size_t max, int timeout_ms, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_completions>> {
    if (auto status = no_queue(queue); !status.ok()) return status;
    if (max == 0) return invalid_argument("max is 0: give at least 1");
    if (timeout_ms < -1) {
      return invalid_argument(text("timeout_ms is ", timeout_ms,
                                   ": give -1 (as long as it takes), 0 or a number of milliseconds"));
    }
    const auto kept = queue->queue;  // a callback may free it
    auto here = kept->here();
    if (!here.ok()) return here.take_error();
    auto holder = std::make_unique<rc_completions>();  // before anything is taken
    auto taken = here.value()->next(max, timeout_ms);
    if (!taken.ok()) return taken.take_error();
    if (taken.value().empty()) return std::unique_ptr<rc_completions>();
    holder->all = taken.take();
    return holder;
  });
}

void rc_queue_wake(rc_queue* queue) {
  CompletionQueue* const here = queue == nullptr ? nullptr : queue->queue->if_here();
  if (here != nullptr) here->wake();
}

size_t rc_queue_under_way(const rc_queue* queue) {
  const CompletionQueue* const here = queue == nullptr ? nullptr : queue->queue->if_here();
  return here == nullptr ? 0 : here->under_way();
}

void rc_queue_free(rc_queue* queue) {
  const NoCancel guard;
  delete queue;
}

size_t rc_completions_count(const rc_completions* completions) {
  return completions == nullptr ? 0 : completions->all.size();
}

int rc_completions_kind(const rc_completions* completions, size_t i) {
  const Completed* const it = completed(completions, i);
  return it == nullptr ? 0 : static_cast<int>(it->kind);
}

uint64_t rc_completions_tag(const rc_completions* completions, size_t i) {
  const Completed* const it = completed(completions, i);
  return it == nullptr ? 0 : it->tag;
}

uint64_t rc_completions_ticket(const rc_completions* completions, size_t i) {
  const Completed* const it = completed(completions, i);
  return it == nullptr ? 0 : it->ticket;
}

const rc_reply* rc_completions_reply(const rc_completions* completions, size_t i) {
  const Completed* const it = completed(completions, i);
  return it == nullptr ? nullptr : it->reply.get();
}

const rc_error* rc_completions_error(const rc_completions* completions, size_t i) {
  const Completed* const it = completed(completions, i);
  return it == nullptr ? nullptr : it->error.get();
}

rc_reply* rc_completions_take_reply(rc_completions* completions, size_t i) {
  return completed(completions, i) == nullptr ? nullptr : completions->all[i].reply.release();
}

rc_error* rc_completions_take_error(rc_completions* completions, size_t i) {
  return completed(completions, i) == nullptr ? nullptr : completions->all[i].error.release();
}

void rc_completions_free(rc_completions* completions) { delete completions; }
