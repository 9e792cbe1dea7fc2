#include "fake_resolver.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace {

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
using FreeAddrInfo = void (*)(addrinfo*);

struct Address {
  int family = AF_UNSPEC;
  socklen_t length = 0;
  sockaddr_storage bytes{};
};

struct Name {
  std::vector<Address> addresses;
  int failure = 0;
  bool hangs = false;
  int lookups = 0;
};

struct Entry {
  addrinfo info{};
  sockaddr_storage address{};
  std::unique_ptr<Entry> next;
};

// Never destroyed: a lookup that was left behind may outlive main().
struct State {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Name> names;
  int hanging = 0;
  std::map<const addrinfo*, std::unique_ptr<Entry>> made;  // the lists that are ours to free
};

State& state() {
  static State* const all = new State;
  return *all;
}

template <class Function>
Function real(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  Function function = nullptr;
  static_assert(sizeof found == sizeof function, "POSIX says so");
  std::memcpy(&function, &found, sizeof function);
  return function;
}

Address parse(const std::string& text) {
  Address address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.bytes);
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  if (inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    address.family = AF_INET;
    address.length = sizeof *four;
  } else if (inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
    address.family = AF_INET6;
    address.length = sizeof *six;
  } else {
    std::fprintf(stderr, "test_support: '%s' is no address\n", text.c_str());
    std::abort();
  }
  address.bytes.ss_family = static_cast<sa_family_t>(address.family);
  return address;
}

std::unique_ptr<Entry> entry_for(const Address& address, in_port_t port) {
  auto entry = std::make_unique<Entry>();
  entry->address = address.bytes;
  if (address.family == AF_INET) reinterpret_cast<sockaddr_in*>(&entry->address)->sin_port = port;
  if (address.family == AF_INET6) reinterpret_cast<sockaddr_in6*>(&entry->address)->sin6_port = port;
  entry->info.ai_family = address.family;
  entry->info.ai_socktype = SOCK_STREAM;
  entry->info.ai_protocol = IPPROTO_TCP;
  entry->info.ai_addrlen = address.length;
  entry->info.ai_addr = reinterpret_cast<sockaddr*>(&entry->address);
  return entry;
}

addrinfo* make_list(const std::vector<Address>& addresses, const char* service) {
  const auto port = htons(static_cast<uint16_t>(service == nullptr ? 0 : std::atoi(service)));
  std::unique_ptr<Entry> first;
  for (auto address = addresses.rbegin(); address != addresses.rend(); ++address) {
    auto entry = entry_for(*address, port);
    entry->info.ai_next = first == nullptr ? nullptr : &first->info;
    entry->next = std::move(first);
    first = std::move(entry);
  }
  addrinfo* const list = &first->info;
  state().made[list] = std::move(first);
  return list;
}

void tell(const char* name, std::vector<Address> addresses, int failure, bool hangs) {
  const std::lock_guard lock(state().mutex);
  Name& told = state().names[name];
  told.addresses = std::move(addresses);
  told.failure = failure;
  told.hangs = hangs;
  state().changed.notify_all();
}

}  // namespace

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** list) {
  const bool numeric = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  std::unique_lock lock(state().mutex);
  auto& names = state().names;
  auto name = node == nullptr || numeric ? names.end() : names.find(node);
  if (name == names.end()) {
    lock.unlock();
    static const auto ask = real<GetAddrInfo>("getaddrinfo");
    return ask(node, service, hints, list);
  }
  ++name->second.lookups;
  ++state().hanging;
  state().changed.wait(lock, [&] {
    name = names.find(node);
    return name == names.end() || !name->second.hangs;
  });
  --state().hanging;
  state().changed.notify_all();
  if (name == names.end()) return EAI_FAIL;
  if (name->second.failure != 0) return name->second.failure;
  *list = make_list(name->second.addresses, service);
  return 0;
}

extern "C" void freeaddrinfo(addrinfo* list) noexcept {
  {
    const std::lock_guard lock(state().mutex);
    if (state().made.erase(list) != 0) return;
  }
  static const auto free = real<FreeAddrInfo>("freeaddrinfo");
  free(list);
}

extern "C" void fake_name_resolves(const char* name, const char* addresses) {
  std::vector<Address> parsed;
  std::istringstream words(addresses);
  for (std::string word; words >> word;) parsed.push_back(parse(word));
  const int failure = parsed.empty() ? EAI_NONAME : 0;
  tell(name, std::move(parsed), failure, false);
}

extern "C" void fake_name_fails(const char* name, int failure) { tell(name, {}, failure, false); }

extern "C" void fake_name_hangs(const char* name) { tell(name, {}, EAI_FAIL, true); }

extern "C" int fake_name_lookups(const char* name) {
  const std::lock_guard lock(state().mutex);
  const auto found = state().names.find(name);
  return found == state().names.end() ? 0 : found->second.lookups;
}

extern "C" void fake_names_clear(void) {
  std::unique_lock lock(state().mutex);
  state().names.clear();
  state().changed.notify_all();
  state().changed.wait(lock, [] { return state().hanging == 0; });
}
