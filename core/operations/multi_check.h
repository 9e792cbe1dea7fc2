// Whether a node lets the user run MULTI. One that refuses it would run the commands behind it one by one.
#pragma once

#include "nodes/connection_lease.h"
#include "operations/transaction_unit.h"

namespace rediscluster {

struct MultiCheck {
  bool allowed = true;
  ErrorPtr failure = {};                 // the node could not be asked; null: it refuses
  TransactionUnit::Result refusal = {};  // what it said

  // Asks at most once of a node that allows it, and only where the user may be somebody who is not allowed
  // everything, or has been refused before. May wait for the node.
  static MultiCheck of(const Context& context, Node& node, Deadline deadline) {
    const auto known = node.facts().multi();
    const bool must_ask =
        known == NodeFacts::Multi::kRefused || (context.logs_in && known == NodeFacts::Multi::kNotAsked);
    if (!must_ask) [[likely]]
      return {};
    return ask(node, deadline);
  }

 private:
  static MultiCheck ask(Node& node, Deadline deadline);
};

}  // namespace rediscluster
