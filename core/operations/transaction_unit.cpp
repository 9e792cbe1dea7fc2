#include "operations/transaction_unit.h"

#include <algorithm>

#include "base/text.h"
#include "execution/execute.h"

namespace rediscluster {
namespace {

constexpr std::string_view kMultiBytes = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view kExecBytes = "*1\r\n$4\r\nEXEC\r\n";

char* put(std::string_view bytes, char* to) noexcept { return std::copy(bytes.begin(), bytes.end(), to); }

}  // namespace

RequestPtr TransactionUnit::exchange(Lane& lane, Attempt attempt, TimePoint now, Deadline deadline) const {
  // ASKING holds from MULTI to EXEC.
  const std::string_view first = attempt.asking ? kAskingBytes : std::string_view();
  RequestPtr request = new_batch(static_cast<std::uint32_t>(commands_.size() + (attempt.asking ? 3 : 2)));
  request->pinned = attempt.pinned;
  const std::size_t size = first.size() + kMultiBytes.size() + commands_.encoded_size() + kExecBytes.size();
  const auto turn = lane.submit(*request, size, now, deadline, [&](char* to) {
    to = put(kMultiBytes, put(first, to));
    to = put({commands_.encoded(0), commands_.encoded_size()}, to);
    put(kExecBytes, to);
  });
  lane.await(request, turn, deadline);
  return request;
}

RequestPtr TransactionUnit::refuses_multi(const Context& context, Node& node, Lane& lane, Deadline deadline) {
  constexpr std::string_view kBoth = "*1\r\n$5\r\nMULTI\r\n*1\r\n$7\r\nDISCARD\r\n";
  if (!context.logs_in || node.standing().takes_multi()) return nullptr;
  RequestPtr request = new_batch(2);
  const auto turn =
      lane.submit(*request, kBoth.size(), Clock::now(), deadline, [&](char* to) { put(kBoth, to); });
  lane.await(request, turn, deadline);
  if (request->failure == nullptr && !request->arena->root().elements[0].is_error()) {
    node.standing().note_takes_multi();
    return nullptr;
  }
  if (request->failure != nullptr && request->failure->owned) request->failure->outcome = Outcome::kNotSent;
  return request;
}

TransactionUnit::Result TransactionUnit::read_refusal(const Request& refused) {
  Result result;
  result.name = "MULTI";
  result.line = refused.arena->root().elements[0].string();
  result.kind = classify(result.line) == Answer::kOther ? Result::kFailed : Result::kRefused;
  return result;
}

TransactionUnit::Result TransactionUnit::read(const Request& request) const {
  const Reply& root = request.arena->root();
  const Reply& exec = root.elements[root.length - 1];
  if (!exec.is_error())
    return {exec.type == ReplyType::kNil ? Result::kConflict : Result::kExecuted, {}, {}, Outcome::kExecuted};
  Result result;
  const Reply* const queued = root.elements + (root.length - 1 - commands_.size());
  const Reply& multi = queued[-1];
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
  result.line = told->string();
  const bool again = result.outcome == Outcome::kRefused && classify(result.line) != Answer::kOther;
  result.kind = again ? Result::kRefused : Result::kFailed;
  return result;
}

ErrorPtr TransactionUnit::error_of(const Result& result) {
  if (result.kind == Result::kExecuted) return nullptr;
  if (result.kind == Result::kConflict)
    return make_error(Code::kWatchConflict, Outcome::kRefused, "a watched key has changed");
  return make_error(Code::kServer, result.outcome, result.line, error_word(result.line));
}

ErrorPtr TransactionUnit::failure(std::string_view subject, int slot, const Node& node,
                                  const Result& result) {
  const ErrorPtr answer = make_error(Code::kServer, result.outcome, result.line, error_word(result.line));
  return server_error(text(subject, ", ", result.name), slot, node, *answer);
}

bool TransactionUnit::read_only() const noexcept {
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    if (commands_[i].spec == nullptr || !commands_[i].spec->has(kReadOnly)) return false;
  }
  return true;
}

}  // namespace rediscluster
