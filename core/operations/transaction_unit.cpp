#include "operations/transaction_unit.h"

#include <algorithm>

#include "base/text.h"
#include "calls/error_context.h"
#include "calls/resolve_command.h"
#include "calls/second_look.h"
#include "calls/server_error.h"
#include "drive/leader.h"

namespace rediscluster {
namespace {

constexpr std::string_view kMultiBytes = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view kExecBytes = "*1\r\n$4\r\nEXEC\r\n";

// After these the connection is in no transaction any more; what else a server answers to EXEC leaves that
// open.
bool ends_transaction(std::string_view exec_line) noexcept {
  const auto word = error_word(exec_line);
  return word == "EXECABORT" || word == "CROSSSLOT" || word == "MOVED" || word == "ASK" ||
         word == "TRYAGAIN" || word == "CLUSTERDOWN" || exec_line == "ERR EXEC without MULTI";
}

// Nor is it where MULTI was refused, unless that was because it was in one already.
bool begins_none(const Reply& multi) noexcept {
  return multi.is_error() && error_word(multi.string()) != "ERR";
}

// EXEC quotes what would have refused its commands.
std::string_view reason_of(std::string_view line) noexcept {
  constexpr std::string_view kBecause = "EXECABORT Transaction discarded because of: ";
  if (!line.starts_with(kBecause)) return line;
  const auto reason = line.substr(kBecause.size());
  return classify(reason) == Answer::kOther ? line : reason;
}

char* put(std::string_view bytes, char* to) noexcept { return std::copy(bytes.begin(), bytes.end(), to); }

}  // namespace

RequestPtr TransactionUnit::begin(Connection& connection, SendFlags attempt, TimePoint now,
                                  Deadline deadline) const {
  // ASKING holds from MULTI to EXEC.
  const std::string_view first = attempt.asking ? kAskingBytes : std::string_view();
  RequestPtr request = new_batch(static_cast<std::uint32_t>(commands_.size() + (attempt.asking ? 3 : 2)));
  request->pinned = attempt.pinned;
  const std::size_t size = first.size() + kMultiBytes.size() + commands_.encoded_size() + kExecBytes.size();
  const auto turn = connection.submit(*request, size, now, deadline, [&](char* to) {
    to = put(kMultiBytes, put(first, to));
    to = put({commands_.encoded(0), commands_.encoded_size()}, to);
    put(kExecBytes, to);
  });
  wait_until(connection, *request, turn, deadline.sooner(now + kFirstPatience));
  return request;
}

RequestPtr TransactionUnit::exchange(Connection& connection, SendFlags attempt, TimePoint now,
                                     Deadline deadline) const {
  RequestPtr request = begin(connection, attempt, now, deadline);
  if (!request->done()) finish(connection, request, {}, deadline);
  return request;
}

// As where an argument is longer than the server takes.
ErrorPtr TransactionUnit::take_failure(Request& request, const Node& node) {
  const std::uint32_t received = request.received.load(std::memory_order_relaxed);
  if (request.failure->code == Code::kIo && received > 1 && received < request.expected) {
    const Reply* const replies = request.arena->root().elements;
    const Reply& last = replies[received - 1];
    const auto is_error = [](const Reply& reply) { return reply.is_error(); };
    // Where MULTI was refused the commands before it have been executed.
    if (last.is_error() && is_protocol_error(last.string()) &&
        std::none_of(replies, replies + received - 1, is_error)) {
      return make_error(Code::kServer, Outcome::kRefused, text(node.name(), " answered ", last.string()),
                        error_word(last.string()));
    }
  }
  return std::move(request.failure);
}

TransactionUnit::Result TransactionUnit::read(const Request& request, Watched watched) const {
  const Reply& root = request.arena->root();
  const Reply& exec = root.elements[root.length - 1];
  if (exec.is_error() && exec.error->code != Code::kServer) {  // it went past a limit, whatever it was
    const Outcome outcome = exec.error->outcome;
    return {.kind = Result::kFailed,
            .line = std::string(exec.string()),
            .name = "EXEC",
            .outcome = outcome,
            .clean = outcome == Outcome::kExecuted,
            .code = exec.error->code};
  }
  const std::size_t first = root.length - 1 - commands_.size();
  const Reply* const queued = root.elements + first;
  const Reply& multi = root.elements[first - 1];
  if (exec.type == ReplyType::kNil && watched == Watched::kYes)
    return {.kind = Result::kConflict, .outcome = Outcome::kExecuted};
  if (exec.type == ReplyType::kNil)
    return {.kind = Result::kSenseless,
            .line = "nil, though nothing is watched",
            .name = "EXEC",
            .outcome = Outcome::kRefused,
            .clean = false};
  if (exec.is_aggregate() && exec.length == commands_.size() && multi.is_status("OK"))
    return {.kind = Result::kExecuted, .outcome = Outcome::kExecuted};
  if (!exec.is_error())  // what was executed is not, or not only, what it was asked for
    return {.kind = Result::kSenseless,
            .line = "what is not the replies to its commands",
            .name = "EXEC",
            .outcome = Outcome::kUnknown,
            .clean = false};
  Result result;
  const Reply* told = &exec;
  result.name = "EXEC";
  for (std::size_t i = 0; i < commands_.size() && told == &exec; ++i) {
    if (!queued[i].is_error()) continue;
    told = &queued[i];
    result.name = commands_.name(i);
  }
  if (multi.is_error()) {  // the commands then ran one by one
    told = &multi;
    result.name = "MULTI";
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      const Author author = any_text_of(commands_[i].spec) == nullptr ? Author::kServer : Author::kAnybody;
      const Outcome ran = queued[i].is_error() ? outcome_of(queued[i].string(), author) : Outcome::kExecuted;
      const bool told_more = ran == Outcome::kExecuted || result.outcome == Outcome::kRefused;
      if (told_more) result.outcome = ran;
    }
  }
  result.line = reason_of(told->string());
  result.clean = begins_none(multi) || ends_transaction(exec.string());
  const bool again = result.outcome == Outcome::kRefused && classify(result.line) != Answer::kOther;
  result.kind = again ? Result::kRefused : Result::kFailed;
  return result;
}

