// The listening socket of a scripted node: REFUSE, LISTEN, BLACKHOLE.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scripted_server.h"

namespace test_support {
namespace {

constexpr int kBacklog = 128;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

}  // namespace

bool ScriptedServer::open_listener() {
  if (listener_ >= 0) return true;
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = loopback(port_);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, kBacklog) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    close_listener();
    return false;
  }
  port_ = ntohs(address.sin_port);
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
  const sockaddr_in address = loopback(port_);
  for (int i = 0; i < 2; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    [[maybe_unused]] const int result =
        connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
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
