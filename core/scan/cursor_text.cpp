// "rcscan1.SAMPLE.FILTER.SLOTS.PASS.CHECK", where SLOTS is runs of a letter and a count, as in "d5461w10923",
// PASS is empty or its kind, node, process and cursor, in hexadecimal digits with '-' between, and CHECK is a
// hash of all before it.
#include "scan/cursor_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.h"

namespace rediscluster {
namespace {

constexpr std::string_view kVersion = "rcscan1";
constexpr std::size_t kSampleSize = 16;                      // nodes
constexpr std::size_t kMaxText = 1 << 20;                    // far more than 16384 runs need
constexpr char kLetters[] = {'o', 'w', 'p', 's', 'd', 'x'};  // by ScanState::Slot
constexpr std::string_view kDigits = "0123456789abcdef";

// FNV-1a. It is no secret, and only has to tell what was mistyped or cut off.
class Hash {
 public:
  Hash& add(std::string_view bytes) noexcept {
    for (const char byte : bytes) {
      value_ ^= static_cast<unsigned char>(byte);
      value_ *= 0x100000001b3;
    }
    return *this;
  }
  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

void append_number(std::string& out, std::uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(number >> shift) & 15];
}

void append_bytes(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

bool read_number(std::string_view digits, std::uint64_t& number) noexcept {
  if (digits.size() != 16) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return error == std::errc() && end == digits.data() + digits.size();
}

bool read_bytes(std::string_view digits, std::string& bytes) {
  if (digits.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto high = kDigits.find(digits[i]);
    const auto low = kDigits.find(digits[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    bytes += static_cast<char>(high * 16 + low);
  }
  return true;
}

std::uint64_t number_of(const Member& member) {
  return Hash().add(member.id.empty() ? to_string(member.address) : member.id).value();
}

std::string_view take_field(std::string_view& rest, char separator) noexcept {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto field = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

std::string runs_of(const ScanState& state) {
  std::string runs;
  for (int slot = 0; slot < kSlotCount;) {
    const int begin = slot;
    while (slot < kSlotCount && state.at(slot) == state.at(begin)) ++slot;
    runs += kLetters[static_cast<std::size_t>(state.at(begin))];
    append_text(runs, slot - begin);
  }
  return runs;
}

bool read_runs(std::string_view runs, ScanState& state) {
  int slot = 0;
  while (!runs.empty()) {
    const auto* const letter = std::find(std::begin(kLetters), std::end(kLetters), runs.front());
    int count = 0;
    const auto [end, error] = std::from_chars(runs.data() + 1, runs.data() + runs.size(), count);
    if (letter == std::end(kLetters) || error != std::errc() || count < 1 || count > kSlotCount - slot)
      return false;
    for (const int behind = slot + count; slot < behind; ++slot)
      state.set(slot, static_cast<ScanState::Slot>(letter - std::begin(kLetters)));
    runs.remove_prefix(static_cast<std::size_t>(end - runs.data()));
  }
  return slot == kSlotCount;
}

bool read_pass(std::string_view text, ScanState& state) {
  const bool has_pass = !text.empty();
  if (has_pass != !state.all(ScanState::Slot::kInPass).empty()) return false;
  if (!has_pass) return true;
  ScanState::Pass pass;
  const auto kind = take_field(text, '-');
  if (kind != "0" && kind != "1") return false;
  pass.tells_slots = kind == "1";
  for (std::string* part : {&pass.node, &pass.process, &pass.cursor}) {
    if (!read_bytes(take_field(text, '-'), *part)) return false;
  }
  if (!text.empty() || pass.cursor.empty() || !parse_address(pass.node).ok()) return false;
  state.set_pass(std::move(pass));
  return true;
}

ErrorPtr no_cursor() {
  return make_error(
      Code::kInvalidArgument, Outcome::kNotSent,
      "the cursor is none that rc_scan_cursor has given, or was changed since: begin a new scan");
}

}  // namespace

std::string cluster_sample(const Members& members) {
  std::vector<std::uint64_t> numbers;
  for (const Member& member : members.all()) numbers.push_back(number_of(member));
  std::sort(numbers.begin(), numbers.end());
  if (numbers.size() > kSampleSize) numbers.resize(kSampleSize);
  std::string sample;
  for (const auto number : numbers) append_number(sample, number);
  return sample;
}

bool same_cluster(std::string_view sample, const Members& members) {
  std::vector<std::uint64_t> numbers;
  for (const Member& member : members.all()) numbers.push_back(number_of(member));
  for (; sample.size() >= 16; sample.remove_prefix(16)) {
    std::uint64_t number = 0;
    if (read_number(sample.substr(0, 16), number) &&
        std::find(numbers.begin(), numbers.end(), number) != numbers.end())
      return true;
  }
  return false;
}

std::uint64_t filter_number(std::string_view pattern, bool has_pattern, std::string_view type) noexcept {
  return Hash().add(has_pattern ? "m" : "a").add(type).add(std::string_view("\0", 1)).add(pattern).value();
}

std::string write_cursor(const ScanState& state, std::string_view sample, std::uint64_t filter) {
  std::string out = text(kVersion, ".", sample, ".");
  append_number(out, filter);
  append_text(out, text(".", runs_of(state), "."));
  if (const auto& pass = state.pass()) {
    append_text(out, pass->tells_slots ? "1-" : "0-");
    append_bytes(out, pass->node);
    out += '-';
    append_bytes(out, pass->process);
    out += '-';
    append_bytes(out, pass->cursor);
  }
  out += '.';
  append_number(out, Hash().add(out).value());
  return out;
}

Result<CursorText> read_cursor(std::string_view text) {
  CursorText read;
  std::uint64_t check = 0;
  const auto last_dot = text.rfind('.');
  if (text.size() > kMaxText || last_dot == std::string_view::npos ||
      !read_number(text.substr(last_dot + 1), check) ||
      check != Hash().add(text.substr(0, last_dot + 1)).value())
    return no_cursor();
  std::string_view rest = text.substr(0, last_dot);
  if (take_field(rest, '.') != kVersion) return no_cursor();
  read.sample = take_field(rest, '.');
  if (!read_number(take_field(rest, '.'), read.filter)) return no_cursor();
  if (!read_runs(take_field(rest, '.'), read.state) || !read_pass(rest, read.state)) return no_cursor();
  return read;
}

}  // namespace rediscluster