bool TransactionUnit::split(const Context& context, const Request& request, Deadline deadline) const {
  const Reply& root = request.arena->root();
  const Reply* const queued = root.elements + (root.length - 1 - commands_.size());
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const bool asked = queued[i].is_error() && classify(queued[i].string()) == Answer::kAsk;
    if (!asked && may_have_keys(context, commands_, i, deadline)) return true;
  }
  return false;
}

bool TransactionUnit::may_have_keys(const Context& context, const CommandList& commands, std::size_t i,
                                    Deadline deadline) {
  if (commands[i].spec != nullptr && !commands[i].keys.ask_server) return commands[i].keys.slot >= 0;
  const auto arguments = commands.arguments(i);
  auto found = look_up(context, arguments.view(), Clock::now(), deadline);
  return !found.ok() || found.value().may_have_keys();
}

ErrorPtr TransactionUnit::error_of(const Result& result) {
  if (result.kind == Result::kExecuted) return nullptr;
  if (result.kind == Result::kConflict)
    return make_error(Code::kWatchConflict, Outcome::kRefused, "a watched key has changed");
  if (result.kind == Result::kSenseless)
    return make_error(Code::kProtocol, result.outcome,
                      text("it answered ", result.name, " with ", result.line));
  return make_error(result.code, result.outcome, result.line, error_word(result.line));
}

void TransactionUnit::settle(const Result& result, Node& node, Connection& connection) {
  if (result.name == "MULTI" && result.kind == Result::kFailed)
    node.facts().note_multi(NodeFacts::Multi::kRefused);
  if (!result.clean) connection.reconnect();
}

ErrorPtr TransactionUnit::failure(std::string_view subject, int slot, const Node& node,
                                  const Result& result) {
  if (result.kind == Result::kSenseless) {
    return with_context(subject, slot,
                        make_error(Code::kProtocol, result.outcome,
                                   text(node.name(), " answered ", result.name, " with ", result.line)));
  }
  const ErrorPtr answer = make_error(result.code, result.outcome, result.line, error_word(result.line));
  return server_error(text(subject, ", ", result.name), slot, node, *answer);
}

bool TransactionUnit::read_only() const noexcept {
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    if (commands_[i].spec == nullptr || !commands_[i].spec->has(kReadOnly)) return false;
  }
  return true;
}

}  // namespace rediscluster
