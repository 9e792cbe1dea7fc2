// What one handle, one connection to a node, or one reply takes, in bytes: {"allocated": N, "resident": N}
//   bench_memory ours handle|connection|reply|mget [SIZE]
//   bench_memory hiredis connection|reply|mget [SIZE]
// Many are made and kept; the difference is divided by their number.
#include <hiredis/hiredis.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "client.h"
#include "footprint.h"

namespace {

using namespace bench;

constexpr std::size_t kHandles = 100;
constexpr std::size_t kReplies = 10000;

using HiredisContext = std::unique_ptr<redisContext, void (*)(redisContext*)>;
using HiredisReply = std::unique_ptr<redisReply, void (*)(redisReply*)>;
using OurReply = std::unique_ptr<rc_reply, void (*)(rc_reply*)>;

std::size_t sockets() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the directory's own descriptor
    if (std::filesystem::read_symlink(entry.path(), gone).string().rfind("socket:", 0) == 0) ++count;
  }
  return count;
}

class Command {
 public:
  Command(const std::string& name, const std::vector<Key>& keys) : words_{name} {
    for (const Key& key : keys) words_.push_back(key.name);
    for (const std::string& word : words_) {
      argv.push_back(word.data());
      lengths.push_back(word.size());
    }
  }
  Command(const Command&) = delete;

  std::vector<const char*> argv;
  std::vector<std::size_t> lengths;

 private:
  std::vector<std::string> words_;
};

OurReply ask(rc_cluster* cluster, const Command& command) {
  rc_error* error = nullptr;
  OurReply reply(
      rc_command(cluster, command.argv.size(), command.argv.data(), command.lengths.data(), &error),
      rc_reply_free);
  if (reply == nullptr) die(rc_error_message(error));
  return reply;
}

HiredisReply ask(redisContext* context, const Command& command) {
  auto argv = command.argv;
  HiredisReply reply(static_cast<redisReply*>(redisCommandArgv(context, static_cast<int>(argv.size()),
                                                               argv.data(), command.lengths.data())),
                     [](redisReply* to_free) { freeReplyObject(to_free); });
  if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) die("hiredis: no reply");
  return reply;
}

HiredisContext connect(const Endpoint& node) {
  HiredisContext context(redisConnect(node.host.c_str(), node.port), redisFree);
  if (context == nullptr || context->err != 0) die("hiredis cannot connect");
  return context;
}

std::vector<Key> one_key_a_node(const std::vector<Endpoint>& nodes, const Workload& workload) {
  std::vector<Key> found;
  for (const Key& key : workload.keys) {
    if (found.size() < nodes.size() && key.node == found.size()) found.push_back(key);
  }
  return found;
}

// Prints what `make` has added, by what it says it made.
void report(const std::function<std::size_t()>& make) {
  malloc_trim(0);
  const Footprint before = footprint();
  const std::size_t made = make();
  const Footprint after = footprint();
  const auto each = [&](std::size_t now, std::size_t then) {
    return (static_cast<double>(now) - static_cast<double>(then)) / static_cast<double>(made);
  };
  std::printf("{\"allocated\": %.0f, \"resident\": %.0f}\n", each(after.allocated, before.allocated),
              each(after.resident, before.resident));
}

template <typename Connection, typename Reply>
void report_replies(Connection* connection, const Command& command) {
  std::vector<Reply> kept;
  kept.reserve(kReplies);
  for (int i = 0; i < 100; ++i) ask(connection, command);  // buffers grow
  report([&] {
    while (kept.size() < kReplies) kept.push_back(ask(connection, command));
    return kept.size();
  });
}

void report_our_handles(const std::vector<Endpoint>& nodes, bool and_lanes, const Workload& workload) {
  std::vector<Cluster> handles;
  handles.reserve(kHandles);
  const auto keys = one_key_a_node(nodes, workload);
  open_cluster(nodes);  // what the process makes once
  const auto open_all = [&] {
    while (handles.size() < kHandles) handles.push_back(open_cluster(nodes));
    return handles.size();
  };
  if (!and_lanes) return report(open_all);
  open_all();
  report([&] {
    const std::size_t before = sockets();
    for (const Cluster& handle : handles) {
      for (const Key& key : keys) ask(handle.get(), Command("GET", {key}));
    }
    return sockets() - before;
  });
}

void report_hiredis_connections(const std::vector<Endpoint>& nodes, const Workload& workload) {
  std::vector<HiredisContext> contexts;
  contexts.reserve(3 * kHandles);
  const auto keys = one_key_a_node(nodes, workload);
  report([&] {
    for (std::size_t i = 0; i < 3 * kHandles; ++i) {
      contexts.push_back(connect(nodes[i % nodes.size()]));
      ask(contexts.back().get(), Command("GET", {keys.at(i % nodes.size())}));
    }
    return contexts.size();
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) die("usage: bench_memory ours|hiredis handle|connection|reply|mget [SIZE]");
  const bool is_ours = std::string(argv[1]) == "ours";
  const std::string what = argv[2];
  const auto nodes = nodes_of_environment();
  const auto workload = make_workload(nodes, argc > 3 ? static_cast<std::size_t>(std::atoll(argv[3])) : 16);
  const auto& keys = what == "mget" ? workload.one_slot : workload.keys;
  const auto writer = hiredis(nodes)->caller();
  for (const Key& key : keys) writer->set(key);

  if (what == "handle" || what == "connection") {
    if (is_ours) {
      report_our_handles(nodes, what == "connection", workload);
    } else {
      report_hiredis_connections(nodes, workload);
    }
    return 0;
  }
  const Command command(what == "mget" ? "MGET" : "GET",
                        what == "mget" ? keys : std::vector<Key>{keys.front()});
  if (is_ours) {
    report_replies<rc_cluster, OurReply>(open_cluster(nodes).get(), command);
  } else {
    report_replies<redisContext, HiredisReply>(connect(nodes[keys.front().node]).get(), command);
  }
  return 0;
}
