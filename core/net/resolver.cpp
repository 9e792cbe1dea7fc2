#include "net/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>

#include "base/letter_case.h"
#include "base/text.h"
#include "sync/fork.h"

namespace rediscluster {

namespace {

// Of all families, not only of those that this machine has an address of but for loopback (AI_ADDRCONFIG):
// that would hide ::1 where it is the only one of IPv6. One that cannot be reached fails at once.
int look_up(const std::string& host, int flags, std::vector<Endpoint>& found) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host.c_str(), nullptr, &hints, &list);
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

void set_port(Endpoint& endpoint, int port) noexcept {
  const auto number = htons(static_cast<std::uint16_t>(port));
  if (endpoint.address.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(endpoint.address).sin6_port = number;
  } else {
    reinterpret_cast<sockaddr_in&>(endpoint.address).sin_port = number;
  }
}

// Names in any case are the same to resolvers. With and without a dot at the end they need not be.
std::string key_of(std::string_view host) {
  std::string key(host);
  for (char& c : key) c = to_lower(c);
  return key;
}

}  // namespace

// All lookups of this process. Never destroyed: the last thread may outlive main().
class NameLookups {
 public:
  // A forked child has none of the threads, and maybe a lock that nobody will give back: it starts afresh.
  static NameLookups& of_this_process() {
    static std::atomic<NameLookups*> latest{nullptr};
    NameLookups* known = latest.load(std::memory_order_acquire);
    while (known == nullptr || known->inherited()) {
      auto fresh = std::make_unique<NameLookups>(known);
      if (latest.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel))
        return *fresh.release();
    }
    return *known;
  }

  explicit NameLookups(NameLookups* before) noexcept : before_(before) {}

  bool inherited() const noexcept { return generation_ != fork_generation(); }

  // Throws bad_alloc, or system_error where no thread can be started.
  void add(NameLookup& waiter) {
    std::string key = key_of(waiter.address_.host);
    const std::lock_guard lock(mutex_);
    Query& query = queries_[key];
    try {
      query.waiters.push_back(&waiter);
      waiter.lookups_ = this;
      if (query.waiters.size() > 1 || query.begun) return;
      query.number = ++last_number_;
      query.host = waiter.address_.host;
      start_thread();
    } catch (...) {
      waiter.lookups_ = nullptr;
      leave(queries_.find(key), waiter);
      throw;
    }
  }

  void remove(NameLookup& waiter) noexcept {
    const std::lock_guard lock(mutex_);
    for (auto query = queries_.begin(); query != queries_.end(); ++query) {
      if (leave(query, waiter)) return;
    }
  }

 private:
  struct Query {
    std::string host;          // as one of them wrote it
    std::uint64_t number = 0;  // in the order in which they came
    bool begun = false;        // a thread has it
    std::vector<NameLookup*> waiters;
  };
  using Queries = std::map<std::string, Query>;

  // True: it was there.
  bool leave(Queries::iterator query, NameLookup& waiter) noexcept {
    auto& waiters = query->second.waiters;
    const auto at = std::find(waiters.begin(), waiters.end(), &waiter);
    const bool found = at != waiters.end();
    if (found) waiters.erase(at);
    if (waiters.empty() && !query->second.begun) queries_.erase(query);
    return found;
  }

  // With mutex_ held. With one running at least, what cannot have a thread of its own waits for that.
  void start_thread() {
    if (threads_ == NameLookup::kMaxThreads) return;
    try {
      const SignalsBlocked blocked;
      std::thread([this] { run(); }).detach();
      ++threads_;
    } catch (const std::exception&) {
      if (threads_ == 0) throw;
    }
  }

  void run() noexcept {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto next = oldest();
      if (next == queries_.end()) break;
      next->second.begun = true;
      std::vector<Endpoint> found;
      const int failure = look_up_unlocked(lock, next->second.host, found);
      for (NameLookup* waiter : next->second.waiters) answer(*waiter, failure, found);
      queries_.erase(next);
    }
    --threads_;
  }

  Queries::iterator oldest() noexcept {
    auto chosen = queries_.end();
    for (auto at = queries_.begin(); at != queries_.end(); ++at) {
      if (at->second.begun) continue;
      if (chosen == queries_.end() || at->second.number < chosen->second.number) chosen = at;
    }
    return chosen;
  }

  // The query stays where it is meanwhile, as it has begun.
  static int look_up_unlocked(std::unique_lock<std::mutex>& lock, const std::string& host,
                              std::vector<Endpoint>& found) noexcept {
    lock.unlock();
    int failure = EAI_MEMORY;
    try {
      failure = look_up(host, 0, found);
    } catch (const std::bad_alloc&) {
    }
    lock.lock();
    return failure;
  }

  static void answer(NameLookup& waiter, int failure, const std::vector<Endpoint>& found) noexcept {
    waiter.failure_ = failure;
    try {
      waiter.endpoints_ = found;
    } catch (const std::bad_alloc&) {
      waiter.failure_ = EAI_MEMORY;
    }
    waiter.done_.store(true, std::memory_order_release);
    eventfd_write(waiter.done_event_.get(), 1);
  }

  [[maybe_unused]] NameLookups* const before_;  // the parent's: tools that look for leaks find it here
  const std::uint32_t generation_ = fork_generation();
  std::mutex mutex_;
  Queries queries_;                // guarded by mutex_
  std::uint64_t last_number_ = 0;  // guarded by mutex_
  int threads_ = 0;                // guarded by mutex_
};

Result<std::unique_ptr<NameLookup>> NameLookup::start(const Address& address) {
  std::unique_ptr<NameLookup> lookup(new NameLookup(address));
  const int failure = look_up(address.host, AI_NUMERICHOST, lookup->endpoints_);
  if (failure == EAI_MEMORY) throw std::bad_alloc();
  if (failure == 0) {
    lookup->done_ = true;
    return lookup;
  }
  lookup->done_event_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!lookup->done_event_) {
    return make_error(
        Code::kConnect, Outcome::kNotSent,
        text("cannot look up ", address.host, ": no file descriptor left: raise the limit of open files"));
  }
  try {
    NameLookups::of_this_process().add(*lookup);
  } catch (const std::system_error&) {
    return make_error(Code::kConnect, Outcome::kNotSent,
                      text("cannot look up ", address.host, ": no thread could be started for it"));
  }
  return lookup;
}

// Its descriptor is written to under the lock that this takes.
NameLookup::~NameLookup() {
  if (lookups_ != nullptr && !lookups_->inherited()) lookups_->remove(*this);
}

bool NameLookup::done() const noexcept { return done_.load(std::memory_order_acquire); }
int NameLookup::fd() const noexcept { return done_event_.get(); }

Result<std::vector<Endpoint>> NameLookup::take() {
  if (failure_ == 0) {
    for (Endpoint& endpoint : endpoints_) set_port(endpoint, address_.port);
    return std::move(endpoints_);
  }
  if (failure_ == EAI_MEMORY) return no_memory_error();
  return make_error(Code::kConnect, Outcome::kNotSent,
                    text("cannot look up ", address_.host, ": ", gai_strerror(failure_),
                         ": check the name of the node and the resolver of this machine"));
}

}  // namespace rediscluster
