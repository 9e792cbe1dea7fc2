#include "connection/connection.h"

#include "base/text.h"

namespace rediscluster {

Connection::Connection(const Address& address, const ConnectionSettings& settings, Counters& counters,
                       Budget& budget, PeerFailures& peer_failures, ConnectionOwner* owner)
    : address_(address),
      settings_(settings),
      counters_(counters),
      budget_(budget),
      peer_failures_(peer_failures),
      owner_(owner) {}

Connection::~Connection() { fail_all(Code::kClosed, "the cluster handle was closed"); }

bool Connection::idle() const noexcept {
  const MutexLock lock(mutex_);
  return state() == ConnectionState::kOpen && pending_close() == CloseReason::kNone && under_way() == 0;
}

std::string Connection::pending_step() const {
  const char* what = pending_step_.load(std::memory_order_relaxed);
  return what == nullptr ? std::string() : text(" (", what, ")");
}

}  // namespace rediscluster
