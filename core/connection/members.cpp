#include "connection/members.h"

#include <algorithm>

namespace rediscluster {

Members::Members(std::vector<Member> members) : members_(std::move(members)) {
  const auto before = [](const Member& one, const Member& other) { return one.address < other.address; };
  std::stable_sort(members_.begin(), members_.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (kept > 0 && members_[kept - 1].address == members_[i].address) {
      if (members_[kept - 1].id != members_[i].id) members_[kept - 1].id.clear();
    } else {
      if (kept != i) members_[kept] = std::move(members_[i]);
      ++kept;
    }
  }
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(kept), members_.end());
  for (const Member& member : members_) {
    if (!member.id.empty()) ids_.emplace_back(member.id);
  }
  std::sort(ids_.begin(), ids_.end());
}

const Member* Members::at(const Address& address) const noexcept {
  const auto found =
      std::lower_bound(members_.begin(), members_.end(), address,
                       [](const Member& member, const Address& wanted) { return member.address < wanted; });
  return found != members_.end() && found->address == address ? &*found : nullptr;
}

bool Members::has(std::string_view id) const noexcept {
  return std::binary_search(ids_.begin(), ids_.end(), id);
}

bool Members::share_an_id(const Members& others) const noexcept {
  return std::any_of(ids_.begin(), ids_.end(), [&](std::string_view id) { return others.has(id); });
}

}  // namespace rediscluster
