// A peer that answers every ECHO with its word, on any number of connections, in a thread of its own.
#pragma once

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <atomic>
#include <list>
#include <thread>

#include "unit/connection/peer.h"

namespace rediscluster {

class EchoPeer {
 public:
  EchoPeer() : stop_(eventfd(0, EFD_CLOEXEC)), thread_([this] { serve(); }) {}
  EchoPeer(const EchoPeer&) = delete;
  EchoPeer& operator=(const EchoPeer&) = delete;
  ~EchoPeer() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  const Address& address() const noexcept { return peer_.address(); }
  int connections() const noexcept { return connections_; }  // ever accepted
  int open_connections() const noexcept { return open_; }

 private:
  struct Client {
    UniqueFd fd;
    std::string input;
  };

  void serve() {
    for (;;) {
      std::vector<pollfd> waits{{stop_.get(), POLLIN, 0}, {peer_.fd(), POLLIN, 0}};
      for (const auto& client : clients_) waits.push_back({client.fd.get(), POLLIN, 0});
      poll(waits.data(), waits.size(), -1);
      if (waits[0].revents != 0) return;
      std::size_t i = 2;
      for (auto client = clients_.begin(); client != clients_.end(); ++i) {
        if (waits[i].revents != 0 && !read_from(*client)) {
          client = clients_.erase(client);
          --open_;
        } else {
          ++client;
        }
      }
      if (waits[1].revents != 0) {
        clients_.push_back({UniqueFd(accept4(peer_.fd(), nullptr, nullptr, SOCK_CLOEXEC)), {}});
        ++connections_;
        ++open_;
      }
    }
  }

  static bool read_from(Client& client) {
    char bytes[8192];
    const ssize_t got = recv(client.fd.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    client.input.append(bytes, static_cast<std::size_t>(got));
    std::string out;
    while (take_command(client.input, out)) {
    }
    for (std::string_view left = out; !left.empty();) {
      const ssize_t sent = send(client.fd.get(), left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // "*2 $4 ECHO $n word", or PING with a word: it has no line end in it.
  static bool take_command(std::string& input, std::string& out) {
    std::size_t at = 0;
    std::size_t word = 0;
    for (int line = 0; line < 5; ++line) {
      word = at;
      at = input.find("\r\n", at);
      if (at == std::string::npos) return false;
      at += 2;
    }
    const std::size_t length = at - 2 - word;
    out += "$" + std::to_string(length) + "\r\n" + input.substr(word, length) + "\r\n";
    input.erase(0, at);
    return true;
  }

  Peer peer_;
  UniqueFd stop_;
  std::list<Client> clients_;
  std::atomic<int> connections_{0};
  std::atomic<int> open_{0};
  std::thread thread_;
};

}  // namespace rediscluster
