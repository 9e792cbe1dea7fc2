// Callers drive a connection in turn: whoever finds no leader leads, until its own request is finished; then
// it hands the role to the caller that has slept longest. Every other sleeps until its reply has come or the
// role is its own. So there is no thread, and of many callers one reads for all.
#pragma once

#include "connection/connection.h"

namespace rediscluster {

// Returns with the request finished and the caller's own, at the latest at the deadline: then with
// RC_ERR_TIMEOUT in it, and with the replies of its batch that had come. `turn` is what submit() returned.
void finish(Connection& connection, RequestPtr& request, Connection::SubmitResult turn, Deadline deadline);

// The same, but returns false at `until` with the request still under way.
bool wait_until(Connection& connection, Request& request, Connection::SubmitResult turn,
                Deadline until) noexcept;

// Drives the connection until the request is finished or until then, if nobody else does; the request stays
// under way. True when it is finished.
bool try_progress(Connection& connection, Request& request, Deadline until) noexcept;

}  // namespace rediscluster
