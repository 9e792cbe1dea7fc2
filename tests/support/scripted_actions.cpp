// Actions of the script language: SEND, SLOTS, DRIP and the like.
#include <cstdio>
#include <sstream>

#include "scripted_script.h"

namespace test_support {
namespace {

int number(const std::string& word) {
  size_t used = 0;
  int value = -1;
  try {
    value = std::stoi(word, &used);
  } catch (const std::exception&) {
  }
  if (word.empty() || used != word.size() || value < 0) throw ScriptError("not a number: '" + word + "'");
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  throw ScriptError("\\x wants two hexadecimal digits");
}

std::string bulk(const std::string& bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

// "b", or "host=b"
std::string slots_node(const std::string& text, const PortOf& port_of) {
  const size_t equals = text.find('=');
  const std::string host = equals == std::string::npos ? "127.0.0.1" : text.substr(0, equals);
  const int port = port_of(equals == std::string::npos ? text : text.substr(equals + 1));
  char id[41];
  snprintf(id, sizeof id, "%040d", port);
  return "*3\r\n" + bulk(host) + ":" + std::to_string(port) + "\r\n" + bulk(id);
}

// "0-8191 a,c 8192-16383 b"
std::string slots_reply(std::string_view text, const PortOf& port_of) {
  std::istringstream words{std::string(text)};
  std::string range, names, entries;
  int count = 0;
  for (; words >> range; ++count) {
    if (!(words >> names)) throw ScriptError("SLOTS wants a node after each range");
    const size_t dash = range.find('-');
    const int first = number(range.substr(0, dash));
    const int last = dash == std::string::npos ? first : number(range.substr(dash + 1));
    std::string nodes;
    int elements = 2;
    std::istringstream list(names);
    for (std::string name; std::getline(list, name, ',');) {
      nodes += slots_node(name, port_of);
      ++elements;
    }
    entries += "*" + std::to_string(elements) + "\r\n:" + std::to_string(first) +
               "\r\n:" + std::to_string(last) + "\r\n" + nodes;
  }
  return "*" + std::to_string(count) + "\r\n" + entries;
}

// "n ms raw"
Action drip(std::string_view text) {
  const size_t first = text.find(' ');
  const size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  if (second == std::string_view::npos) throw ScriptError("DRIP wants: n ms raw");
  const int chunk = number(std::string(text.substr(0, first)));
  if (chunk == 0) throw ScriptError("DRIP wants at least 1 byte at a time");
  const int pause = number(std::string(text.substr(first + 1, second - first - 1)));
  return {Action::Kind::kSend, unescape(text.substr(second + 1)), static_cast<size_t>(chunk), pause};
}

}  // namespace

std::string unescape(std::string_view raw) {
  std::string bytes;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      bytes += raw[i];
      continue;
    }
    if (++i == raw.size()) throw ScriptError("a backslash at the end");
    switch (raw[i]) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case '0':
        bytes += '\0';
        break;
      case '\\':
      case '"':
        bytes += raw[i];
        break;
      case 'x':
        if (raw.size() < i + 3) throw ScriptError("\\x wants two hexadecimal digits");
        bytes += static_cast<char>(hex_digit(raw[i + 1]) * 16 + hex_digit(raw[i + 2]));
        i += 2;
        break;
      default:
        throw ScriptError(std::string("unknown escape \\") + raw[i]);
    }
  }
  return bytes;
}

Action parse_action(std::string_view text, const PortOf& port_of) {
  using Kind = Action::Kind;
  const size_t space = text.find(' ');
  const std::string_view verb = text.substr(0, space);
  const std::string_view rest = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  if (verb == "SEND") return {Kind::kSend, unescape(rest)};
  if (verb == "REPLY") return {Kind::kSend, unescape(rest) + "\r\n"};
  if (verb == "BULK") return {Kind::kSend, bulk(unescape(rest))};
  if (verb == "SLOTS") return {Kind::kSend, slots_reply(rest, port_of)};
  if (verb == "DRIP") return drip(rest);
  if (verb == "SLEEP") return {Kind::kSleep, "", 0, number(std::string(rest))};
  if (!rest.empty())
    throw ScriptError("unknown verb, or one that takes nothing: '" + std::string(text) + "'");
  if (verb == "ECHO") return {Kind::kEcho, ""};
  if (verb == "QUOTE") return {Kind::kQuote, ""};
  if (verb == "CLOSE") return {Kind::kClose, ""};
  if (verb == "HALFCLOSE") return {Kind::kHalfClose, ""};
  if (verb == "RST") return {Kind::kReset, ""};
  if (verb == "SILENCE") return {Kind::kSilence, ""};
  if (verb == "REFUSE") return {Kind::kRefuse, ""};
  if (verb == "LISTEN") return {Kind::kListen, ""};
  if (verb == "BLACKHOLE") return {Kind::kBlackhole, ""};
  throw ScriptError("unknown verb '" + std::string(verb) + "'");
}

}  // namespace test_support
