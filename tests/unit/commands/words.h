// "SET key value" as the arguments of a command; "" stands for an empty argument.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/args.h"

namespace rediscluster {

class Words {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): tests read better without the conversion
  Words(const char* line) {
    std::istringstream in(line);
    for (std::string word; in >> word;) words_.push_back(word == "\"\"" ? "" : word);
    point();
  }
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) { point(); }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  Args args() const { return Args(words_.size(), pointers_.data(), lengths_.data()); }
  const std::string& operator[](std::size_t i) const { return words_[i]; }

 private:
  void point() {
    for (const std::string& word : words_) {
      pointers_.push_back(word.data());
      lengths_.push_back(word.size());
    }
  }

  std::vector<std::string> words_;
  std::vector<const char*> pointers_;
  std::vector<std::size_t> lengths_;
};

}  // namespace rediscluster
