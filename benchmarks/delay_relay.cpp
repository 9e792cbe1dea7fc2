#include "delay_relay.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "workload.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

// What is due this soon leaves at once: fewer wake-ups, so the relay is not what is measured.
constexpr auto kSlack = std::chrono::microseconds(20);

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {
    if (fd < 0) die("the relay has no descriptor left");
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  // NOLINTNEXTLINE(google-explicit-constructor): it is one
  operator int() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// One end of a connection through the relay.
struct End {
  explicit End(int descriptor) : fd(descriptor) {}

  Descriptor fd;
  std::weak_ptr<End> other;
  std::string unsent;    // due, but the socket is full
  bool ended = false;    // the other end has closed
  bool waiting = false;  // to be able to send
};

}  // namespace

class DelayRelay::Loop {
 public:
  Loop(std::chrono::microseconds delay, int to_port)
      : delay_(delay),
        to_(loopback(to_port)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
        stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 1024) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      die("the relay cannot listen");
    }
    port_ = ntohs(address.sin_port);
    watch(listener_, EPOLLIN);
    watch(timer_, EPOLLIN | EPOLLET);  // so that it need not be read
    watch(stop_, EPOLLIN);
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    eventfd_write(stop_, 1);
    thread_.join();
  }

  int port() const { return port_; }

 private:
  // Passed on to `to` when it is due. Nothing overtakes: the delay is the same for everything.
  struct Due {
    Clock::time_point time;
    std::weak_ptr<End> to;
    std::string bytes;  // none: the sender has closed
  };

  void watch(int fd, std::uint32_t events, int how = EPOLL_CTL_ADD) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_, how, fd, &event) != 0) die("the relay cannot watch a descriptor");
  }

  void run() {
    std::array<epoll_event, 512> events{};
    for (;;) {
      const int count =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), set_timer() ? 0 : -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == stop_) return;
        if (fd != timer_) handle(fd, events[static_cast<std::size_t>(i)].events);
      }
      pass_on();
    }
  }

  // True when something is due already.
  bool set_timer() {
    if (due_.empty()) return false;
    if (due_.front().time <= Clock::now() + kSlack) return true;
    if (due_.front().time == set_for_) return false;
    set_for_ = due_.front().time;
    const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(set_for_.time_since_epoch()).count();
    itimerspec when{};
    when.it_value = {at / 1000000000, at % 1000000000};
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
    return false;
  }

  void handle(int fd, std::uint32_t events) {
    if (fd == listener_) return accept_one();
    const auto found = ends_.find(fd);
    if (found == ends_.end()) return;  // it is gone since
    const std::shared_ptr<End> end = found->second;
    if ((events & EPOLLOUT) != 0) send(*end);
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(*end);
  }

  void accept_one() {
    const int accepted = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return;
    const auto client = std::make_shared<End>(accepted);
    const auto server = std::make_shared<End>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    client->other = server;
    server->other = client;
    const int connected = connect(server->fd, reinterpret_cast<const sockaddr*>(&to_), sizeof to_);
    if (connected != 0 && errno != EINPROGRESS) return;
    for (const auto& end : {client, server}) {
      const int yes = 1;
      setsockopt(end->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ends_.emplace(end->fd, end);
      watch(end->fd, EPOLLIN);
    }
  }

  void receive(End& end) {
    const ssize_t got = recv(end.fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const std::size_t length = got > 0 ? static_cast<std::size_t>(got) : 0;
    due_.push_back({Clock::now() + delay_, end.other, std::string(buffer_.data(), length)});
    if (length == 0) ends_.erase(end.fd);  // nobody else holds it: handle() closes it by letting go
  }

  void pass_on() {
    while (!due_.empty() && due_.front().time <= Clock::now() + kSlack) {
      if (const auto end = due_.front().to.lock()) {
        end->unsent += due_.front().bytes;
        end->ended = end->ended || due_.front().bytes.empty();
        send(*end);
      }
      due_.pop_front();
    }
  }

  void send(End& end) {
    if (!end.unsent.empty()) {
      const ssize_t sent = ::send(end.fd, end.unsent.data(), end.unsent.size(), MSG_NOSIGNAL);
      if (sent > 0) end.unsent.erase(0, static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN && errno != EINTR) end.unsent.clear();  // its receiver is gone
    }
    if (end.unsent.empty() && end.ended) shutdown(end.fd, SHUT_RDWR);  // which wakes receive()
    if (end.waiting != !end.unsent.empty()) {
      end.waiting = !end.waiting;
      watch(end.fd, end.waiting ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
  }

  const std::chrono::microseconds delay_;
  const sockaddr_in to_;
  int port_ = 0;
  Descriptor listener_;
  Descriptor epoll_;
  Descriptor timer_;
  Descriptor stop_;
  std::map<int, std::shared_ptr<End>> ends_;
  std::deque<Due> due_;
  Clock::time_point set_for_{};
  std::array<char, 65536> buffer_{};
  std::thread thread_;
};

DelayRelay::DelayRelay(std::chrono::microseconds each_way, int to_port)
    : loop_(std::make_unique<Loop>(each_way, to_port)) {}
DelayRelay::~DelayRelay() = default;
int DelayRelay::port() const { return loop_->port(); }

}  // namespace bench
