// The cancels by which a language interrupts a call. For calls with the language's global lock held: not
// thread-safe.
#pragma once

#include <vector>

#include "client.h"

class Interrupt {
 public:
  Interrupt() = default;
  ~Interrupt() { end(); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // The options of the call, with a cancel: the given one's own, or one of ours. `given` may be NULL.
  const rc_call_options* begin(NativeCallOptions* given) {
    if (given != nullptr && given->cancel() != nullptr) {
      cancel_ = given->cancel();
      return given->get();
    }
    own_ = take();
    if (own_ == nullptr) return given == nullptr ? nullptr : given->get();
    cancel_ = own_->cancel();
    if (given == nullptr) return own_->get();
    rc_call_options_set_cancel(given->get(), cancel_, nullptr);
    given_ = given;
    return given->get();
  }

  void end() {
    if (given_ != nullptr) rc_call_options_set_cancel(given_->get(), nullptr, nullptr);
    if (own_ != nullptr) give_back(own_);
    given_ = nullptr;
    own_ = nullptr;
  }

  // NULL: out of memory; the call cannot be interrupted.
  rc_cancel* cancel() const { return cancel_; }
  bool owns_cancel() const { return own_ != nullptr; }

 private:
  static constexpr std::size_t kSpare = 16;

  static std::vector<NativeCallOptions*>& spare() {
    static auto* all = new std::vector<NativeCallOptions*>;  // there until the very end of the process
    return *all;
  }

  static NativeCallOptions* take() {
    if (!spare().empty()) {
      NativeCallOptions* options = spare().back();
      spare().pop_back();
      return options;
    }
    rc_cancel* cancel = rc_cancel_new();
    if (cancel == nullptr) return nullptr;
    auto* options = new NativeCallOptions;
    options->set_cancel(cancel, nullptr);
    return options;
  }

  // What was fired is fired for good.
  static void give_back(NativeCallOptions* options) {
    if (rc_cancel_fired(options->cancel()) == 0 && spare().size() < kSpare) {
      spare().push_back(options);
      return;
    }
    rc_cancel* cancel = options->cancel();
    delete options;
    rc_cancel_free(cancel);
  }

  rc_cancel* cancel_ = nullptr;
  NativeCallOptions* own_ = nullptr;
  NativeCallOptions* given_ = nullptr;
};
