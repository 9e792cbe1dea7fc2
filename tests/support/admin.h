// Administration commands by hiredis: how the harness talks to servers.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdarg>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "freed_by.h"

namespace test_support {

using Reply = std::unique_ptr<redisReply, FreedBy<freeReplyObject>>;

bool ok(const Reply& reply);  // there is one, and it is no error

// Errors with a leading '-', arrays one element a line; "-no reply" for none.
std::string text(const Reply& reply);

// One line on stderr, for the log of the test run.
void complain(const char* format, ...) __attribute__((format(printf, 1, 2)));

// A connection that is made when needed, and made again after the server was gone. Thread-safe.
class AdminConnection {
 public:
  // Port 0: the host is the path of a socket in the file system.
  AdminConnection(std::string host, int port, std::string password)
      : host_(std::move(host)), port_(port), password_(std::move(password)) {}

  // An empty Reply when the server cannot be reached or is silent for 5 s.
  Reply command(const char* format, ...);
  Reply commandv(const char* format, va_list arguments);
  Reply command(const std::vector<std::string>& words);

  void disconnect();

 private:
  bool connect();
  template <typename Send>
  Reply exchange(Send send);

  const std::string host_;
  const int port_;
  const std::string password_;
  std::mutex mutex_;
  std::unique_ptr<redisContext, FreedBy<redisFree>> context_;
};

}  // namespace test_support
