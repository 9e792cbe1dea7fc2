#include "chaos/registers.h"

#include <charconv>

namespace chaos {

void Registers::begin(int round) {
  round_ = std::to_string(round);
  registers_.assign(world_.tags().size(), {});
  stale_.clear();
}

std::string Registers::key(int tag) const {
  return world_.tags()[static_cast<std::size_t>(tag)].name + "own." + std::to_string(owner_) + "." + round_;
}

// "<key>:<number>:" and a filling that depends on the number.
std::string Registers::value(int tag, long number, std::size_t size) const {
  std::string text = key(tag) + ":" + std::to_string(number) + ":";
  while (text.size() < size)
    text += static_cast<char>('a' + (text.size() * 7 + static_cast<std::size_t>(number)) % 26);
  return text;
}

std::string Registers::next(int tag, std::size_t size) {
  Register& mine = registers_[static_cast<std::size_t>(tag)];
  return value(tag, ++mine.issued, size);
}

void Registers::settle(int tag, Fate fate) {
  Register& mine = registers_[static_cast<std::size_t>(tag)];
  if (fate == Fate::kAcknowledged) mine.acknowledged = mine.issued;
  if (fate == Fate::kUnknown) mine.unknown.insert(mine.issued);
}

std::optional<long> Registers::number_of(int tag, const std::string& text) const {
  const std::string prefix = key(tag) + ":";
  long number = 0;
  if (text.rfind(prefix, 0) != 0) return {};
  std::from_chars(text.data() + prefix.size(), text.data() + text.size(), number);
  if (text != value(tag, number, text.size())) return {};
  return number;
}

void Registers::read(int tag, const std::string* text) {
  const Register& mine = registers_[static_cast<std::size_t>(tag)];
  const auto number = text == nullptr ? std::optional<long>(0) : number_of(tag, *text);
  if (!number || *number > mine.issued) {
    return witness_.violation("foreign reply: GET " + key(tag) + " gave " + text->substr(0, 60));
  }
  if (*number != mine.acknowledged && !mine.unknown.contains(*number)) stale_.push_back(tag);
}

void Registers::judge(const Event& event) {
  for (const int tag : stale_) {
    if (!event.may_lose(world_, tag))
      witness_.violation("wrong value: GET " + key(tag) +
                         " gave neither the last acknowledged value nor an unknown one");
  }
}

}  // namespace chaos
