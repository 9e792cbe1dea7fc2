// Callers of pipelines, transactions and watches.
#include "chaos/caller.h"

namespace chaos {
namespace {

constexpr unsigned kPipeline = 12;

class Pipelines : public Caller {
 public:
  using Caller::Caller;

  void step() override {
    std::vector<Words> list;
    std::vector<int> tags;
    for (unsigned i = 0; i < kPipeline; ++i) {
      const int tag = any_tag();
      tags.push_back(tag);
      if (below(3) == 0) {
        list.push_back({"EVAL_RO", "return ARGV[1]", "1", books_.piped.key(tag), unique()});
      } else {
        list.push_back({"RPUSH", books_.piped.key(tag), books_.piped.issue(tag)});
      }
    }
    const Commands commands = commands_of(list);
    Call call{"pipeline", -1};
    Error error;
    const Reply replies =
        timed(call, error, [&](rc_error** raw) { return rc_pipeline(world_.handle(), commands.get(), raw); });
    for (std::size_t i = 0; i < list.size(); ++i) {
      const rc_reply* reply = rc_reply_element(replies.get(), i);
      const bool reads = list[i][0] == "EVAL_RO";
      const rc_error* failure = replies == nullptr ? error.get() : rc_reply_error(reply);
      if (failure != nullptr && replies != nullptr) {
        call.what = reads ? "EVAL_RO in a pipeline" : "RPUSH in a pipeline";
        call.tag = tags[i];
        call.repeatable = reads;
        books_.witness.failed(call, failure);
      }
      if (!reads) {
        books_.piped.settle(tags[i], list[i].back(), fate_of(failure));
      } else if (failure == nullptr && text_of(reply) != list[i].back()) {
        books_.witness.violation("foreign reply: in a pipeline " + list[i].back() + " gave " +
                                 text_of(reply));
      }
    }
  }
};

class Transactions : public Caller {
 public:
  using Caller::Caller;

  void step() override {
    const int tag = any_tag();
    const Ledger& ledger = books_.paired;
    const std::string id = books_.paired.issue(tag);
    const std::string value = unique();
    const Commands commands = commands_of({{"RPUSH", ledger.key(tag), id},
                                           {"ECHO", value},
                                           {"RPUSH", ledger.key(tag, "twin"), id},
                                           {"INCR", ledger.key(tag, "count")}});
    Call call{"transaction", tag};
    Error error;
    const Reply reply = timed(
        call, error, [&](rc_error** raw) { return rc_transaction(world_.handle(), commands.get(), raw); });
    books_.paired.settle(tag, id, fate_of(error.get()));
    if (reply == nullptr) return;
    const auto length = rc_reply_integer(rc_reply_element(reply.get(), 0));
    if (rc_reply_length(reply.get()) != 4 || text_of(rc_reply_element(reply.get(), 1)) != value ||
        rc_reply_integer(rc_reply_element(reply.get(), 2)) != length ||
        rc_reply_integer(rc_reply_element(reply.get(), 3)) != length) {
      books_.witness.violation("foreign reply: transaction at " + ledger.key(tag));
    }
  }
};

class Watches : public Caller {
 public:
  using Caller::Caller;

  void step() override {
    Session session{books_.watched, any_tag() / 4 * 4, {}, below(20) == 0};  // few tags: rivals meet
    session.id = books_.watched.issue(session.tag);
    const std::string key = books_.watched.key(session.tag, "value");
    const char* const keys[] = {key.c_str()};
    Call call{"watch", session.tag};
    call.watching = true;
    call.aborts = session.gives_up;
    Error error;
    timed(call, error, [&](rc_error** raw) {
      return rc_watch_transaction(world_.handle(), 1, keys, nullptr, run, &session, raw);
    });
    books_.watched.settle(session.tag, session.id, fate_of(error.get()));
    if (session.gives_up && error == nullptr) books_.witness.violation("watch: executed though it gave up");
  }

 private:
  struct Session {
    Ledger& ledger;
    int tag;
    std::string id;
    bool gives_up;
  };

  static int run(rc_watch* watch, rc_commands* to_execute, void* user_data) {
    const Session& session = *static_cast<Session*>(user_data);
    const std::string key = session.ledger.key(session.tag, "value");
    const Argv get({"GET", key});
    const Reply reply(rc_watch_command(watch, 2, get.data.data(), get.lengths.data(), nullptr));
    if (reply == nullptr || session.gives_up) return RC_ERR_CALLBACK;
    const std::string now = text_of(reply.get());
    const Argv set({"SET", key, std::to_string((now.empty() ? 0 : std::stol(now)) + 1)});
    const Argv push({"RPUSH", session.ledger.key(session.tag), session.id});
    for (const Argv* argv : {&set, &push})
      rc_commands_add(to_execute, 3, argv->data.data(), argv->lengths.data(), nullptr);
    return RC_WATCH_EXECUTE;
  }
};

}  // namespace

CallerPtr pipelines(World& world, Books& books, unsigned seed) {
  return std::make_unique<Pipelines>(world, books, seed);
}
CallerPtr transactions(World& world, Books& books, unsigned seed) {
  return std::make_unique<Transactions>(world, books, seed);
}
CallerPtr watches(World& world, Books& books, unsigned seed) {
  return std::make_unique<Watches>(world, books, seed);
}

}  // namespace chaos
