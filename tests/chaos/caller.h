// Callers: each does one kind of calls, again and again, and notes in the books what became of them.
#pragma once

#include <memory>
#include <random>

#include "chaos/books.h"

namespace chaos {

class Caller {
 public:
  Caller(World& world, Books& books, unsigned seed)
      : world_(world), books_(books), random_(seed), name_(std::to_string(seed)) {}
  virtual ~Caller() = default;
  virtual void step() = 0;

 protected:
  // The call, timed and noted.
  template <typename Operation>
  Reply timed(Call& call, Error& error, Operation operation) {
    const auto waited = run_delay();
    call.begin = Clock::now();
    rc_error* raw = nullptr;
    Reply reply(operation(&raw));
    call.end = Clock::now();
    error.reset(raw);
    books_.witness.returned(call, run_delay() - waited, raw);
    return reply;
  }

  Reply command(Call call, const Words& words, Error& error, const rc_call_options* options = nullptr);

  unsigned below(unsigned most) { return static_cast<unsigned>(random_() % most); }
  int any_tag() { return static_cast<int>(below(kTags)); }
  std::string unique() { return name_ + "/" + std::to_string(++count_); }

  World& world_;
  Books& books_;

 private:
  std::mt19937 random_;
  const std::string name_;
  long count_ = 0;
};

using CallerPtr = std::unique_ptr<Caller>;

CallerPtr single_commands(World& world, Books& books, unsigned seed);
CallerPtr commands_in_haste(World& world, Books& books, unsigned seed);
CallerPtr large_values(World& world, Books& books, unsigned seed);
CallerPtr pipelines(World& world, Books& books, unsigned seed);
CallerPtr transactions(World& world, Books& books, unsigned seed);
CallerPtr watches(World& world, Books& books, unsigned seed);
CallerPtr pushes(World& world, Books& books, unsigned seed);
CallerPtr blocking_pops(World& world, Books& books, unsigned seed);

}  // namespace chaos
