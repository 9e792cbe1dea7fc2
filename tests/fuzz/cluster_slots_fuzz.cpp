// A node's answer to CLUSTER SLOTS, and the slot map that comes of it. The input is the answer as RESP.
#include <algorithm>
#include <vector>

#include "fuzz/fuzz.h"
#include "topology/slot_map.h"

using namespace rediscluster;

namespace {

constexpr int kMovedSlot = 5000;

ClusterView usual_view() {
  ClusterView view;
  view.ranges.push_back({0, 5460, {"10.0.0.1", 7000}, {{"10.0.0.4", 7000}}});
  view.ranges.push_back({5461, 10922, {"10.0.0.2", 7000}, {{"10.0.0.5", 7000}}});
  view.ranges.push_back({10923, 16000, {"10.0.0.3", 7000}, {}});  // the rest has no owner
  return view;
}

void check_view(const ClusterView& view) {
  MUST(!view.ranges.empty());
  for (const SlotRange& range : view.ranges) {
    MUST(range.first >= 0 && range.first <= range.last && range.last < kSlotCount);
    MUST(check_host(range.primary.host).ok() && check_port(range.primary.port).ok());
    for (const Address& replica : range.replicas) {
      MUST(check_host(replica.host).ok() && check_port(replica.port).ok());
    }
  }
}

const SlotMap::Entry* entry_of(const SlotMap& map, const Node* node) {
  const auto& all = map.entries();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [node](const SlotMap::Entry& entry) { return entry.node == node; });
  return found == all.end() ? nullptr : &*found;
}

void check_map(const SlotMap& map) {
  int owned = 0;
  for (int slot = 0; slot < kSlotCount; ++slot) owned += map.owner(slot) != nullptr ? 1 : 0;
  MUST(map.covered() == owned);
  int counted = 0;
  for (const SlotMap::Entry& entry : map.entries()) {
    counted += entry.slots;
    MUST(entry.slots == 0 || entry.is_primary());
    MUST(entry_of(map, entry.node) == &entry);  // each node once
    MUST(entry_of(map, entry.primary) != nullptr);
  }
  MUST(counted == owned);
  MUST((map.random_primary() == nullptr) == (owned == 0));
}

// Who owns a slot by the view: of several entries the first.
const Address* owner_of(const ClusterView& view, int slot) {
  for (const SlotRange& range : view.ranges) {
    if (slot >= range.first && slot <= range.last) return &range.primary;
  }
  return nullptr;
}

void check_merged(const SlotMap& before, const ClusterView& view, const SlotMap& after, bool moved_is_newer) {
  for (int slot = 0; slot < kSlotCount; slot += 61) {
    const Address* told = owner_of(view, slot);
    if (told != nullptr) {
      MUST(after.owner(slot)->address() == *told);
    } else {
      MUST(after.owner(slot) == before.owner(slot));  // no good knowledge is lost
    }
  }
  if (moved_is_newer) MUST(after.owner(kMovedSlot) == before.owner(kMovedSlot));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ReplyPtr reply = first_reply(text_of(data, size));
  if (reply == nullptr) return 0;
  auto parsed = parse_cluster_slots(*reply, {"10.0.0.9", 7009});
  if (!parsed.ok()) {
    MUST(parsed.error().code == Code::kProtocol || parsed.error().code == Code::kClusterDown);
    MUST(parsed.error().message[0] != '\0');
    return 0;
  }
  const ClusterView& view = parsed.value();
  check_view(view);

  const ConnectionSettings settings;
  Counters counters;
  Nodes nodes(settings, counters);
  const TimePoint now{std::chrono::hours(1)};
  const auto first = SlotMap().with_view(view, nodes, now);
  check_map(*first);
  const auto usual = SlotMap().with_view(usual_view(), nodes, now);
  const auto moved = usual->with_moved(kMovedSlot, nodes.at({"10.0.0.7", 7000}), now + milliseconds(2));
  for (const bool moved_is_newer : {false, true}) {
    const auto after = moved->with_view(view, nodes, now + milliseconds(moved_is_newer ? 1 : 3));
    check_map(*after);
    MUST(after->covered() >= moved->covered());
    check_merged(*moved, view, *after, moved_is_newer);
  }
  return 0;
}
