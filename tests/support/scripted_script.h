// The script language of scripted nodes: text to steps. See scripted_node.h for the language.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test_support {

using Command = std::vector<std::string>;

struct Pattern {
  struct Word {
    std::string text;
    bool any = false;
    bool operator==(const Word&) const = default;
  };
  std::vector<Word> words;
  bool open_ended = false;  // more arguments may follow

  bool matches(const Command& command) const;
  bool operator==(const Pattern&) const = default;
};

struct Action {
  enum class Kind {
    kSend,
    kEcho,
    kQuote,
    kSleep,
    kClose,
    kHalfClose,
    kReset,
    kSilence,
    kRefuse,
    kListen,
    kBlackhole
  };
  Kind kind;
  std::string bytes;
  size_t chunk = 0;  // bytes at a time; 0: all
  int pause_ms = 0;  // of SLEEP, and after each chunk

  bool of_node() const { return kind >= Kind::kRefuse; }
};

struct Step {
  enum class Kind { kExpect, kAccept, kRule, kAction };
  Kind kind;
  Pattern pattern;                                            // of EXPECT and ALWAYS
  enum class Over { kAny, kSame, kOther } over = Over::kAny;  // the connection of the step before, or another
  std::vector<Action> actions;                                // of ALWAYS, or the one action
  std::string text;                                           // the line, for messages
  int line = 0;
};

// A mistake in a script.
struct ScriptError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The port of a node by name; an empty name is the node itself. Throws ScriptError.
using PortOf = std::function<int(std::string_view name)>;

std::vector<Step> parse_script(const std::string& script, const PortOf& port_of);

// "GET * ..."
Pattern parse_pattern(std::string_view text);

// "SEND ..", "CLOSE" and so on.
Action parse_action(std::string_view text, const PortOf& port_of);

// Of the escapes in raw text.
std::string unescape(std::string_view raw);

// "GET k" with unprintable bytes escaped and long arguments cut.
std::string to_text(const Command& command);

}  // namespace test_support
