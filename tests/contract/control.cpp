#include "control.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <functional>
#include <stdexcept>

#include "rediscluster/rediscluster.h"
#include "test_certificates.h"
#include "test_wait.h"

namespace contract {
namespace {

// A listening socket on a free port of loopback; its address goes to *address.
int listen_somewhere(std::string* address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  auto* generic = reinterpret_cast<sockaddr*>(&where);
  if (fd < 0 || bind(fd, generic, size) != 0 || getsockname(fd, generic, &size) != 0 || listen(fd, 64) != 0)
    throw std::runtime_error("no socket to listen on");
  *address = "127.0.0.1:" + std::to_string(ntohs(where.sin_port));
  return fd;
}

std::string read_line(int fd) {
  std::string line;
  for (char buffer[4096]; line.find('\n') == std::string::npos;) {
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count <= 0) break;
    line.append(buffer, static_cast<std::size_t>(count));
  }
  return line.substr(0, line.find('\n'));
}

}  // namespace

Control::~Control() {
  for (scripted_net* net : nets_) scripted_net_free(net);
  for (const int fd : listeners_) close(fd);
  test_cluster_stop(tls_cluster_);
}

bool Control::serve(const std::string& path, int stop_fd) {
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.size() >= sizeof where.sun_path) return false;
  std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
  if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 ||
      listen(listener, 64) != 0) {
    return false;
  }
  for (;;) {
    pollfd fds[] = {{stop_fd, POLLIN, 0}, {listener, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) break;
    if (fds[0].revents != 0) break;
    if (fds[1].revents == 0) continue;
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const timeval patience{10, 0};  // with who says nothing
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const std::string reply = answer(read_line(fd)) + "\n";
    send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
    close(fd);
  }
  close(listener);
  return true;
}

std::string Control::answer(const std::string& line) {
  try {
    const std::string value = run(split(line));
    return value.empty() ? "ok" : "ok " + value;
  } catch (const std::exception& failure) {
    return "error " + line + ": " + failure.what();
  }
}

std::string Control::run(const Words& words) {
  const auto word = [&words](std::size_t i) {
    if (i >= words.size()) throw std::runtime_error("a word is missing");
    return words[i].text;
  };
  const auto must = [](int done) -> std::string {
    if (done == 0) throw std::runtime_error("failed; the log of contract_with_cluster says why");
    return {};
  };
  const auto slot_of = [&](std::size_t i) { return slot(word(i)); };
  const auto node_of = [&](std::size_t i) { return node(word(i)); };

  const std::map<std::string, std::function<std::string()>> verbs = {
      {"reset", [&] { return reset(), std::string(); }},
      {"move", [&] { return must(test_cluster_move_slot(cluster_, slot_of(1), node_of(2))); }},
      {"begin-move", [&] { return must(test_cluster_begin_move(cluster_, slot_of(1), node_of(2))); }},
      {"move-key",
       [&] { return must(test_cluster_move_key(cluster_, slot_of(1), node_of(2), word(3).c_str())); }},
      {"finish-move", [&] { return must(test_cluster_finish_move(cluster_, slot_of(1), node_of(2))); }},
      {"failover", [&] { return must(test_cluster_failover(cluster_, node_of(1))); }},
      {"stop", [&] { return must(test_node_stop(cluster_, node_of(1))); }},
      {"continue", [&] { return must(test_node_continue(cluster_, node_of(1))); }},
      {"kill", [&] { return must(test_node_kill(cluster_, node_of(1))); }},
      {"restart", [&] { return must(test_node_restart(cluster_, node_of(1))); }},
      {"wait-ok", [&] { return must(test_cluster_wait_ok(cluster_, 20000)); }},
      {"wait-blocked", [&] { return wait_blocked(std::stoi(word(1))); }},
      {"address", [&] { return std::string(test_node_address(cluster_, node_of(1))); }},
      {"script", [&] { return script(word(1), words.size() > 2 ? word(2) : ""); }},
      {"silent", [&] { return silent(); }},
      {"refused", [&] { return refused(); }},
      {"tls-cluster", [&] { return tls_cluster(); }},
      {"tls-file", [&] { return tls_file(word(1)); }},
  };
  const auto verb = verbs.find(word(0));
  if (verb == verbs.end()) throw std::runtime_error("no such line");
  return verb->second();
}

void Control::reset() {
  for (scripted_net* net : nets_) scripted_net_free(net);
  nets_.clear();
  for (const int fd : listeners_) close(fd);
  listeners_.clear();
  if (test_cluster_reset(cluster_) == 0) throw std::runtime_error("the cluster is not as it was");
}

std::string Control::wait_blocked(int count) {
  const auto blocked = [this] {
    int sum = 0;
    for (int i = 0; i < test_cluster_node_count(cluster_); ++i) {
      char* info = test_node_text(cluster_, i, "INFO clients");
      const char* line = info == nullptr ? nullptr : std::strstr(info, "blocked_clients:");
      if (line != nullptr) sum += std::atoi(line + std::strlen("blocked_clients:"));
      std::free(info);
    }
    return sum;
  };
  if (!TEST_WAIT(blocked() >= count, 20000)) throw std::runtime_error("too few clients block");
  return {};
}

std::string Control::script(const std::string& text, const std::string& text_of_b) {
  scripted_net* net = scripted_net_start("a", text.c_str(), "b", text_of_b.c_str(), nullptr);
  if (net == nullptr) throw std::runtime_error("a mistake in the script");
  nets_.push_back(net);
  return scripted_net_address(net, "a");
}

// The kernel accepts; nobody reads.
std::string Control::silent() {
  std::string address;
  listeners_.push_back(listen_somewhere(&address));
  return address;
}

std::string Control::refused() {
  std::string address;
  close(listen_somewhere(&address));
  return address;
}

// One for all scenarios, as it takes a while to start.
std::string Control::tls_cluster() {
  if (tls_cluster_ == nullptr) {
    test_cluster_options options{};
    options.tls = TEST_MTLS;
    tls_cluster_ = test_cluster_start(&options);
  }
  if (tls_cluster_ == nullptr) throw std::runtime_error("no cluster with TLS");
  if (test_cluster_reset(tls_cluster_) == 0) throw std::runtime_error("the cluster is not as it was");
  return test_node_address(tls_cluster_, 0);
}

std::string Control::tls_file(const std::string& name) {
  const std::string path = test_tls_file(name.c_str());
  if (path.empty()) throw std::runtime_error("no certificates without OpenSSL");
  return path;
}

int Control::slot(const std::string& word) const {
  if (word.compare(0, 4, "key:") == 0) return rc_key_slot(word.data() + 4, word.size() - 4);
  return std::stoi(word);
}

int Control::node(const std::string& word) const {
  const std::size_t colon = word.find(':');
  if (colon == std::string::npos) return std::stoi(word);
  const std::string kind = word.substr(0, colon);
  const int owner = test_cluster_primary_of(cluster_, slot("key:" + word.substr(colon + 1)));
  if (owner < 0) throw std::runtime_error("nobody owns the slot");
  if (kind == "owner") return owner;
  if (kind == "replica") return test_cluster_replica_of(cluster_, owner);
  if (kind != "other") throw std::runtime_error("no such kind of node: " + kind);
  for (int i = 0; i < test_cluster_node_count(cluster_); ++i) {
    if (i != owner && test_node_is_primary(cluster_, i) != 0) return i;
  }
  throw std::runtime_error("there is no other primary");
}

}  // namespace contract
