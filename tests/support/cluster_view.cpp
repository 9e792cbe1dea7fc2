#include "cluster_view.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace test_support {
namespace {

NodeView parse_line(const std::string& line) {
  NodeView view;
  std::istringstream words(line);
  std::string address, flags, ping, pong, link, range;
  words >> view.id >> address >> flags >> view.primary_id >> ping >> pong >> view.epoch >> link;
  const auto has = [&](const char* flag) { return flags.find(flag) != std::string::npos; };
  view.myself = has("myself");
  view.primary = has("master");
  view.healthy = !has("fail") && !has("handshake") && !has("noaddr") && (view.myself || link == "connected");
  while (words >> range) {
    if (range[0] == '[') {
      view.moving = true;
      continue;
    }
    if (!view.slots.empty()) view.slots += ' ';
    view.slots += range;
  }
  return view;
}

std::string replication_link(Node& node) {
  const std::string info = text(node.admin.command("INFO replication"));
  return info.find("role:slave") == std::string::npos ||
                 info.find("master_link_status:up") != std::string::npos
             ? ""
             : "its link to the primary is down";
}

// The node's view of those in `ids` as one text, that can be compared; `problem` tells what is wrong with it.
std::string comparable(const std::vector<NodeView>& view, const std::vector<std::string>& ids,
                       std::string* problem) {
  std::vector<std::string> lines;
  for (const NodeView& seen : view) {
    if (std::find(ids.begin(), ids.end(), seen.id) == ids.end()) continue;
    if (!seen.healthy) *problem = "it has no good link to " + seen.id;
    lines.push_back(seen.id + " " + seen.primary_id + " " + seen.slots + "\n");
  }
  if (lines.size() != ids.size()) {
    *problem = "it knows " + std::to_string(lines.size()) + " of " + std::to_string(ids.size()) + " nodes";
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

std::string home_slots(const test_cluster& cluster, int primary) {
  const int first = first_home_slot(cluster, primary);
  const int last = first_home_slot(cluster, primary + 1) - 1;
  return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

}  // namespace

bool NodeView::owns(int slot) const {
  std::istringstream ranges(slots);
  std::string range;
  while (ranges >> range) {
    const size_t dash = range.find('-');
    const int first = atoi(range.c_str());
    const int last = dash == std::string::npos ? first : atoi(range.c_str() + dash + 1);
    if (slot >= first && slot <= last) return true;
  }
  return false;
}

std::vector<NodeView> ask_view(Node& node) {
  std::vector<NodeView> view;
  const Reply reply = node.admin.command("CLUSTER NODES");
  if (!ok(reply)) return view;
  std::istringstream lines(text(reply));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) view.push_back(parse_line(line));
  }
  return view;
}

NodeView ask_myself(Node& node) {
  for (NodeView& view : ask_view(node)) {
    if (view.myself) return std::move(view);
  }
  return {};
}

std::string disagreement(test_cluster* cluster) {
  const std::vector<Node*> nodes = responding_nodes(cluster);
  std::vector<std::string> ids;
  for (const Node* node : nodes) ids.push_back(node->id);

  std::string common;
  for (Node* node : nodes) {
    const std::string who = "node " + node->address + ": ";
    const std::string info = text(node->admin.command("CLUSTER INFO"));
    if (info.find("cluster_state:ok") == std::string::npos) return who + "cluster_state is not ok";
    if (info.find("cluster_slots_ok:16384") == std::string::npos) return who + "not all slots are served";
    std::string problem = replication_link(*node);
    const std::string view = comparable(ask_view(*node), ids, &problem);
    if (!problem.empty()) return who + problem;
    if (common.empty()) common = view;
    if (view != common) return who + "sees the cluster as\n" + view + "but others see\n" + common;
  }
  return nodes.empty() ? "no node is running" : "";
}

bool as_started(test_cluster* cluster) {
  const int count = node_count(cluster);
  if (count != cluster->original_count()) return false;
  if (static_cast<int>(responding_nodes(cluster).size()) != count) return false;
  for (int i = 0; i < count; ++i) {
    const NodeView view = ask_myself(*node_at(cluster, i));
    if (view.moving) return false;
    if (i < cluster->primaries) {
      if (!view.primary || view.slots != home_slots(*cluster, i)) return false;
    } else {
      const Node* home = node_at(cluster, i % cluster->primaries);
      if (view.primary || view.primary_id != home->id) return false;
    }
  }
  return disagreement(cluster).empty();
}

}  // namespace test_support
