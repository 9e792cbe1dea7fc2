// What every connection of a handle needs to know.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/counters.h"
#include "connection/connect_hooks.h"
#include "connection/members.h"
#include "net/tls.h"
#include "sync/log.h"
#include "sync/stop.h"

namespace rediscluster {

struct ConnectionSettings {
  Credentials credentials;  // without a user: the default one; without a password: none is sent
  std::string name;         // empty: none is set
  std::string library;      // its name and version are told to the servers; empty: they are not
  int protocol = 2;         // of RESP
  int database = 0;         // its number
  bool read_only = false;   // READONLY: a replica answers, instead of sending us to its primary
  Duration connect_timeout = milliseconds(2000);
  // A connection that owes replies and sends nothing for so long is left by what is new.
  Duration response_timeout = milliseconds(5000);
  std::shared_ptr<TlsContexts> tls;                   // null: plain connections
  std::shared_ptr<const ConnectHooks> connect_hooks;  // null: nobody is asked
  std::shared_ptr<Membership> membership;             // null: whoever answers is believed to be the node
  std::shared_ptr<Log> log;                           // null: nobody listens
  // The same for connections to replicas that are read from; null in these themselves.
  std::shared_ptr<const ConnectionSettings> for_reading;
};

}  // namespace rediscluster
