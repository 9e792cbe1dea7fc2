#include "calls/second_look.h"

#include <vector>

#include "commands/command_keys.h"
#include "commands/command_table.h"
#include "resp/server_answer.h"
#include "resp/server_sentences.h"

namespace rediscluster {
namespace {

constexpr CommandSpec kUnknownCommand;

class Words {
 public:
  void add(std::string_view word) {
    data_.push_back(word.data());
    lengths_.push_back(word.size());
  }
  Args view() const noexcept { return {data_.size(), data_.data(), lengths_.data()}; }

 private:
  std::vector<const char*> data_;
  std::vector<std::size_t> lengths_;
};

RequestPtr ask(Connection& connection, SendFlags attempt, const Args& words, Deadline deadline) {
  return exchange(connection, words, encoded_size(words), attempt, Clock::now(), deadline);
}

// Where only the server knows the keys they are the arguments of that slot: others hardly ever are.
std::vector<std::string_view> keys_of(const FreeText& command) {
  std::vector<std::string_view> keys;
  scan_keys(command.spec, command.args, [&](std::size_t i) { keys.push_back(command.args[i]); });
  if (!keys.empty() || command.slot < 0) return keys;
  for (std::size_t i = 1; i < command.args.size(); ++i) {
    if (key_slot(command.args[i]) == command.slot) keys.push_back(command.args[i]);
  }
  return keys;
}

// Since 7.0 the first line tells what the script may do; before, it does not compile, after the server has
// looked at the keys.
RequestPtr ask_with_script(Connection& connection, SendFlags attempt, const FreeText& command,
                           const std::vector<std::string_view>& keys, Deadline deadline) {
  const std::string count = std::to_string(keys.size());
  Words words;
  words.add("EVAL");
  words.add(command.spec.has(kReadOnly) ? "#!lua flags=no-writes\nreturn 1" : "#!lua\nreturn 1");
  words.add(count);
  for (const auto key : keys) words.add(key);
  return ask(connection, attempt, words.view(), deadline);
}

RequestPtr ask_with_exists(Connection& connection, SendFlags attempt,
                           const std::vector<std::string_view>& keys, Deadline deadline) {
  Words words;
  words.add("EXISTS");
  for (const auto key : keys) words.add(key);
  return ask(connection, attempt, words.view(), deadline);
}

std::string_view error_in(const RequestPtr& request) noexcept {
  if (request->failure != nullptr) return {};
  const Reply& reply = last_reply(*request);
  return reply.is_error() ? reply.string() : std::string_view();
}

bool is_about_rights(std::string_view word) noexcept { return word == "NOPERM" || word == "NOAUTH"; }

// Whether the node has the script that EVALSHA named.
bool lacks_script(Connection& connection, SendFlags attempt, const Args& args, Deadline deadline) {
  Words words;
  words.add("SCRIPT");
  words.add("EXISTS");
  words.add(args[1]);
  attempt.asking = false;
  const RequestPtr request = ask(connection, attempt, words.view(), deadline);
  if (request->failure != nullptr) return false;
  const Reply& reply = last_reply(*request);
  return reply.type == ReplyType::kArray && reply.length == 1 &&
         reply.elements[0].type == ReplyType::kInteger && reply.elements[0].integer == 0;
}

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

std::optional<std::string> refusal_now(Connection& connection, SendFlags attempt, const FreeText& command,
                                       Deadline deadline) {
  const auto keys = keys_of(command);
  RequestPtr request = ask_with_script(connection, attempt, command, keys, deadline);
  std::string_view line = error_in(request);
  const std::string_view word = error_word(line);
  const bool not_let = word == "NOPERM" || says_unknown_command(line);
  std::optional<std::string> denied;
  if (not_let && !keys.empty()) {  // a user who may run functions only, or a server without EVAL
    denied.emplace(line);
    request = ask_with_exists(connection, attempt, keys, deadline);
    line = error_in(request);
  }
  if (classify(line) != Answer::kOther || error_word(line) == "NOAUTH") return std::string(line);
  return denied;
}

std::optional<std::string> second_look(const Context& context, const Node& node, Connection& connection,
                                       SendFlags attempt, const FreeText& command, const Error& error,
                                       Deadline deadline) {
  const std::string_view line = error.message;
  Outcome outcome = outcome_of(line, Author::kAnybody);
  std::optional<std::string> told;
  if (&command.spec == &kUnknownCommand && says_unknown_command(line)) {
    outcome = Outcome::kRefused;  // a server that was asked does not know it either
  } else if (map_confirms(context, node, command.slot, line)) {
    told.emplace(line);
  } else if (is_worth_a_look(line, command.slot)) {
    const int slot = command.slot >= 0 ? command.slot : parse_redirect(line).slot;
    told = refusal_now(connection, attempt, {command.spec, command.args, slot}, deadline);
    const bool same = told && error_word(*told) == error_word(line);
    if (told && classify(*told) == Answer::kOther) {  // it is about rights: for the caller
      if (same) outcome = Outcome::kRefused;
      told.reset();
    }
  } else if (error_word(line) == "NOSCRIPT" && is_servers_sentence(line) &&
             command.spec.name.starts_with("evalsha") &&
             lacks_script(connection, attempt, command.args, deadline)) {
    outcome = Outcome::kRefused;
  }
  // The error lies in the arena of its reply, which is the call's own.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  const_cast<Error&>(error).outcome = told ? Outcome::kRefused : outcome;
  return told;
}

std::optional<std::string> gone_elsewhere(Connection& connection, SendFlags attempt, const Args& args,
                                          int slot, std::string_view line, Deadline deadline) {
  // MIGRATE deletes the key. Redis 7.0 says the former of one that waits, others the latter.
  if (line != "UNBLOCKED the stream key no longer exists" && error_word(line) != "NOGROUP") return {};
  const CommandSpec* spec = find_command(args);
  auto told =
      refusal_now(connection, attempt, {spec == nullptr ? kUnknownCommand : *spec, args, slot}, deadline);
  if (told && classify(*told) == Answer::kOther) told.reset();
  return told;
}

}  // namespace rediscluster
