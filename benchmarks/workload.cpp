#include "workload.h"

#include <hiredis/hiredis.h>
#include <rediscluster/rediscluster.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "client.h"

namespace bench {
namespace {

std::vector<std::string> words_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) die(std::string(variable) + " is not set: start this by bench_with_cluster");
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

std::vector<std::size_t> owners_of_slots(const std::vector<Endpoint>& nodes) {
  const std::unique_ptr<redisContext, void (*)(redisContext*)> context(
      redisConnect(nodes[0].host.c_str(), nodes[0].port), redisFree);
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

std::string numbered(const char* format, std::size_t number) {
  char text[32];
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, format, number))};
}

}  // namespace

Workload Workload::prepare() {
  Workload workload;
  for (const std::string& address : words_of("BENCH_NODES")) {
    const auto colon = address.rfind(':');
    workload.nodes.push_back({address.substr(0, colon), std::atoi(address.c_str() + colon + 1)});
  }
  for (const std::string& pid : words_of("BENCH_SERVER_PIDS"))
    workload.server_pids.push_back(std::atoi(pid.c_str()));
  const auto owners = owners_of_slots(workload.nodes);
  for (std::size_t i = 0; i < kKeys; ++i) {
    Key key{numbered("key:%06zu", i), numbered("value-%010zu", i), 0};
    key.node = owners.at(static_cast<std::size_t>(rc_key_slot(key.name.data(), key.name.size())));
    if (key.node == workload.nodes.size()) die("a slot has no owner");
    workload.keys.push_back(key);
  }
  const auto writer = connect_hiredis(workload);
  for (const Key& key : workload.keys) writer->set(key);
  return workload;
}

void die(const std::string& message) {
  std::fprintf(stderr, "benchmark: %s\n", message.c_str());
  std::exit(1);
}

}  // namespace bench
