// The thread of the fault proxy, and its C interface.
#include "fault_proxy.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "fault_link.h"
#include "test_access.h"

using namespace test_support;

struct fault_proxy {
 public:
  fault_proxy() : wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { loop(); }) {}

  ~fault_proxy() {
    change([&] { stopping_ = true; });
    thread_.join();
    links_.clear();
    close(wake_fd_);
  }

  int add(int node_port) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto& gate = gates_[node_port];
    if (gate == nullptr)
      gate = std::make_unique<FaultGate>(PortReservation::take(), node_port, test_access_is_restricted());
    if (gate->port() == 0 || (!gate->open_listener())) return 0;
    wake();
    return gate->port();
  }

  int port(int node_port) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = gates_.find(node_port);
    return found == gates_.end() ? 0 : found->second->port();
  }

  // Under the lock, and then the thread looks at everything anew.
  template <typename Change>
  void change(Change what) {
    const std::lock_guard<std::mutex> lock(mutex_);
    what();
    wake();
  }

  template <typename Change>
  void each_gate(int node_port, Change what) {
    change([&] {
      unsigned number = 0;
      for (const auto& [port, gate] : gates_) {
        if (node_port == FAULT_ALL_NODES || node_port == port) what(*gate, number);
        ++number;
      }
    });
  }

  template <typename Change>
  void each_link(int node_port, Change what) {
    change([&] {
      for (auto& link : links_) {
        if (node_port == FAULT_ALL_NODES || node_port == link.gate().node_port()) what(link);
      }
    });
  }

  int descriptors() {
    const std::lock_guard<std::mutex> lock(mutex_);
    int count = 1;
    for (const auto& entry : gates_) count += 1 + (entry.second->listener() >= 0);  // and the port's lock
    for (const auto& link : links_) count += link.descriptors();
    return count;
  }

 private:
  using Clock = FaultLink::Clock;

  void wake() const { eventfd_write(wake_fd_, 1); }

  void loop() {
    sigset_t pipe;  // OpenSSL writes without MSG_NOSIGNAL
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    std::unique_lock<std::mutex> lock(mutex_);
    while (!stopping_) {
      const int timeout = collect();
      const size_t links = links_.size();
      lock.unlock();
      poll(polled_.data(), polled_.size(), timeout);
      lock.lock();
      eventfd_t ignored = 0;
      eventfd_read(wake_fd_, &ignored);
      run_links(links);
      accept_all();
    }
  }

  // Fills polled_: the wake-up, the gates, two for each link. Returns how long to wait, in ms.
  int collect() {
    polled_.assign(1, {wake_fd_, POLLIN, 0});
    for (const auto& entry : gates_) polled_.push_back({entry.second->listener(), POLLIN, 0});
    first_link_ = polled_.size();
    auto due = Clock::time_point::max();
    polled_.resize(first_link_ + 2 * links_.size());
    size_t at = first_link_;
    for (const auto& link : links_) {
      link.watch(&polled_[at]);
      due = std::min(due, link.due());
      at += 2;
    }
    if (due == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
    return static_cast<int>(std::max<long long>(left, 0));
  }

  void run_links(size_t polled) {
    const auto now = Clock::now();
    size_t at = first_link_;
    auto link = links_.begin();
    for (size_t i = 0; i < polled; ++i, at += 2) {
      link->run(&polled_[at], now);
      link = link->dead() ? links_.erase(link) : std::next(link);
    }
  }

  void accept_all() {
    for (const auto& entry : gates_) {
      FaultGate& gate = *entry.second;
      for (int fd = 0; gate.listener() >= 0 && (fd = accept4(gate.listener(), nullptr, nullptr,
                                                             SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
        links_.emplace_back(gate, fd);
        if (links_.back().dead()) links_.pop_back();
      }
    }
  }

  std::mutex mutex_;  // guards all that follows; the thread lets go of it while it waits
  const int wake_fd_;
  bool stopping_ = false;
  std::map<int, std::unique_ptr<FaultGate>> gates_;  // by the node's port
  std::list<FaultLink> links_;
  std::vector<pollfd> polled_;
  size_t first_link_ = 0;
  std::thread thread_;
};

extern "C" fault_proxy* fault_proxy_start(void) { return new fault_proxy; }
extern "C" void fault_proxy_stop(fault_proxy* proxy) { delete proxy; }

extern "C" int fault_proxy_add(int node_port, void* proxy) {
  return static_cast<fault_proxy*>(proxy)->add(node_port);
}

extern "C" int fault_proxy_port(fault_proxy* proxy, int node_port) { return proxy->port(node_port); }

extern "C" void fault_proxy_inject(fault_proxy* proxy, int node_port, fault cue) {
  proxy->each_gate(node_port, [&](FaultGate& gate, unsigned) { gate.add_cue(cue); });
}

extern "C" void fault_proxy_random(fault_proxy* proxy, int node_port, int one_in, unsigned kinds,
                                   unsigned seed) {
  proxy->each_gate(node_port, [&](FaultGate& gate, unsigned i) { gate.set_random(one_in, kinds, seed + i); });
}

extern "C" void fault_proxy_stall(fault_proxy* proxy, int node_port, int on) {
  proxy->each_gate(node_port, [&](FaultGate& gate, unsigned) { gate.stalled = on != 0; });
}

extern "C" void fault_proxy_delay(fault_proxy* proxy, int node_port, int ms) {
  proxy->each_gate(node_port, [&](FaultGate& gate, unsigned) { gate.delay_ms = ms; });
}

extern "C" void fault_proxy_close(fault_proxy* proxy, int node_port, int reset) {
  proxy->each_link(node_port, [&](FaultLink& link) {
    if (!link.untouched()) link.end(reset != 0);
  });
}

extern "C" void fault_proxy_refuse(fault_proxy* proxy, int node_port, int on) {
  proxy->each_gate(node_port, [&](FaultGate& gate, unsigned) {
    if (on != 0) {
      gate.close_listener();
    } else {
      gate.open_listener();
    }
  });
}

extern "C" void fault_proxy_heal(fault_proxy* proxy) {
  proxy->each_gate(FAULT_ALL_NODES, [](FaultGate& gate, unsigned) { gate.heal(); });
  proxy->each_link(FAULT_ALL_NODES, [](FaultLink& link) {
    if (link.muted()) link.end(false);
  });
}

extern "C" long fault_proxy_injected(fault_proxy* proxy, fault_kind kind) {
  long count = 0;
  proxy->each_gate(FAULT_ALL_NODES, [&](FaultGate& gate, unsigned) { count += gate.injected[kind]; });
  return count;
}

extern "C" int fault_proxy_connections(fault_proxy* proxy, int node_port) {
  int count = 0;
  proxy->each_link(node_port, [&](const FaultLink& link) { count += !link.untouched(); });
  return count;
}

extern "C" int fault_proxy_muted(fault_proxy* proxy) {
  int count = 0;
  proxy->each_link(FAULT_ALL_NODES, [&](const FaultLink& link) { count += link.muted(); });
  return count;
}

extern "C" int fault_proxy_descriptors(fault_proxy* proxy) { return proxy->descriptors(); }
