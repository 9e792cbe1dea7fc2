#include "client/names.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

namespace rediscluster {
namespace {

struct Named {
  std::string name;
  const Cluster* key;
  std::weak_ptr<Cluster> cluster;
};

struct Names {
  std::mutex mutex;
  std::vector<Named> all;  // oldest first; guarded by mutex
};

// Never destroyed: a handle may be freed after the program's static objects are.
Names& names() {
  static Names& registry = *new Names();
  return registry;
}

}  // namespace

void remember_name(std::string_view name, const std::shared_ptr<Cluster>& cluster) {
  const std::lock_guard lock(names().mutex);
  names().all.push_back({std::string(name), cluster.get(), cluster});
}

void forget_name(const Cluster* cluster) noexcept {
  const std::lock_guard lock(names().mutex);
  std::erase_if(names().all, [&](const Named& named) { return named.key == cluster; });
}

std::shared_ptr<Cluster> find_named(std::string_view name) {
  const std::lock_guard lock(names().mutex);
  const auto& all = names().all;
  for (auto named = all.rbegin(); named != all.rend(); ++named) {
    if (named->name != name) continue;
    if (auto cluster = named->cluster.lock()) return cluster;
  }
  return nullptr;
}

}  // namespace rediscluster
