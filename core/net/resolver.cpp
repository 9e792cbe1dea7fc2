#include "net/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <string>
#include <system_error>
#include <thread>

#include "base/text.h"

namespace rediscluster {

struct NameLookup::Shared {
  std::string host;
  std::string port;
  UniqueFd done_event;
  std::vector<Endpoint> endpoints;  // written before done
  int failure = 0;                  // getaddrinfo's; written before done
  std::atomic<bool> done{false};
};

namespace {

int look_up(const std::string& host, const std::string& port, int flags, std::vector<Endpoint>& found) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (failure != 0) return failure;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(list, freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Endpoint endpoint;
    std::memcpy(&endpoint.address, entry->ai_addr, entry->ai_addrlen);
    endpoint.length = entry->ai_addrlen;
    found.push_back(endpoint);
  }
  return found.empty() ? EAI_NONAME : 0;
}

// A program's signals are for its own threads: ours takes none.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Result<std::unique_ptr<NameLookup>> NameLookup::start(const Address& address) {
  auto lookup = std::make_unique<NameLookup>();
  lookup->address_ = address;
  lookup->shared_ = std::make_shared<Shared>();
  Shared& shared = *lookup->shared_;
  shared.host = address.host;
  shared.port = std::to_string(address.port);
  const int failure = look_up(shared.host, shared.port, AI_NUMERICHOST, shared.endpoints);
  if (failure == EAI_MEMORY) throw std::bad_alloc();
  if (failure == 0) {
    shared.done = true;
    return lookup;
  }
  shared.done_event = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared.done_event) {
    return make_error(
        Code::kConnect, Outcome::kNotSent,
        text("cannot look up ", address.host, ": no file descriptor left: raise the limit of open files"));
  }
  try {
    const SignalsBlocked blocked;
    std::thread([state = lookup->shared_] {
      try {
        state->failure = look_up(state->host, state->port, AI_ADDRCONFIG, state->endpoints);
      } catch (const std::bad_alloc&) {
        state->failure = EAI_MEMORY;
      }
      state->done.store(true, std::memory_order_release);
      eventfd_write(state->done_event.get(), 1);
    }).detach();
  } catch (const std::system_error&) {
    return make_error(Code::kConnect, Outcome::kNotSent,
                      text("cannot look up ", address.host, ": no thread could be started for it"));
  }
  return lookup;
}

bool NameLookup::done() const noexcept { return shared_->done.load(std::memory_order_acquire); }
int NameLookup::fd() const noexcept { return shared_->done_event.get(); }

Result<std::vector<Endpoint>> NameLookup::take() {
  if (shared_->failure == 0) return std::move(shared_->endpoints);
  if (shared_->failure == EAI_MEMORY) return no_memory_error();
  return make_error(Code::kConnect, Outcome::kNotSent,
                    text("cannot look up ", address_.host, ": ", gai_strerror(shared_->failure),
                         ": check the name of the node and the resolver of this machine"));
}

}  // namespace rediscluster
