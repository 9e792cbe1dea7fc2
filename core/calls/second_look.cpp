#include "calls/second_look.h"

#include <utility>

#include "base/text.h"
#include "commands/command_keys.h"
#include "commands/command_table.h"
#include "resp/server_answer.h"
#include "resp/server_sentences.h"

namespace rediscluster {
namespace {

constexpr CommandSpec kUnknownCommand;

RequestPtr ask(Connection& connection, SendFlags attempt, const Args& words, Deadline deadline) {
  return exchange(connection, words, encoded_size(words), attempt, Clock::now(), deadline);
}

// Where only the server knows the keys they are the arguments of that slot: others hardly ever are.
std::vector<std::string> keys_of(const FreeText& command) {
  std::vector<std::string> keys;
  scan_keys(command.spec, command.args, [&](std::size_t i) { keys.emplace_back(command.args[i]); });
  if (!keys.empty() || command.slot < 0) return keys;
  for (std::size_t i = 1; i < command.args.size(); ++i) {
    if (key_slot(command.args[i]) == command.slot) keys.emplace_back(command.args[i]);
  }
  return keys;
}

// Since 7.0 the first line tells what the script may do; before, it does not compile, after the server has
// looked at the keys.
Question by_script(bool read_only, const std::vector<std::string>& keys) {
  Question question;
  question.add("EVAL");
  question.add(read_only ? "#!lua flags=no-writes\nreturn 1" : "#!lua\nreturn 1");
  question.add(std::to_string(keys.size()));
  for (const auto& key : keys) question.add(key);
  return question;
}

Question by_exists(const std::vector<std::string>& keys) {
  Question question;
  question.add("EXISTS");
  for (const auto& key : keys) question.add(key);
  return question;
}

// Whether the node has the script that EVALSHA named.
Question about_script(std::string_view hash) {
  Question question;
  question.add("SCRIPT");
  question.add("EXISTS");
  question.add(hash);
  return question;
}

bool says_that_it_lacks_it(const Request& answer) noexcept {
  if (answer.failure != nullptr) return false;
  const Reply& reply = last_reply(answer);
  return reply.type == ReplyType::kArray && reply.length == 1 &&
         reply.elements[0].type == ReplyType::kInteger && reply.elements[0].integer == 0;
}

std::string_view error_in(const Request& request) noexcept {
  if (request.failure != nullptr) return {};
  const Reply& reply = last_reply(request);
  return reply.is_error() ? reply.string() : std::string_view();
}

bool is_about_rights(std::string_view word) noexcept { return word == "NOPERM" || word == "NOAUTH"; }

// The map learns from what only a server can have said.
bool map_confirms(const Context& context, const Node& node, int slot, std::string_view line) {
  if (slot < 0 || classify(line) != Answer::kMoved) return false;
  const Redirect redirect = parse_redirect(line);
  const Node* owner = context.topology.map().owner(slot);
  if (owner == nullptr || owner == &node) return false;
  const std::string_view host = redirect.host.empty() ? std::string_view(node.address().host) : redirect.host;
  return canonical(owner->address()) == canonical({std::string(host), redirect.port});
}

bool is_worth_a_look(std::string_view line, int slot) noexcept {
  if (!is_servers_sentence(line)) return false;
  const Answer answer = classify(line);
  if (is_redirect(answer)) return slot < 0 || parse_redirect(line).slot == slot;
  return answer != Answer::kOther || is_about_rights(error_word(line));
}

}  // namespace

const CommandSpec* any_text_of(const CommandSpec* spec) noexcept {
  if (spec == nullptr) return &kUnknownCommand;
  return spec->has(kAnyText) ? spec : nullptr;
}

RefusalQuestions::RefusalQuestions(const FreeText& command)
    : keys_(keys_of(command)), question_(by_script(command.spec.has(kReadOnly), keys_)) {}

void RefusalQuestions::hear(const Request& answer) {
  const std::string_view line = error_in(answer);
  const bool not_let = error_word(line) == "NOPERM" || says_unknown_command(line);
  if (!asks_by_exists_ && not_let && !keys_.empty()) {  // a user who may run functions only, or no EVAL
    told_.emplace(line);
    question_ = by_exists(keys_);
    asks_by_exists_ = true;
    return;
  }
  done_ = true;
  if (classify(line) != Answer::kOther || error_word(line) == "NOAUTH") told_.emplace(line);
}

SecondLook::SecondLook(const Context& context, const Node& node, const FreeText& command, const Error& error)
    : error_(error) {
  const std::string_view line = error.message;
  Outcome outcome = outcome_of(line, Author::kAnybody);
  if (&command.spec == &kUnknownCommand && says_unknown_command(line)) {
    outcome = Outcome::kRefused;  // a server that was asked does not know it either
  } else if (map_confirms(context, node, command.slot, line)) {
    told_.emplace(line);
  } else if (is_worth_a_look(line, command.slot)) {
    const int slot = command.slot >= 0 ? command.slot : parse_redirect(line).slot;
    refusal_.emplace(FreeText{command.spec, command.args, slot});
  } else if (error_word(line) == "NOSCRIPT" && is_servers_sentence(line) &&
             command.spec.name.starts_with("evalsha")) {
    script_ = about_script(command.args[1]);
    asks_for_script_ = true;
  }
  conclude(outcome);
}

const Question* SecondLook::next() noexcept {
  if (script_) return &*script_;
  return refusal_ ? refusal_->next() : nullptr;
}

void SecondLook::hear(const Request& answer) {
  const std::string_view line = error_.message;
  Outcome outcome = outcome_of(line, Author::kAnybody);
  if (script_) {
    if (says_that_it_lacks_it(answer)) outcome = Outcome::kRefused;
    script_.reset();
  } else {
    refusal_->hear(answer);
    if (refusal_->next() != nullptr) return;
    told_ = refusal_->told();
    const bool same = told_ && error_word(*told_) == error_word(line);
    if (told_ && classify(*told_) == Answer::kOther) {  // it is about rights: for the caller
      if (same) outcome = Outcome::kRefused;
      told_.reset();
    }
  }
  conclude(outcome);
}

// The error lies in the arena of its reply, which is the call's own.
void SecondLook::conclude(Outcome outcome) noexcept {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  const_cast<Error&>(error_).outcome = told_ ? Outcome::kRefused : outcome;
}

std::optional<std::string> refusal_now(Connection& connection, SendFlags attempt, const FreeText& command,
                                       Deadline deadline) {
  RefusalQuestions questions(command);
  while (const Question* question = questions.next())
    questions.hear(*ask(connection, attempt, question->view(), deadline));
  return questions.told();
}

std::optional<std::string> second_look(const Context& context, const Node& node, Connection& connection,
                                       SendFlags attempt, const FreeText& command, const Error& error,
                                       Deadline deadline) {
  SecondLook look(context, node, command, error);
  while (const Question* question = look.next()) {
    const SendFlags flags{attempt.asking && look.may_need_asking(), attempt.pinned};
    look.hear(*ask(connection, flags, question->view(), deadline));
  }
  return look.told();
}

ErrorPtr not_found_out(const Node& node, const Error& error, Deadline deadline) {
  if (error.outcome != Outcome::kUnknown || classify(error.message) == Answer::kOther) return nullptr;
  if (!deadline.passed(Clock::now())) return nullptr;
  return make_error(Code::kTimeout, Outcome::kUnknown,
                    text(node.name(), " answered ", error.message,
                         ", and its time was up before it was known whether the server said so or what the "
                         "command ran: give it more time"),
                    error.server_word());
}

// MIGRATE deletes the key. Redis 7.0 says the former of one that waits, others the latter.
bool may_be_gone_elsewhere(std::string_view line) noexcept {
  return line == "UNBLOCKED the stream key no longer exists" || error_word(line) == "NOGROUP";
}

std::optional<std::string> gone_elsewhere(Connection& connection, SendFlags attempt, const Args& args,
                                          int slot, std::string_view line, Deadline deadline) {
  if (!may_be_gone_elsewhere(line)) return {};
  const CommandSpec* spec = find_command(args);
  auto told =
      refusal_now(connection, attempt, {spec == nullptr ? kUnknownCommand : *spec, args, slot}, deadline);
  if (told && classify(*told) == Answer::kOther) told.reset();
  return told;
}

}  // namespace rediscluster
