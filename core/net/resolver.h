// Name lookup that no call can be held up by: a lookup runs on a thread of its own, which is left behind when
// nobody waits for it any more. Numeric addresses are answered at once, without a thread.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "base/status.h"
#include "base/unique_fd.h"
#include "net/address.h"

namespace rediscluster {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;
};

class NameLookup {
 public:
  static Result<std::unique_ptr<NameLookup>> start(const Address& address);

  bool done() const noexcept;
  int fd() const noexcept;  // readable once done; -1 when it was done at once
  // Every address of the name, in the system's order of preference; once done.
  Result<std::vector<Endpoint>> take();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  Address address_;
};

}  // namespace rediscluster
