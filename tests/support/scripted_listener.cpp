// The listening socket of a scripted node: REFUSE, LISTEN, BLACKHOLE.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scripted_server.h"

namespace test_support {
namespace {

constexpr int kBacklog = 128;

// An address to bind or to connect to.
struct Endpoint {
  Endpoint(const std::string& host, int port) {
    const auto network_port = htons(static_cast<uint16_t>(port));
    if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
      four.sin_family = AF_INET;
      four.sin_port = network_port;
    } else if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
      six.sin6_family = AF_INET6;
      six.sin6_port = network_port;
      is_six = true;
    }
  }

  int family() const { return is_six ? AF_INET6 : AF_INET; }
  socklen_t size() const { return is_six ? sizeof six : sizeof four; }
  sockaddr* get() { return is_six ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four); }
  int port() const { return ntohs(is_six ? six.sin6_port : four.sin_port); }

  sockaddr_in four{};
  sockaddr_in6 six{};
  bool is_six = false;
};

int new_socket(const Endpoint& endpoint) {
  return socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

}  // namespace

bool ScriptedServer::open_listener() {
  if (listener_ >= 0) return true;
  Endpoint endpoint(host_, port_);
  listener_ = new_socket(endpoint);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t size = endpoint.size();
  if (bind(listener_, endpoint.get(), size) != 0 || listen(listener_, kBacklog) != 0 ||
      getsockname(listener_, endpoint.get(), &size) != 0) {
    close_listener();
    return false;
  }
  port_ = endpoint.port();
  accepting_ = true;
  return true;
}

void ScriptedServer::close_listener() {
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
}

// With a full queue of connections that nobody accepts, the kernel drops further attempts unanswered.
void ScriptedServer::fill_backlog() {
  accepting_ = false;
  listen(listener_, 0);
  Endpoint endpoint(host_, port_);
  for (int i = 0; i < 2; ++i) {
    const int fd = new_socket(endpoint);
    [[maybe_unused]] const int result = connect(fd, endpoint.get(), endpoint.size());
    fillers_.push_back(fd);
  }
}

void ScriptedServer::node_action(const Action& action) {
  switch (action.kind) {
    case Action::Kind::kRefuse:
      close_listener();
      break;
    case Action::Kind::kListen:
      if (!open_listener()) fail("LISTEN: the port is taken");
      break;
    case Action::Kind::kBlackhole:
      if (listener_ >= 0) fill_backlog();
      break;
    default:
      break;
  }
}

}  // namespace test_support
