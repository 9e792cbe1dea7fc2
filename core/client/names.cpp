#include "client/names.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sync/fork.h"

namespace rediscluster {
namespace {

struct Named {
  std::string name;
  const Cluster* key;
  std::weak_ptr<Cluster> cluster;
};

// Oldest first; guarded by fork_lock(). Never destroyed: a handle may be freed after the program's static
// objects are.
std::vector<Named>& names() {
  alignas(std::vector<Named>) static unsigned char memory[sizeof(std::vector<Named>)];
  static auto& all = *new (memory) std::vector<Named>();
  return all;
}

}  // namespace

void remember_name(std::string_view name, const std::shared_ptr<Cluster>& cluster) {
  const MutexLock lock(fork_lock());
  names().push_back({std::string(name), cluster.get(), cluster});
}

void forget_name(const Cluster* cluster) noexcept {
  const MutexLock lock(fork_lock());
  std::erase_if(names(), [&](const Named& named) { return named.key == cluster; });
}

std::shared_ptr<Cluster> find_named(std::string_view name) {
  const MutexLock lock(fork_lock());
  const auto& all = names();
  for (auto named = all.rbegin(); named != all.rend(); ++named) {
    if (named->name != name) continue;
    if (auto cluster = named->cluster.lock()) return cluster;
  }
  return nullptr;
}

}  // namespace rediscluster
