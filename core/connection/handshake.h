// What is said on a new connection before it serves: who we are and how we speak. All of it goes out at once.
#pragma once

#include <memory>
#include <vector>

#include "connection/settings.h"
#include "resp/reply_parser.h"

namespace rediscluster {

class Handshake {
 public:
  // With must_answer the node has to say something at least: PING, where there is nothing else to be said.
  // Where `members` know an id for the node, the one that answers has to have it, or that of another of them.
  Handshake(const Address& node, const ConnectionSettings& settings, const Credentials& credentials,
            bool must_answer, std::shared_ptr<const Members> members = nullptr);

  std::string_view unsent() const noexcept { return bytes_.view().substr(sent_); }
  void note_sent(std::size_t size) noexcept { sent_ += size; }
  bool done() const noexcept { return answered_ == asked_.size(); }
  // Takes what the node has sent.
  Status take(const char* data, std::size_t size);

 private:
  // Without what is kOptional a connection serves as well: old servers do not know all of it, and users may
  // not be allowed to.
  enum class Asked { kAuth, kHello, kReadOnly, kId, kView, kOptional };

  void ask(Asked what, std::initializer_list<std::string_view> words);
  Status check(Asked what, const Reply& reply);
  Status check_id(const Reply& reply);
  ErrorPtr is_a_stranger(std::string_view what) const;

  const Address& node_;
  const std::shared_ptr<const Members> members_;  // null: whoever answers is believed to be the node
  Secret bytes_;                                  // passwords are in it
  std::size_t sent_ = 0;
  std::vector<Asked> asked_;
  std::size_t answered_ = 0;
  ReplyParser parser_;
  ArenaPtr reply_;
};

}  // namespace rediscluster
