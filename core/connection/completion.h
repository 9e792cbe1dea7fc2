// What is told that a request has ended, where no caller waits for it.
#pragma once

namespace rediscluster {

class Request;

class Completion {
 public:
  // Called once, by the connection's leader, when the request is done: it is the completion's from then on.
  // No lock of the connection is held, but its leader's role is: this must neither wait nor run the user's
  // code.
  virtual void complete(Request& request) noexcept = 0;

 protected:
  ~Completion() = default;
};

}  // namespace rediscluster
