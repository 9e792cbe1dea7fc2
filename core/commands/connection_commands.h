// Commands that change the state of the connection they are sent on. Connections are shared by many callers
// and replaced at any time, so these are refused before anything is sent. Kept by hand: no server tells which
// they are.
#pragma once

#include <string_view>

namespace rediscluster {

struct ConnectionCommand {
  std::string_view name;  // lower case; "client|reply" for a subcommand
  const char* advice;     // what to use instead
};

namespace reason {
inline constexpr char kConnection[] = "would change the state of a shared connection";
}

namespace advice {
inline constexpr char kTransaction[] = "use rc_transaction, or rc_watch_transaction";
inline constexpr char kWatch[] = "use rc_watch_transaction";
inline constexpr char kSubscribe[] = "use rc_subscription_new and rc_subscription_add";
inline constexpr char kCredentials[] =
    "set the user and the password in the options: rc_options_set_username, rc_options_set_password";
inline constexpr char kOwnConnection[] =
    "connections are shared and replaced at any time: what is set on one does not last";
inline constexpr char kCaching[] =
    "client-side caching needs a connection of its own, which this library does not offer";
inline constexpr char kReplication[] = "it is for replicas only";
inline constexpr char kRedirects[] = "redirects are followed inside: send the command itself";
inline constexpr char kReplicas[] = "which node is asked is chosen inside: send the command itself";
inline constexpr char kClose[] = "use rc_cluster_close";
inline constexpr char kHttp[] = "servers take it for an HTTP request and close the connection";
}  // namespace advice

inline constexpr ConnectionCommand kConnectionCommands[] = {
    {"multi", advice::kTransaction},
    {"exec", advice::kTransaction},
    {"discard", advice::kTransaction},
    {"watch", advice::kWatch},
    {"unwatch", advice::kWatch},
    {"subscribe", advice::kSubscribe},
    {"psubscribe", advice::kSubscribe},
    {"ssubscribe", advice::kSubscribe},
    {"unsubscribe", advice::kSubscribe},
    {"punsubscribe", advice::kSubscribe},
    {"sunsubscribe", advice::kSubscribe},
    {"monitor", "it needs a connection of its own, which this library does not offer"},
    {"sync", advice::kReplication},
    {"psync", advice::kReplication},
    {"replconf", advice::kReplication},
    {"quit", advice::kClose},
    {"reset", advice::kOwnConnection},
    {"hello", advice::kCredentials},
    {"auth", advice::kCredentials},
    {"select", "choose the database for the whole handle, by rc_options_set_database"},
    {"asking", advice::kRedirects},
    {"readonly", advice::kReplicas},
    {"readwrite", advice::kReplicas},
    {"client|reply", "every command's reply is read: without replies use rc_pipeline"},
    {"client|setname", advice::kOwnConnection},
    {"client|setinfo", advice::kOwnConnection},
    {"client|tracking", advice::kCaching},
    {"client|caching", advice::kCaching},
    {"client|no-evict", advice::kOwnConnection},
    {"client|no-touch", advice::kOwnConnection},
    {"client|capa", advice::kOwnConnection},
    {"client|import-source", advice::kOwnConnection},
    {"script|debug", "debug scripts with redis-cli --ldb"},
    {"post", advice::kHttp},
    {"host:", advice::kHttp},
};

}  // namespace rediscluster
