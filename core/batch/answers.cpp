#include "batch/answers.h"

#include "calls/second_look.h"

namespace rediscluster {

bool BatchAnswers::asks_to_go_on(const BatchExchange& exchange, const Error& error, std::size_t index) {
  const auto command = plan_.routed(index);
  if (command.any_text == nullptr) {
    told_.assign(error.message);
    if (classify(told_) != Answer::kOther || !command.may_block) return classify(told_) != Answer::kOther;
  }
  const auto arguments = plan_.commands().arguments(index);
  Connection& connection = exchange.node().connection();
  auto told = command.any_text == nullptr
                  ? gone_elsewhere(connection, {exchange.target().asking}, arguments.view(), command.slot,
                                   told_, look_deadline())
                  : second_look(context_, exchange.node(), connection, {exchange.target().asking},
                                {*command.any_text, arguments.view(), command.slot}, error, look_deadline());
  if (told) told_ = std::move(*told);
  return told.has_value();
}

bool BatchAnswers::is_still_refused(const PendingRetry& pending, std::size_t index) {
  const auto arguments = plan_.commands().arguments(index);
  const FreeText command{*plan_.routed(index).any_text, arguments.view(), pending.state.slot()};
  auto told =
      refusal_now(pending.target.node->connection(), {pending.target.asking}, command, look_deadline());
  if (!told || classify(*told) == Answer::kOther) return false;
  told_ = std::move(*told);
  return true;
}

}  // namespace rediscluster
