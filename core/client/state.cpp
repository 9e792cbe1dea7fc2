#include "client/state.h"

namespace rediscluster {
namespace {

// Made anew for each process: what is in it may be in the middle of a change when a process forks.
std::shared_ptr<const ConnectionSettings> connection_settings(const Options& options) {
  ConnectionSettings settings;
  settings.credentials.username = options.username;
  settings.credentials.password = options.password;
  settings.name = options.name;
  settings.library = "rediscluster";
  settings.protocol = options.protocol;
  settings.database = options.database;
  settings.connect_timeout = milliseconds(options.connect_timeout_ms);
  settings.response_timeout = milliseconds(options.timeout_ms);
  if (options.tls.enabled) settings.tls = std::make_shared<TlsContexts>(options.tls);
  if (options.ask_credentials || options.map_address || !options.mapped_addresses.empty()) {
    settings.connect_hooks = std::make_shared<ConnectHooks>(options.mapped_addresses, options.map_address,
                                                            options.ask_credentials);
  }
  settings.membership = std::make_shared<Membership>();
  if (options.log) settings.log = std::make_shared<Log>(options.log_level, options.log);

  auto for_reading = std::make_shared<ConnectionSettings>(settings);
  for_reading->read_only = true;
  settings.for_reading = std::move(for_reading);
  return std::make_shared<ConnectionSettings>(std::move(settings));
}

}  // namespace

State::State(const Options& options, const SlotMap& known, Counters& counters, const Stop& stop)
    : settings_(connection_settings(options)),
      nodes(*settings_, counters),
      topology(options.seeds, known, nodes, stop, counters, milliseconds(options.refresh_interval_ms)),
      context{.timeout = milliseconds(options.timeout_ms),
              .max_redirects = options.max_redirects,
              .watch_retries = options.watch_retries,
              .nodes = nodes,
              .topology = topology,
              .learned = learned,
              .counters = counters,
              .stop = stop,
              .read_from = options.read_from,
              .zone = options.zone,
              .hook = options.attempt_hook ? &options.attempt_hook : nullptr,
              .log = settings_->log.get(),
              .logs_in = !options.username.empty() || !options.password.empty() || options.ask_credentials} {}

}  // namespace rediscluster
