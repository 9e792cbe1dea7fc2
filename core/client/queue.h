// A completion queue as its user holds it: it keeps its handle, and a forked child gets an empty one.
#pragma once

#include <atomic>
#include <memory>

#include "client/cluster.h"
#include "queue/completion_queue.h"

namespace rediscluster {

class Queue final : private CloseListener {
 public:
  static Result<std::shared_ptr<Queue>> create(std::shared_ptr<Cluster> cluster, const QueueOptions& options);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // Of this process. Null: there is no descriptor left for one, or no memory; the error says so.
  Result<CompletionQueue*> here() {
    CompletionQueue* const queue = queue_.load(std::memory_order_acquire);
    if (queue->of_this_process()) [[likely]]
      return queue;
    return renew(*queue);
  }
  // The same, null in a child that has not used it.
  CompletionQueue* if_here() const noexcept {
    CompletionQueue* const queue = queue_.load(std::memory_order_acquire);
    return queue->of_this_process() ? queue : nullptr;
  }

 private:
  Queue(std::shared_ptr<Cluster> cluster, const QueueOptions& options)
      : cluster_(std::move(cluster)), options_(options) {}
  Result<CompletionQueue*> renew(CompletionQueue& inherited);
  void on_close() noexcept override;

  const std::shared_ptr<Cluster> cluster_;
  const QueueOptions options_;
  std::atomic<CompletionQueue*> queue_{nullptr};
};

}  // namespace rediscluster
