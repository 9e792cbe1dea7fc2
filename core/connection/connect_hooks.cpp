#include "connection/connect_hooks.h"

#include <utility>

namespace rediscluster {
namespace {

// Whose functions run on this thread, the innermost first: those of one handle may use another.
struct Inside {
  explicit Inside(const ConnectHooks* one) noexcept;
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  const ConnectHooks* const whose;
  const Inside* const outer;
};

thread_local const Inside* innermost = nullptr;

Inside::Inside(const ConnectHooks* one) noexcept : whose(one), outer(innermost) { innermost = this; }
Inside::~Inside() { innermost = outer; }

}  // namespace

bool ConnectHooks::resolving() const noexcept {
  const Inside* at = innermost;
  while (at != nullptr && at->whose != this) at = at->outer;
  return at != nullptr;
}

ConnectParams ConnectHooks::resolve(const Address& node, const Credentials& usual) const {
  ConnectParams params{node, usual, nullptr};
  const Inside guard(this);
  if (const auto found = mapped_.find(canonical(node)); found != mapped_.end()) {
    params.to = found->second;
  } else if (map_address_) {
    auto mapped = map_address_(node);
    if (!mapped.ok()) {
      params.refused = mapped.take_error();
      return params;
    }
    params.to = mapped.take();
  }
  if (ask_credentials_) {
    auto credentials = ask_credentials_(node);
    if (!credentials.ok()) {
      params.refused = credentials.take_error();
    } else {
      params.credentials = credentials.value();
    }
  }
  return params;
}

}  // namespace rediscluster
