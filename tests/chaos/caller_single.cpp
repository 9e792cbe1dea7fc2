// Callers of single commands.
#include "chaos/caller.h"

namespace chaos {

Reply Caller::command(Call call, const Words& words, Error& error, const rc_call_options* options) {
  const Argv argv(words);
  return timed(call, error, [&](rc_error** raw) {
    return rc_command_with(world_.handle(), options, argv.data.size(), argv.data.data(), argv.lengths.data(),
                           raw);
  });
}

namespace {

void push(Ledger& ledger, int tag, const std::function<void(const std::string&, Error&)>& send) {
  const std::string id = ledger.issue(tag);
  Error error;
  send(id, error);
  ledger.settle(tag, id, fate_of(error.get()));
}

class SingleCommands : public Caller {
 public:
  SingleCommands(World& world, Books& books, unsigned seed)
      : Caller(world, books, seed), own_(books.registers_of_new_owner()), idempotent_(rc_call_options_new()) {
    rc_call_options_set_idempotent(idempotent_.get(), 1, nullptr);
  }

  void step() override {
    const int tag = any_tag();
    switch (below(8)) {
      case 0:
      case 1:
        return push(books_.single, tag, [&](const std::string& id, Error& error) {
          command({"RPUSH", tag}, {"RPUSH", books_.single.key(tag), id}, error);
        });
      case 2:
        return push(books_.added, tag, [&](const std::string& id, Error& error) {
          command({"SADD, idempotent", tag, true}, {"SADD", books_.added.key(tag), id}, error,
                  idempotent_.get());
        });
      case 3:
        return increment(tag);
      case 4:
        return set(tag);
      case 5:
        return echo();
      case 6:
        return wrong_type(tag);
      default:
        return get(tag);
    }
  }

 private:
  void increment(int tag) {
    Error error;
    const Reply reply = command({"INCR", tag}, {"INCR", books_.counts.key(tag)}, error);
    books_.counts.settle(tag, fate_of(error.get()), rc_reply_integer(reply.get()));
  }

  void set(int tag) {
    Error error;
    command({"SET", tag}, {"SET", own_.key(tag), own_.next(tag, 0)}, error);
    own_.settle(tag, fate_of(error.get()));
  }

  void get(int tag) {
    Error error;
    const Reply reply = command({"GET", tag, true}, {"GET", own_.key(tag)}, error);
    if (reply == nullptr) return;
    const std::string value = text_of(reply.get());
    own_.read(tag, rc_reply_type(reply.get()) == RC_REPLY_NIL ? nullptr : &value);
  }

  // Servers do not mark it as a command that only reads.
  void echo() {
    const std::string value = unique();
    Error error;
    const Reply reply = command({"ECHO", -1}, {"ECHO", value}, error);
    if (reply != nullptr && text_of(reply.get()) != value)
      books_.witness.violation("foreign reply: ECHO " + value + " gave " + text_of(reply.get()));
  }

  // Its error is the right answer, unless nothing has been counted yet.
  void wrong_type(int tag) {
    Call call{"LLEN of a number", tag, true};
    call.wrong_type = true;
    Error error;
    command(call, {"LLEN", books_.counts.key(tag)}, error);
  }

  Registers& own_;
  CallOptions idempotent_;
};

// Deadlines that often pass before the reply is there, or before anything was sent.
class CommandsInHaste : public Caller {
 public:
  using Caller::Caller;

  static Call in_haste(const char* what, int tag, milliseconds timeout) {
    Call call{what, tag};
    call.timeout = timeout;
    return call;
  }

  void step() override {
    const int tag = any_tag();
    const milliseconds timeout(1 + below(below(4) == 0 ? 50 : 3));
    const CallOptions options(rc_call_options_new());
    rc_call_options_set_timeout_ms(options.get(), static_cast<int>(timeout.count()), nullptr);
    if (below(3) == 0) {
      return push(books_.single, tag, [&](const std::string& id, Error& error) {
        command(in_haste("RPUSH in haste", tag, timeout), {"RPUSH", books_.single.key(tag), id}, error,
                options.get());
      });
    }
    const std::string value = unique();
    const Words words{"EVAL_RO", "return ARGV[1]", "1", books_.single.key(tag), value};
    Error error;
    const Reply reply = command(in_haste("EVAL_RO in haste", tag, timeout), words, error, options.get());
    if (reply != nullptr && text_of(reply.get()) != value)
      books_.witness.violation("foreign reply: EVAL_RO " + value + " gave " + text_of(reply.get()));
  }
};

class LargeValues : public Caller {
 public:
  LargeValues(World& world, Books& books, unsigned seed)
      : Caller(world, books, seed), own_(books.registers_of_new_owner()) {}

  void step() override {
    const int tag = any_tag();
    Error error;
    command({"SET of a large value", tag}, {"SET", own_.key(tag), own_.next(tag, 1000 * below(400))}, error);
    own_.settle(tag, fate_of(error.get()));
    const Reply reply = command({"GET of a large value", tag, true}, {"GET", own_.key(tag)}, error);
    if (reply == nullptr) return;
    const std::string value = text_of(reply.get());
    own_.read(tag, rc_reply_type(reply.get()) == RC_REPLY_NIL ? nullptr : &value);
  }

 private:
  Registers& own_;
};

class Pushes : public Caller {
 public:
  using Caller::Caller;

  void step() override {
    const int tag = any_tag();
    push(books_.queue, tag, [&](const std::string& id, Error& error) {
      command({"RPUSH to a queue", tag}, {"RPUSH", books_.queue.key(tag), id}, error);
    });
  }
};

class BlockingPops : public Caller {
 public:
  using Caller::Caller;

  void step() override {
    const int tag = any_tag();
    Error error;
    const Reply reply = command({"BLPOP", tag, false, true}, {"BLPOP", books_.queue.key(tag), "0.1"}, error);
    if (reply == nullptr) {
      if (fate_of(error.get()) == Fate::kUnknown) books_.pops.unknown(tag);
      return;
    }
    if (rc_reply_type(reply.get()) == RC_REPLY_NIL) return;
    if (text_of(rc_reply_element(reply.get(), 0)) != books_.queue.key(tag))
      books_.witness.violation("foreign reply: BLPOP " + books_.queue.key(tag));
    books_.pops.popped(tag, text_of(rc_reply_element(reply.get(), 1)));
  }
};

}  // namespace

CallerPtr single_commands(World& world, Books& books, unsigned seed) {
  return std::make_unique<SingleCommands>(world, books, seed);
}
CallerPtr commands_in_haste(World& world, Books& books, unsigned seed) {
  return std::make_unique<CommandsInHaste>(world, books, seed);
}
CallerPtr large_values(World& world, Books& books, unsigned seed) {
  return std::make_unique<LargeValues>(world, books, seed);
}
CallerPtr pushes(World& world, Books& books, unsigned seed) {
  return std::make_unique<Pushes>(world, books, seed);
}
CallerPtr blocking_pops(World& world, Books& books, unsigned seed) {
  return std::make_unique<BlockingPops>(world, books, seed);
}

}  // namespace chaos
