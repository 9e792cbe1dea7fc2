#include "scan/node_view.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace rediscluster {
namespace {

// Takes what stands before the separator, and the separator, off the front.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

std::optional<int> slot_number(std::string_view digits) noexcept {
  int slot = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slot);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return slot >= 0 && slot < kSlotCount ? std::optional(slot) : std::nullopt;
}

// "[93->-id]" or "[93-<-id]".
bool read_mark(std::string_view word, NodeView& view) {
  if (word.size() < 2 || word.back() != ']') return false;
  word = word.substr(1, word.size() - 2);
  for (const bool leaves : {true, false}) {
    const auto at = word.find(leaves ? "->-" : "-<-");
    if (at == std::string_view::npos) continue;
    const auto slot = slot_number(word.substr(0, at));
    if (!slot) return false;
    (leaves ? view.leaving : view.arriving).push_back({*slot, std::string(word.substr(at + 3))});
    return true;
  }
  return false;
}

// "93" or "100-199".
std::optional<std::pair<int, int>> read_range(std::string_view word) noexcept {
  const auto dash = word.find('-');
  const auto first = slot_number(word.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : slot_number(word.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return std::pair(*first, *last);
}

bool read_slots(std::string_view word, std::vector<bool>& slots) noexcept {
  const auto range = read_range(word);
  if (!range) return false;
  for (int slot = range->first; slot <= range->second; ++slot) slots[static_cast<std::size_t>(slot)] = true;
  return true;
}

bool has_flag(std::string_view flags, std::string_view wanted) noexcept {
  while (!flags.empty()) {
    if (take_until(flags, ',') == wanted) return true;
  }
  return false;
}

// "ip:port@bus,hostname": an IPv6 address has no brackets.
std::optional<Address> read_address(std::string_view where) {
  where = where.substr(0, where.find_first_of("@,"));
  const auto colon = where.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int port = 0;
  const auto digits = where.substr(colon + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  Address address{std::string(where.substr(0, colon)), port};
  if (!check_host(address.host).ok() || !check_port(port).ok()) return std::nullopt;
  return address;
}

// The fields before the slots: id, address, flags, primary, ping, pong, epoch, state of the link.
struct Line {
  std::array<std::string_view, 8> fields;
  std::string_view slots;

  std::string_view id() const noexcept { return fields[0]; }
  bool has(std::string_view flag) const noexcept { return has_flag(fields[2], flag); }
  bool is_whole() const noexcept { return !fields.back().empty(); }
  std::optional<NodeLine> told() const {
    auto address = read_address(fields[1]);
    if (!address) return std::nullopt;
    return NodeLine{id(), std::move(*address)};
  }
};

Line take_line(std::string_view& lines) noexcept {
  Line line;
  line.slots = take_until(lines, '\n');
  if (!line.slots.empty() && line.slots.back() == '\r') line.slots.remove_suffix(1);
  for (auto& field : line.fields) field = take_until(line.slots, ' ');
  return line;
}

}  // namespace

const NodeView::Mark* NodeView::find(const std::vector<Mark>& marks, int slot) noexcept {
  const auto found =
      std::find_if(marks.begin(), marks.end(), [&](const Mark& mark) { return mark.slot == slot; });
  return found == marks.end() ? nullptr : &*found;
}

std::optional<NodeView> parse_node_view(std::string_view lines) {
  while (!lines.empty()) {
    Line line = take_line(lines);
    if (!line.has("myself")) continue;
    if (!line.is_whole()) return std::nullopt;
    NodeView view;
    view.id = line.id();
    view.is_primary = line.has("master");
    while (!line.slots.empty()) {
      const auto word = take_until(line.slots, ' ');
      if (word.empty()) continue;
      if (!(word.front() == '[' ? read_mark(word, view) : read_slots(word, view.slots))) return std::nullopt;
    }
    return view;
  }
  return std::nullopt;
}

std::optional<NodeLine> line_of_node(std::string_view lines, std::string_view id) {
  while (!lines.empty()) {
    const Line line = take_line(lines);
    if (line.id() == id) return line.told();
  }
  return std::nullopt;
}

std::optional<NodeLine> line_of_owner(std::string_view lines, int slot) {
  while (!lines.empty()) {
    Line line = take_line(lines);
    while (!line.slots.empty()) {
      const auto range = read_range(take_until(line.slots, ' '));
      if (!range || slot < range->first || slot > range->second) continue;
      if (line.has("fail") || line.has("noaddr")) return std::nullopt;
      return line.told();
    }
  }
  return std::nullopt;
}

}  // namespace rediscluster
