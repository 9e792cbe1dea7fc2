// Input lines as the arguments of a command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/args.h"

namespace rediscluster {

class ArgumentLines {
 public:
  static constexpr std::size_t kMax = 4096;

  explicit ArgumentLines(std::string_view input) {
    for (bool more = true; more && lines_.size() < kMax;) {
      const auto end = input.find('\n');
      add(input.substr(0, end));
      more = end != std::string_view::npos;
      if (more) input.remove_prefix(end + 1);
    }
    point();
  }
  // "xinfo|stream" in place of the first line.
  void call(std::string_view name) {
    const auto bar = name.find('|');
    lines_[0] = copy(name.substr(0, bar));
    if (bar != std::string_view::npos) lines_.insert(lines_.begin() + 1, copy(name.substr(bar + 1)));
    point();
  }
  Args args() const { return Args(lines_.size(), data_.data(), lengths_.data()); }

 private:
  using Line = std::vector<char>;  // a block of its very size, so that a tool sees each byte read past it

  static Line copy(std::string_view text) { return Line(text.begin(), text.end()); }
  void add(std::string_view text) { lines_.push_back(copy(text)); }
  void point() {
    data_.clear();
    lengths_.clear();
    for (const Line& line : lines_) {
      data_.push_back(line.empty() ? "" : line.data());
      lengths_.push_back(line.size());
    }
  }

  std::vector<Line> lines_;
  std::vector<const char*> data_;
  std::vector<std::size_t> lengths_;
};

}  // namespace rediscluster
