#include "words.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace contract {
namespace {

char escaped(std::string_view line, std::size_t& at) {
  switch (const char c = line.at(at++)) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '\\':
    case '"':
      return c;
    case 'x': {
      const int value = std::stoi(std::string(line.substr(at, 2)), nullptr, 16);
      at += 2;
      return static_cast<char>(value);
    }
    default:
      throw std::runtime_error(std::string("no such escape: \\") + c);
  }
}

// ~3:ab is ababab
std::string repeated(const std::string& word) {
  const std::size_t colon = word.find(':');
  if (word.empty() || word[0] != '~' || colon == std::string::npos) return word;
  const std::size_t count = std::stoul(word.substr(1, colon - 1));
  const std::string piece = word.substr(colon + 1);
  std::string all;
  all.reserve(count * piece.size());
  for (std::size_t i = 0; i < count; ++i) all += piece;
  return all;
}

}  // namespace

Words split(std::string_view line) {
  Words words;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    Word word;
    if (line[at] == '"') {
      word.quoted = true;
      for (++at; line.at(at) != '"';) {
        const char c = line[at++];
        word.text += c == '\\' ? escaped(line, at) : c;
      }
      ++at;
    } else {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      word.text = repeated(std::string(line.substr(at, end - at)));
      at = end;
    }
    words.push_back(std::move(word));
  }
  return words;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      quoted += hex;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace contract
