#include "client/queue.h"

namespace rediscluster {

Result<std::shared_ptr<Queue>> Queue::create(std::shared_ptr<Cluster> cluster, const QueueOptions& options) {
  Cluster& handle = *cluster;
  std::shared_ptr<Queue> queue(new Queue(std::move(cluster), options));
  auto made = CompletionQueue::create(handle.context(), options);
  if (!made.ok()) return made.take_error();
  queue->queue_.store(made.take().release(), std::memory_order_release);
  handle.add_listener(*queue);
  return queue;
}

Queue::~Queue() {
  CompletionQueue* const queue = queue_.load();
  if (queue == nullptr) return;
  cluster_->remove_listener(*this);
  if (queue->of_this_process()) {
    delete queue;
  } else {
    put_aside(queue);
  }
}

void Queue::on_close() noexcept {
  if (CompletionQueue* const here = if_here()) here->look();
}

// Nothing of what a child has inherited is touched: other threads may have held its locks.
Result<CompletionQueue*> Queue::renew(CompletionQueue& inherited) {
  auto fresh = CompletionQueue::create(cluster_->context(), options_);
  if (!fresh.ok()) return fresh.take_error();
  CompletionQueue* expected = &inherited;
  if (!queue_.compare_exchange_strong(expected, fresh.value().get())) return expected;  // another thread
  put_aside(&inherited);
  return fresh.take().release();
}

}  // namespace rediscluster
