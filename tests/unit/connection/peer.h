// The other end of a connection, in the hands of the test: it listens on a free port of loopback, and does
// nothing that it is not told to. What does not come within 60 s, or is not what was expected, ends the test
// program.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "sync/unique_fd.h"

namespace rediscluster {

// "GET k" as RESP.
inline std::string to_resp(std::string_view command_line) {
  std::istringstream in{std::string(command_line)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return out;
}

[[noreturn]] inline void peer_fails(const std::string& what) {
  std::fprintf(stderr, "peer: %s\n", what.c_str());
  std::abort();
}

inline bool readable(int fd, int timeout_ms) {
  pollfd event{fd, POLLIN, 0};
  return poll(&event, 1, timeout_ms) == 1;
}

class PeerConnection {
 public:
  PeerConnection() noexcept = default;
  explicit PeerConnection(UniqueFd fd) noexcept : fd_(std::move(fd)) {}

  // So many bytes; fewer only when the client closed before.
  std::string read(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      if (!readable(fd_.get(), 20000)) peer_fails("nothing came");
      const ssize_t got = recv(fd_.get(), bytes.data() + have, size - have, 0);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }
  void expect(std::string_view command_line) {
    const std::string wanted = to_resp(command_line);
    const std::string got = read(wanted.size());
    if (got != wanted) peer_fails("expected " + std::string(command_line) + ", got " + got);
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) peer_fails("the client does not take an answer");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void answer(std::string_view command_line, std::string_view bytes) {
    expect(command_line);
    send(bytes);
  }
  // The question that ends every handshake: a random word, as a server would have it come back.
  void greet(std::string_view and_more = "") {
    send("$29\r\n" + read_greeting() + "\r\n" + std::string(and_more));
  }
  std::string read_greeting() {
    const std::string head = "*2\r\n$4\r\nPING\r\n$29\r\n";
    const std::string asked = read(head.size() + 29 + 2);
    if (!asked.starts_with(head + "rediscluster-")) peer_fails("not the end of a handshake: " + asked);
    return asked.substr(head.size(), 29);
  }
  bool closed_by_client() { return read(1).empty(); }
  bool silent() const { return !readable(fd_.get(), 0); }  // nothing waits to be read
  void close() noexcept { fd_.reset(); }
  void reset() noexcept {  // RST instead of FIN
    const linger at_once{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
  }

 private:
  UniqueFd fd_;
};

class Peer {
 public:
  // With small buffers a client is soon told that its socket is full.
  explicit Peer(int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0) {
      setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof name;
    if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&name), size) != 0 || listen(fd_.get(), 128) != 0 ||
        getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0) {
      peer_fails("cannot listen");
    }
    address_ = {"127.0.0.1", ntohs(name.sin_port)};
  }

  const Address& address() const noexcept { return address_; }
  // One that has not said anything yet.
  PeerConnection accept_only() {
    if (!has_caller(20000)) peer_fails("nobody connected");
    UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const int at_once = 1;  // else what is sent waits until the client has acknowledged what was sent before
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    return PeerConnection(std::move(fd));
  }
  // One that is open to its client, which somebody else drives.
  PeerConnection accept() {
    PeerConnection connection = accept_only();
    connection.greet();
    return connection;
  }
  // The same, which then sends this command.
  PeerConnection accept_and_expect(std::string_view command_line) {
    PeerConnection connection = accept();
    connection.expect(command_line);
    return connection;
  }
  bool has_caller(int timeout_ms = 0) const { return readable(fd_.get(), timeout_ms); }
  void stop_listening() noexcept { fd_.reset(); }
  int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  Address address_;
};

}  // namespace rediscluster
