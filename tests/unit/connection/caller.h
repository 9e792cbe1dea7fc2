// Callers of a connection, in the thread of the test and in threads of their own.
#pragma once

#include <cstring>
#include <thread>

#include "drive/leader.h"
#include "unit/connection/peer.h"
#include "unit/resp/parsed.h"

namespace rediscluster {

// So long that only a hang reaches it.
inline constexpr Duration kPatience = std::chrono::seconds(20);

struct Ask {
  Duration timeout = kPatience;
  bool pinned = false;
  std::uint32_t batch = 0;  // replies expected of it, if it is one
};

inline RequestPtr ask_bytes(Connection& connection, std::string_view bytes, Ask how = {}) {
  RequestPtr request = how.batch > 0 ? new_batch(how.batch) : new_request();
  request->pinned = how.pinned;
  const TimePoint now = Clock::now();
  const Deadline deadline(now + how.timeout);
  const auto turn = connection.submit(*request, bytes.size(), now, deadline,
                                      [&](char* to) { std::memcpy(to, bytes.data(), bytes.size()); });
  finish(connection, request, turn, deadline);
  return request;
}

inline RequestPtr ask(Connection& connection, std::string_view command_line, Ask how = {}) {
  return ask_bytes(connection, to_resp(command_line), how);
}

// "$value", or "failed".
inline std::string answer_of(const RequestPtr& request) {
  return request->failure == nullptr ? shown(request->arena->root()) : "failed";
}

class Caller {
 public:
  Caller(Connection& connection, std::string_view command_line, Ask how = {})
      : Caller(connection, Bytes{to_resp(command_line)}, how) {}
  struct Bytes {
    std::string bytes;
  };
  Caller(Connection& connection, Bytes bytes, Ask how = {})
      : thread_([this, &connection, sent = std::move(bytes.bytes), how] {
          request_ = ask_bytes(connection, sent, how);
        }) {}
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() {
    if (thread_.joinable()) thread_.join();
  }

  // Once the call has returned.
  const RequestPtr& request() {
    if (thread_.joinable()) thread_.join();
    return request_;
  }
  std::string answer() { return answer_of(request()); }

 private:
  RequestPtr request_;
  std::thread thread_;
};

}  // namespace rediscluster
