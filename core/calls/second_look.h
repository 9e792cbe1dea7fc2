// A script, a function or a module's command can answer with any text, also with one that a server uses to
// say that it did not run the command: redis.error_reply('TRYAGAIN ...') after a write. To believe that would
// be to run it again and again. So the server is asked about the same keys in words that nobody else can
// answer, over the same connection, and only what it then says itself counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/args.h"
#include "calls/context.h"
#include "calls/exchange.h"
#include "commands/command_spec.h"

namespace rediscluster {

// Null: only the server itself writes what the command answers. A command that nobody knows has no keys.
const CommandSpec* any_text_of(const CommandSpec* spec) noexcept;

// The words of a question, as they are sent.
class Question {
 public:
  Question() = default;
  void add(std::string_view word) { words_.emplace_back(word); }
  // Good until the next one.
  Args view() const {
    data_.clear();
    lengths_.clear();
    for (const std::string& word : words_) {
      data_.push_back(word.data());
      lengths_.push_back(word.size());
    }
    return {data_.size(), data_.data(), lengths_.data()};
  }

 private:
  std::vector<std::string> words_;
  mutable std::vector<const char*> data_;
  mutable std::vector<std::size_t> lengths_;
};

// One that can answer with any text.
struct FreeText {
  const CommandSpec& spec;
  const Args& args;
  int slot;
};

// Does the server still refuse these keys? Its questions, one after the other: whoever drives it sends each
// and hands in the answer.
class RefusalQuestions {
 public:
  explicit RefusalQuestions(const FreeText& command);

  // What is to be asked; nothing: told() is there.
  const Question* next() noexcept { return done_ ? nullptr : &question_; }
  void hear(const Request& answer);
  // What the server says to a script of ours with the same keys, if it refuses to run it. Nothing: it ran it,
  // or it could not be asked.
  std::optional<std::string> told() const { return told_; }

 private:
  const std::vector<std::string> keys_;
  Question question_;
  bool asks_by_exists_ = false;
  bool done_ = false;
  std::optional<std::string> told_;
};

// The whole second look, in the same way.
class SecondLook {
 public:
  // `error`: of the command. Its outcome is what is known, once it is done.
  SecondLook(const Context& context, const Node& node, const FreeText& command, const Error& error);

  const Question* next() noexcept;
  void hear(const Request& answer);
  // Of a question: ASKING goes before it, if it went before the command.
  bool may_need_asking() const noexcept { return !asks_for_script_; }
  // The server's own line that stands behind the error. Nothing: the error is its own, or may be, and is the
  // caller's.
  std::optional<std::string> told() const { return told_; }

 private:
  void conclude(Outcome outcome) noexcept;

  const Error& error_;
  std::optional<RefusalQuestions> refusal_;
  std::optional<Question> script_;
  bool asks_for_script_ = false;
  std::optional<std::string> told_;
};

// The same as a loop that waits.
std::optional<std::string> refusal_now(Connection& connection, SendFlags attempt, const FreeText& command,
                                       Deadline deadline);

std::optional<std::string> second_look(const Context& context, const Node& node, Connection& connection,
                                       SendFlags attempt, const FreeText& command, const Error& error,
                                       Deadline deadline);

// After that: the time was up before it was known whether the server said so or what it ran. Null: it was not.
ErrorPtr not_found_out(const Node& node, const Error& error, Deadline deadline);

// A command that waited for a key and is told that the key or its group is gone: XREADGROUP whose slot moves.
// Then it is asked whether the server refuses its keys, and what it says counts if it has them no more.
bool may_be_gone_elsewhere(std::string_view line) noexcept;
std::optional<std::string> gone_elsewhere(Connection& connection, SendFlags attempt, const Args& args,
                                          int slot, std::string_view line, Deadline deadline);

}  // namespace rediscluster
