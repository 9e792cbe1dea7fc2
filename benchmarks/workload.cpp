#include "workload.h"

#include <hiredis/hiredis.h>
#include <rediscluster/rediscluster.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>

namespace bench {
namespace {

std::size_t keys_of_size(std::size_t size) {
  if (size >= kHuge) return 4;
  return size >= 65536 ? 100 : 3000;
}

std::string value_of(const std::string& name, std::size_t size) {
  std::string value;
  value.reserve(size + name.size() + 1);
  while (value.size() < size) value.append(name).append(1, ':');
  value.resize(size);
  return value;
}

}  // namespace

std::vector<Endpoint> parse_nodes(const std::string& list) {
  std::vector<Endpoint> nodes;
  std::istringstream stream(list);
  for (std::string address; std::getline(stream, address, ',');) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) die("a node is written host:port, not " + address);
    nodes.push_back({address.substr(0, colon), std::atoi(address.c_str() + colon + 1)});
  }
  if (nodes.empty()) die("no nodes");
  return nodes;
}

std::vector<Endpoint> nodes_of_environment() {
  const char* list = std::getenv("BENCH_NODES");
  if (list == nullptr) die("BENCH_NODES is not set: start this by bench_with_cluster");
  return parse_nodes(list);
}

std::vector<std::size_t> owners_of_slots(const std::vector<Endpoint>& nodes, const Endpoint& asked) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> context(
      redisConnect(asked.host.c_str(), asked.port), redisFree);
  if (context == nullptr || context->err != 0) die("cannot connect to the first node");
  const std::unique_ptr<redisReply, void (*)(void*)> reply(
      static_cast<redisReply*>(redisCommand(context.get(), "CLUSTER SLOTS")), freeReplyObject);
  if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY) die("CLUSTER SLOTS failed");
  std::vector<std::size_t> owners(16384, nodes.size());
  for (std::size_t i = 0; i < reply->elements; ++i) {
    const redisReply& range = *reply->element[i];
    const long long port = range.element[2]->element[1]->integer;
    const auto node =
        std::find_if(nodes.begin(), nodes.end(), [&](const Endpoint& at) { return at.port == port; });
    for (long long slot = range.element[0]->integer; slot <= range.element[1]->integer; ++slot) {
      owners.at(static_cast<std::size_t>(slot)) = static_cast<std::size_t>(node - nodes.begin());
    }
  }
  return owners;
}

Workload make_workload(const std::vector<Endpoint>& nodes, std::size_t size) {
  const auto owners = owners_of_slots(nodes, nodes.front());
  const auto make_key = [&](const std::string& name) {
    const auto slot = static_cast<std::size_t>(rc_key_slot(name.data(), name.size()));
    if (owners.at(slot) == nodes.size()) die("a slot has no owner among the nodes");
    return Key{name, value_of(name, size), owners[slot]};
  };
  const std::string prefix = "bench:" + std::to_string(size) + ":";
  Workload workload;
  workload.size = size;
  for (std::size_t i = 0; i < keys_of_size(size); ++i)
    workload.keys.push_back(make_key(prefix + std::to_string(i)));
  if (size <= 1024) {
    for (std::size_t i = 0; i < kOneSlot; ++i)
      workload.one_slot.push_back(make_key(prefix + "{m}:" + std::to_string(i)));
  }
  return workload;
}

void die(const std::string& message) {
  std::fprintf(stderr, "benchmark: %s\n", message.c_str());
  std::exit(1);
}

}  // namespace bench
