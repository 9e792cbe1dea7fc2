// What the user is asked before each connection: where to connect to, and as whom.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/secret.h"
#include "net/address.h"

namespace rediscluster {

struct Credentials {
  std::string username;
  Secret password;
};

using MapAddress = std::function<Result<Address>(const Address&)>;
using AskCredentials = std::function<Result<Credentials>(const Address&)>;

// The answers, for one connection.
struct ConnectParams {
  Address to;
  Credentials credentials;
  ErrorPtr refused;  // not null: there is to be no connection
};

class ConnectHooks {
 public:
  ConnectHooks(std::map<Address, Address> mapped, MapAddress map_address, AskCredentials ask_credentials)
      : mapped_(std::move(mapped)),
        map_address_(std::move(map_address)),
        ask_credentials_(std::move(ask_credentials)) {}

  // Runs the user's functions on this thread, which may hold no connection's role meanwhile: they may call
  // the cluster. Not where this thread is resolving() already.
  ConnectParams resolve(const Address& node, const Credentials& usual) const;

  // This thread is inside of resolve(). What would ask again must fail instead.
  bool resolving() const noexcept;

 private:
  const std::map<Address, Address> mapped_;  // from canonical addresses
  const MapAddress map_address_;             // may be empty
  const AskCredentials ask_credentials_;     // may be empty
};

}  // namespace rediscluster
