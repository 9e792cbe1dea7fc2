// One attempt: a command to a connection, its reply back.
#pragma once

#include "base/args.h"
#include "nodes/node.h"
#include "resp/encode.h"

namespace rediscluster {

// ASKING, which lets the next command through to a slot that is being imported.
inline constexpr std::string_view kAskingBytes = "*1\r\n$6\r\nASKING\r\n";

struct SendFlags {
  bool asking = false;
  bool pinned = false;  // only on the connection that is open now
};

// Well above a healthy node's answer.
inline constexpr Duration kFirstPatience = milliseconds(250);

// Returns with the request finished, or still under way after so long.
RequestPtr begin_exchange(Connection& connection, const Args& args, std::size_t size, SendFlags attempt,
                          TimePoint now, Deadline deadline);

// Returns with the request finished: a single reply, or with ASKING a batch of two. `size`: of the encoded
// command.
RequestPtr exchange(Connection& connection, const Args& args, std::size_t size, SendFlags attempt,
                    TimePoint now, Deadline deadline);

// The reply of a request that has not failed: the root, or the last element of a batch.
ReplyPtr take_reply(Request& request) noexcept;
const Reply& last_reply(const Request& request) noexcept;

// Makes a reply of the last element of the batch in `arena`.
ReplyPtr last_element(ArenaPtr arena) noexcept;

}  // namespace rediscluster
