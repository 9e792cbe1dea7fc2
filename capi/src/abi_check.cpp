// Every constant of the public header has the number that the core gives it. Nothing to run.
#include "client/options.h"
#include "rediscluster/rediscluster.h"
#include "resp/reply.h"

namespace rediscluster {
namespace {

#define CODE(name, ours, number) static_assert((name) == static_cast<int>(Code::ours));
#define OUTCOME(name, ours, number) static_assert((name) == static_cast<int>(Outcome::ours));
#define REPLY_TYPE(name, ours, number) static_assert((name) == static_cast<int>(ReplyType::ours));
#include "base/codes.inc"

#define SAME(name, ours) static_assert((name) == static_cast<int>(ours))
SAME(RC_READ_PRIMARY, ReadFrom::kPrimary);
SAME(RC_READ_PREFER_REPLICA, ReadFrom::kPreferReplica);
SAME(RC_READ_REPLICA, ReadFrom::kReplica);
SAME(RC_READ_ROUND_ROBIN, ReadFrom::kRoundRobin);
SAME(RC_READ_LOWEST_LATENCY, ReadFrom::kLowestLatency);
SAME(RC_READ_SAME_ZONE, ReadFrom::kSameZone);
SAME(RC_LOG_ERROR, LogLevel::kError);
SAME(RC_LOG_WARNING, LogLevel::kWarning);
SAME(RC_LOG_INFO, LogLevel::kInfo);
SAME(RC_LOG_DEBUG, LogLevel::kDebug);

}  // namespace
}  // namespace rediscluster
