#include "scripted_script.h"

#include <strings.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace test_support {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool take_prefix(std::string_view* text, std::string_view prefix) {
  if (text->substr(0, prefix.size()) != prefix) return false;
  text->remove_prefix(prefix.size());
  *text = trim(*text);
  return true;
}

std::string fill_ports(const std::string& script, const PortOf& port_of) {
  static constexpr std::string_view kStart = "${port";
  std::string filled;
  size_t at = 0;
  for (size_t start; (start = script.find(kStart, at)) != std::string::npos;) {
    const size_t end = script.find('}', start);
    if (end == std::string::npos) throw ScriptError("${port without }");
    std::string_view name =
        std::string_view(script).substr(start + kStart.size(), end - start - kStart.size());
    if (!name.empty() && name.front() == ':') name.remove_prefix(1);
    filled.append(script, at, start - at);
    filled += std::to_string(port_of(name));
    at = end + 1;
  }
  return filled.append(script, at, std::string::npos);
}

struct Line {
  std::string_view text;
  int number;
};

std::vector<Line> split_lines(std::string_view script) {
  std::vector<Line> lines;
  int number = 0;
  while (!script.empty()) {
    const size_t end = script.find('\n');
    lines.push_back({script.substr(0, end), ++number});
    // Blanks at the end belong to what SEND sends.
    while (!lines.back().text.empty() && lines.back().text.front() == ' ') lines.back().text.remove_prefix(1);
    if (lines.back().text.empty() || lines.back().text.front() == '#') lines.pop_back();
    if (end == std::string_view::npos) break;
    script.remove_prefix(end + 1);
  }
  return lines;
}

// Writes REPEAT blocks out; they may be nested.
std::vector<Line> unroll(const std::vector<Line>& lines, size_t* at, bool inside) {
  std::vector<Line> all;
  while (*at < lines.size()) {
    const Line line = lines[(*at)++];
    std::string_view text = line.text;
    if (trim(text) == "END") {
      if (!inside) throw ScriptError("END without REPEAT");
      return all;
    }
    if (!take_prefix(&text, "REPEAT ")) {
      all.push_back(line);
      continue;
    }
    const int times = atoi(std::string(text).c_str());
    const std::vector<Line> block = unroll(lines, at, true);
    for (int i = 0; i < times; ++i) all.insert(all.end(), block.begin(), block.end());
  }
  if (inside) throw ScriptError("REPEAT without END");
  return all;
}

// "EXPECT cmd .. -> action ; action", what stands after ALWAYS.
void parse_rule(std::string_view text, const PortOf& port_of, Step* step) {
  take_prefix(&text, "EXPECT ");
  size_t end = text.find(" ->");
  std::string_view actions;
  if (end != std::string_view::npos) {
    actions = text.substr(end + 3);
  } else {
    end = std::min(text.find(" SEND "), text.find(" REPLY "));
    if (end == std::string_view::npos) throw ScriptError("ALWAYS wants: EXPECT cmd .. -> action");
    actions = text.substr(end);
  }
  step->pattern = parse_pattern(text.substr(0, end));
  while (!actions.empty()) {
    const size_t next = actions.find(" ; ");
    const std::string_view one = trim(actions.substr(0, next));
    if (!one.empty()) step->actions.push_back(parse_action(one, port_of));
    actions = next == std::string_view::npos ? std::string_view() : actions.substr(next + 3);
  }
}

Step parse_line(std::string_view text, const PortOf& port_of) {
  Step step{Step::Kind::kAction, {}, Step::Over::kAny, {}, std::string(text), 0};
  if (take_prefix(&text, "EXPECT ")) {
    step.kind = Step::Kind::kExpect;
    step.pattern = parse_pattern(text);
  } else if (take_prefix(&text, "EXPECT_SAME ")) {
    step.kind = Step::Kind::kExpect;
    step.over = Step::Over::kSame;
    step.pattern = parse_pattern(text);
  } else if (take_prefix(&text, "EXPECT_OTHER ")) {
    step.kind = Step::Kind::kExpect;
    step.over = Step::Over::kOther;
    step.pattern = parse_pattern(text);
  } else if (take_prefix(&text, "ALWAYS ")) {
    step.kind = Step::Kind::kRule;
    parse_rule(text, port_of, &step);
  } else if (trim(text) == "ACCEPT") {
    step.kind = Step::Kind::kAccept;
  } else {
    step.actions.push_back(parse_action(text, port_of));
  }
  return step;
}

bool needs_connection(const Step& step) {
  if (step.kind == Step::Kind::kExpect) return step.over != Step::Over::kAny;
  if (step.kind != Step::Kind::kAction) return false;
  const Action& action = step.actions.front();
  return !action.of_node() && action.kind != Action::Kind::kSleep && action.kind != Action::Kind::kSilence;
}

}  // namespace

bool Pattern::matches(const Command& command) const {
  if (command.size() < words.size() || (command.size() > words.size() && !open_ended)) return false;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i].any) continue;
    const bool same =
        i == 0 ? strcasecmp(words[i].text.c_str(), command[i].c_str()) == 0 : words[i].text == command[i];
    if (!same) return false;
  }
  return true;
}

Pattern parse_pattern(std::string_view text) {
  Pattern pattern;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    if (pattern.open_ended) throw ScriptError("'...' must be the last word");
    if (text.front() == '"') {
      size_t end = 1;
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      if (end >= text.size()) throw ScriptError("a quote without its end");
      pattern.words.push_back({unescape(text.substr(1, end - 1)), false});
      text.remove_prefix(end + 1);
      continue;
    }
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    if (word == "...") {
      pattern.open_ended = true;
    } else {
      pattern.words.push_back({std::string(word), word == "*"});
    }
  }
  if (pattern.words.empty() && !pattern.open_ended) throw ScriptError("a command is missing");
  return pattern;
}

std::vector<Step> parse_script(const std::string& script, const PortOf& port_of) {
  const std::string filled = fill_ports(script, port_of);
  const std::vector<Line> lines = split_lines(filled);
  size_t at = 0;
  std::vector<Step> steps = {parse_line("ALWAYS EXPECT PING -> REPLY +PONG", port_of)};
  bool connected = false;
  for (const Line& line : unroll(lines, &at, false)) {
    try {
      Step step = parse_line(line.text, port_of);
      step.line = line.number;
      if (!connected && needs_connection(step)) throw ScriptError("stands before any EXPECT or ACCEPT");
      connected = connected || step.kind == Step::Kind::kExpect || step.kind == Step::Kind::kAccept;
      steps.push_back(std::move(step));
    } catch (const ScriptError& error) {
      throw ScriptError("line " + std::to_string(line.number) + ": " + std::string(line.text) + ": " +
                        error.what());
    }
  }
  return steps;
}

std::string to_text(const Command& command) {
  std::string all;
  for (const std::string& word : command) {
    if (!all.empty()) all += ' ';
    for (size_t i = 0; i < word.size() && i < 64; ++i) {
      const auto c = static_cast<unsigned char>(word[i]);
      char escaped[8];
      snprintf(escaped, sizeof escaped, c < 32 || c > 126 ? "\\x%02x" : "%c", c);
      all += escaped;
    }
    if (word.size() > 64) all += "...";
    if (all.size() > 400) return all + " ...";
  }
  return all;
}

}  // namespace test_support
