// A connection to a peer in the hands of the test.
#pragma once

#include "test_wait.h"
#include "unit/connection/caller.h"

namespace rediscluster {

struct ConnectionFixture {
  Peer peer;
  ConnectionSettings settings;
  Counters counters;
  Budget budget{1 << 28};
  PeerFailures peer_failures;
  Connection connection{peer.address(), settings, counters, budget, peer_failures};

  // A call that opens the connection: all it asks for is answered. The other end of what is open now.
  PeerConnection open() {
    Caller caller(connection, "PING");
    PeerConnection accepted = peer.accept();
    accepted.answer("PING", "+PONG\r\n");
    if (caller.answer() != "+PONG") peer_fails("the call that opens got another reply");
    return accepted;
  }

  // What a call gets that has to open another connection: "+" and the last word of the command.
  std::string ask_anew(const std::string& command_line) {
    Caller caller(connection, command_line);
    peer.accept().answer(command_line, "+" + command_line.substr(command_line.rfind(' ') + 1) + "\r\n");
    return caller.answer();
  }
};

}  // namespace rediscluster
