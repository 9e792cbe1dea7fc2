#include "connection/before_connect.h"

#include <utility>

#include "base/text.h"

namespace rediscluster {
namespace {

thread_local bool inside = false;

struct Inside {
  Inside() noexcept { inside = true; }
  ~Inside() { inside = false; }
};

}  // namespace

bool BeforeConnect::asking() noexcept { return inside; }

Orders BeforeConnect::ask(const Address& node, const Credentials& usual) const {
  Orders orders{node, usual, nullptr};
  if (inside) {
    orders.refused = make_error(Code::kConnect, Outcome::kNotSent,
                                text(to_string(node),
                                     ": a callback that is asked before a connection is made has "
                                     "called the cluster, which needs a connection for that"));
    return orders;
  }
  const Inside guard;
  if (const auto found = mapped_.find(node); found != mapped_.end()) {
    orders.to = found->second;
  } else if (map_address_) {
    auto mapped = map_address_(node);
    if (!mapped.ok()) {
      orders.refused = mapped.take_error();
      return orders;
    }
    orders.to = mapped.take();
  }
  if (ask_credentials_) {
    auto credentials = ask_credentials_(node);
    if (!credentials.ok()) {
      orders.refused = credentials.take_error();
    } else {
      orders.credentials = credentials.value();
    }
  }
  return orders;
}

}  // namespace rediscluster
