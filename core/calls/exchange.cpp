#include "calls/exchange.h"

#include <cstring>

#include "drive/leader.h"

namespace rediscluster {

RequestPtr begin_exchange(Connection& connection, const Args& args, std::size_t size, SendFlags attempt,
                          TimePoint now, Deadline deadline) {
  RequestPtr request = attempt.asking ? new_batch(2) : new_request();
  request->pinned = attempt.pinned;
  const std::size_t prefix = attempt.asking ? kAskingBytes.size() : 0;
  const auto turn = connection.submit(*request, prefix + size, now, deadline, [&](char* to) {
    std::memcpy(to, kAskingBytes.data(), prefix);
    encode(args, to + prefix);
  });
  wait_until(connection, *request, turn, deadline.sooner(now + kFirstPatience));
  return request;
}

RequestPtr exchange(Connection& connection, const Args& args, std::size_t size, SendFlags attempt,
                    TimePoint now, Deadline deadline) {
  RequestPtr request = begin_exchange(connection, args, size, attempt, now, deadline);
  if (!request->done()) finish(connection, request, {}, deadline);
  return request;
}

const Reply& last_reply(const Request& request) noexcept {
  const Reply& root = request.arena->root();
  return request.batch ? root.elements[request.expected - 1] : root;
}

ReplyPtr take_reply(Request& request) noexcept {
  if (request.batch) return last_element(std::move(request.arena));
  return into_reply(std::move(request.arena));
}

ReplyPtr last_element(ArenaPtr arena) noexcept {
  Reply& root = arena->root();
  root = Reply(root.elements[root.length - 1]);
  root.is_root = true;
  return into_reply(std::move(arena));
}

}  // namespace rediscluster
