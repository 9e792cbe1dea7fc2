#include "connection/before_connect.h"

#include <utility>

namespace rediscluster {
namespace {

// Whose functions run on this thread, the innermost first: those of one handle may use another.
struct Inside {
  explicit Inside(const BeforeConnect* one) noexcept;
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  const BeforeConnect* const whose;
  const Inside* const outer;
};

thread_local const Inside* innermost = nullptr;

Inside::Inside(const BeforeConnect* one) noexcept : whose(one), outer(innermost) { innermost = this; }
Inside::~Inside() { innermost = outer; }

}  // namespace

bool BeforeConnect::asking() const noexcept {
  const Inside* at = innermost;
  while (at != nullptr && at->whose != this) at = at->outer;
  return at != nullptr;
}

Orders BeforeConnect::ask(const Address& node, const Credentials& usual) const {
  Orders orders{node, usual, nullptr};
  const Inside guard(this);
  if (const auto found = mapped_.find(canonical(node)); found != mapped_.end()) {
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
