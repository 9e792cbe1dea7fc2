#include "operations/multi_check.h"

#include <algorithm>

#include "base/text.h"
#include "drive/leader.h"

namespace rediscluster {

// Over a connection that nobody else uses: who may run MULTI need not be allowed DISCARD, and is left in the
// middle of a transaction.
MultiCheck MultiCheck::ask(Node& node, Deadline deadline) {
  constexpr std::string_view kBoth = "*1\r\n$5\r\nMULTI\r\n*1\r\n$7\r\nDISCARD\r\n";
  ConnectionLease own(node);
  RequestPtr request = new_batch(2);
  const auto turn = own->submit(*request, kBoth.size(), Clock::now(), deadline,
                                [&](char* to) { std::copy(kBoth.begin(), kBoth.end(), to); });
  finish(*own, request, turn, deadline);
  const auto failed = [](Code code, const std::string& message) {
    return MultiCheck{.allowed = false, .failure = make_error(code, Outcome::kNotSent, message)};
  };
  if (request->failure != nullptr)
    return {.allowed = false, .failure = with_outcome(std::move(request->failure), Outcome::kNotSent)};
  const Reply* const replies = request->arena->root().elements;
  const Reply& multi = replies[0];
  if (!multi.is_status("OK") || !replies[1].is_status("OK")) own->reconnect();
  if (multi.is_error() && multi.error->code != Code::kServer)  // it could not be read
    return failed(multi.error->code, text(node.name(), " was asked for MULTI: ", multi.error->message));
  if (multi.is_error()) {
    MultiCheck refused{.allowed = false};
    refused.refusal.name = "MULTI";
    refused.refusal.line = multi.string();
    const bool for_good = classify(multi.string()) == Answer::kOther;
    refused.refusal.kind = for_good ? TransactionUnit::Result::kFailed : TransactionUnit::Result::kRefused;
    if (for_good) node.facts().note_multi(NodeFacts::Multi::kRefused);
    return refused;
  }
  if (!multi.is_status("OK"))
    return failed(Code::kProtocol, text(node.name(), " answered MULTI with something that is not OK"));
  node.facts().note_multi(NodeFacts::Multi::kTaken);
  return {};
}

}  // namespace rediscluster
