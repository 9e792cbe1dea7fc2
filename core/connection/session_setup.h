// What is said on a new connection before it serves: who we are, how we speak, and a question that nothing
// but its own answer can follow. All of it goes out at once.
//
// Replies of RESP belong to commands by their order alone. A peer that says one thing too much or too little
// would give every caller the reply of another, so the last thing that is asked is a random word: once that
// comes back, and nothing after it, each later reply is the one that it seems to be.
#pragma once

#include <memory>
#include <vector>

#include "connection/settings.h"
#include "connection/setup_refusal.h"
#include "resp/reply_parser.h"

namespace rediscluster {

class SessionSetup {
 public:
  // Where `members` know an id for the node, the one that answers has to have it, or that of another of them.
  SessionSetup(const Address& node, const ConnectionSettings& settings, const Credentials& credentials,
               std::shared_ptr<const Members> members = nullptr);

  std::string_view unsent() const noexcept { return bytes_.view().substr(sent_); }
  void note_sent(std::size_t size) noexcept {
    sent_ += size;
    begun_ = begun_ || size > 0;
  }
  bool begun() const noexcept { return begun_; }
  bool done() const noexcept { return answered_ == asked_.size(); }
  // Takes what the node has sent. There may be something more to be sent then.
  Status take(const char* data, std::size_t size);
  // The node has hung up, or has not answered in time. Why, where it has said so; else null.
  ErrorPtr hung_up() const;
  ErrorPtr fell_silent() noexcept { return std::move(suspected_); }

 private:
  void ask(SetupStep what, std::initializer_list<std::string_view> words);
  Status check(SetupStep what, const Reply& reply);
  Status check_id(const Reply& reply);
  ErrorPtr is_a_stranger(std::string_view what) const;
  Status check_refusal(SetupStep what, std::string_view line);
  Status check_proof(SetupStep what, const Reply& reply);
  Status check_hello(const Reply& reply) const;
  Status no_redis(std::string_view what) const;
  std::string without_password(std::string_view line) const;

  const Address& node_;
  const Credentials& credentials_;
  const std::shared_ptr<const Members> members_;  // null: whoever answers is believed to be the node
  Secret bytes_;                                  // passwords are in it
  std::size_t sent_ = 0;
  bool begun_ = false;
  std::vector<SetupStep> asked_;
  std::size_t answered_ = 0;
  std::string proof_;       // the random word
  std::string last_words_;  // the last error line that the node has sent, perhaps before it hangs up
  ErrorPtr suspected_;      // what that line means if the node does not hang up
  ReplyParser parser_;
  ArenaPtr reply_;
};

}  // namespace rediscluster
