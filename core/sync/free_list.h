// What a thread has freed last, for the same thread to use again. An Item has a member `Item* next`, which
// belongs to the list as long as the item is in it.
#pragma once

#include "sync/per_thread.h"

namespace rediscluster {

// At most kMax items a thread. The deleter takes those that are too many, and the rest when the thread ends.
template <class Item, int kMax, class Deleter>
class FreeList {
 public:
  FreeList() noexcept = default;
  ~FreeList() {
    while (Item* item = pop()) Deleter()(item);
  }
  FreeList(const FreeList&) = delete;
  FreeList& operator=(const FreeList&) = delete;

  // The one that the calling thread gave last; null when it has none.
  static Item* take() noexcept {
    FreeList* mine = per_thread<FreeList>();
    return mine == nullptr ? nullptr : mine->pop();
  }
  static void give(Item* item) noexcept {
    FreeList* mine = per_thread<FreeList>();
    if (mine == nullptr || !mine->push(item)) Deleter()(item);
  }

 private:
  Item* pop() noexcept {
    Item* item = first_;
    if (item != nullptr) {
      first_ = item->next;
      --count_;
    }
    return item;
  }
  bool push(Item* item) noexcept {
    if (count_ == kMax) return false;
    item->next = first_;
    first_ = item;
    ++count_;
    return true;
  }

  Item* first_ = nullptr;
  int count_ = 0;
};

}  // namespace rediscluster
