// The handles of this process that were opened under a name.
#pragma once

#include <memory>
#include <string_view>

namespace rediscluster {

class Cluster;

void remember_name(std::string_view name, const std::shared_ptr<Cluster>& cluster);
void forget_name(const Cluster* cluster) noexcept;
std::shared_ptr<Cluster> find_named(std::string_view name);  // the newest of that name, or null

}  // namespace rediscluster
