// Commands that one node executes as a unit, so that what it says of its slots is true of the keys that it
// gives: MULTI, CLUSTER NODES, SCAN, EXEC. No redirect is followed.
//
// Where the user is not allowed to say MULTI, they run one behind the other: only what comes between two
// commands of one connection can be missed then, and a page later the node says so.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "calls/context.h"
#include "connection/request.h"
#include "nodes/connection_lease.h"

namespace rediscluster {

class NodeBatch {
 public:
  NodeBatch() { add({"MULTI"}); }
  void add(std::initializer_list<std::string_view> words) { add(words.begin(), words.size()); }
  void add(const std::string_view* words, std::size_t count);

  struct Answer {
    enum Kind {
      kResults,   // of each command, in order
      kError,     // the node's: `error`, to the command of that number; -1: to all
      kFailed,    // `failure`: of the connection
      kUnwanted,  // it was not waited for any longer
    } kind = kFailed;
    RequestPtr request = nullptr;  // has the replies
    Reply* results = nullptr;
    const Error* error = nullptr;
    int command = -1;
    ErrorPtr failure = nullptr;
  };

  // Still wanted: asked now and then while the node says nothing. Pinned: on the connection that is open now.
  Answer send(const Context& context, ConnectionLease& lease, bool pinned, Deadline deadline,
              const std::function<bool()>& still_wanted);

 private:
  Answer read(RequestPtr request, Connection& connection) const;

  std::string bytes_;
  std::uint32_t count_ = 0;  // MULTI included
};

}  // namespace rediscluster
