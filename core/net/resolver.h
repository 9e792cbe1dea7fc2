// Name lookup that no call can be held up by. There is one at a time of a name in the whole process, for all
// who wait for that name; a few threads run them, which end when there is no more to look up. What nobody
// waits for any more is not begun, and its answer is dropped. Numeric addresses are answered at once, without
// a thread.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <vector>

#include "base/status.h"
#include "net/address.h"
#include "sync/unique_fd.h"

namespace rediscluster {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;
};

class NameLookup {
 public:
  static Result<std::unique_ptr<NameLookup>> start(const Address& address);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // How many lookups may be under way at a time: a silent resolver holds each up for half a minute.
  static constexpr int kMaxThreads = 16;

  bool done() const noexcept;
  int fd() const noexcept;  // readable once done; -1 when it was done at once
  // Every address of the name, in the system's order of preference; once done.
  Result<std::vector<Endpoint>> take();

 private:
  friend class NameLookups;
  explicit NameLookup(const Address& address) : address_(address) {}

  const Address address_;
  class NameLookups* lookups_ = nullptr;  // that this waits in; null: it was done at once
  UniqueFd done_event_;
  std::vector<Endpoint> endpoints_;  // written before done_
  int failure_ = 0;                  // getaddrinfo's; written before done_
  std::atomic<bool> done_{false};
};

}  // namespace rediscluster
