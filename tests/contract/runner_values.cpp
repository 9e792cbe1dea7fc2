#include "runner_values.h"

namespace contract {
namespace {

std::string name_of(const char* (*name)(int), int value, std::string_view prefix) {
  return std::string(name(value)).substr(prefix.size());
}

std::string show(const rc_error* error) {
  const char* server_code = rc_error_server_code(error);
  return name_of(rc_error_name, rc_error_code(error), "RC_ERR_") + ' ' +
         (server_code == nullptr ? "-" : server_code) + ' ' +
         name_of(rc_outcome_name, rc_error_outcome(error), "RC_OUTCOME_");
}

std::string bytes_of(const rc_reply* reply) {
  std::size_t length = 0;
  const char* bytes = rc_reply_string(reply, &length);
  return bytes == nullptr ? std::string() : std::string(bytes, length);
}

std::string show(const rc_reply* reply) {
  switch (rc_reply_type(reply)) {
    case RC_REPLY_NIL:
      return "nil";
    case RC_REPLY_INTEGER:
      return ":" + std::to_string(rc_reply_integer(reply));
    case RC_REPLY_STATUS:
      return "+" + bytes_of(reply);
    case RC_REPLY_ERROR:
      return "( " + show(rc_reply_error(reply)) + " )";
    case RC_REPLY_ARRAY: {
      std::string all = "[ ";
      for (std::size_t i = 0; i < rc_reply_length(reply); ++i) all += show(rc_reply_element(reply, i)) + ' ';
      return all + "]";
    }
    default:
      return quote(bytes_of(reply).substr(0, 200));
  }
}

std::string show(const Outcome& outcome) {
  if (outcome.error != nullptr)
    return "! " + show(outcome.error.get()) + ' ' + quote(rc_error_message(outcome.error.get()));
  if (outcome.text) return "= " + quote(*outcome.text);
  if (outcome.texts) {
    std::string all = "= [ ";
    for (const std::string& text : *outcome.texts) all += quote(text) + ' ';
    return all + "]";
  }
  return "= " + (outcome.count ? ":" + std::to_string(*outcome.count) : show(outcome.reply.get()));
}

bool matches_name(const Word& word, const std::string& name) { return word.is("*") || word.text == name; }

bool matches_error(const Word& code, const Word& server_code, const Word& outcome, const rc_error* error) {
  const char* said = rc_error_server_code(error);
  return error != nullptr && matches_name(code, name_of(rc_error_name, rc_error_code(error), "RC_ERR_")) &&
         matches_name(server_code, said == nullptr ? "-" : said) &&
         matches_name(outcome, name_of(rc_outcome_name, rc_error_outcome(error), "RC_OUTCOME_"));
}

bool matches_integer(const Word& word, std::int64_t value) {
  if (word.is("*")) return true;
  if (word.quoted) return false;
  if (word.text.compare(0, 2, ">=") == 0) return value >= std::stoll(word.text.substr(2));
  return word.text.compare(0, 1, ":") == 0 && value == std::stoll(word.text.substr(1));
}

bool is_integer(const Word& word) {
  return !word.quoted && word.text.size() > 1 && (word.text[0] == ':' || word.text.compare(0, 2, ">=") == 0);
}

// The value that begins at expected[at], which then is behind it.
bool matches(const Words& expected, std::size_t& at, const rc_reply* reply) {
  const Word& word = expected.at(at++);
  const int type = rc_reply_type(reply);
  if (word.is("*")) return true;
  if (word.is("nil")) return reply != nullptr && type == RC_REPLY_NIL;
  if (word.is("(")) {
    at += 4;
    return type == RC_REPLY_ERROR && matches_error(expected.at(at - 4), expected.at(at - 3),
                                                   expected.at(at - 2), rc_reply_error(reply));
  }
  if (word.is("[")) {
    if (type != RC_REPLY_ARRAY) return false;
    std::size_t i = 0;
    for (; !expected.at(at).is("]"); ++i) {
      if (i >= rc_reply_length(reply) || !matches(expected, at, rc_reply_element(reply, i))) return false;
    }
    ++at;
    return i == rc_reply_length(reply);
  }
  if (is_integer(word)) return type == RC_REPLY_INTEGER && matches_integer(word, rc_reply_integer(reply));
  if (!word.quoted && word.text.size() > 1 && word.text[0] == '+')
    return type == RC_REPLY_STATUS && bytes_of(reply) == word.text.substr(1);
  return type == RC_REPLY_STRING && bytes_of(reply) == word.text;
}

bool matches_texts(const Words& expected, const std::vector<std::string>& texts) {
  if (expected.size() != texts.size() + 3 || !expected[1].is("[") || !expected.back().is("]")) return false;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (expected[i + 2].text != texts[i]) return false;
  }
  return true;
}

bool fits(const Words& expected, const Outcome& outcome) {
  if (expected.empty()) return outcome.error == nullptr;
  if (expected[0].is("!")) {
    if (outcome.error == nullptr) return false;
    if (expected.at(1).is("raised"))
      return outcome.raised && rc_error_code(outcome.error.get()) == RC_ERR_ABORTED;
    const std::string message = rc_error_message(outcome.error.get());
    return matches_error(expected[1], expected.at(2), expected.at(3), outcome.error.get()) &&
           (expected.size() < 5 || message.find(expected[4].text) != std::string::npos);
  }
  if (outcome.error != nullptr) return false;
  if (outcome.text) return expected.size() == 2 && expected[1].text == *outcome.text;
  if (outcome.texts) return matches_texts(expected, *outcome.texts);
  if (outcome.count) return matches_integer(expected.at(1), *outcome.count);
  std::size_t at = 1;
  return matches(expected, at, outcome.reply.get()) && at == expected.size();
}

}  // namespace

void check(const Words& expected, const Outcome& outcome) {
  if (fits(expected, outcome)) return;
  std::string wanted;
  for (const Word& word : expected)
    wanted += (word.quoted ? quote(word.text.substr(0, 200)) : word.text.substr(0, 200)) + ' ';
  throw Failure("expected " + (wanted.empty() ? "success " : wanted) + "but got " + show(outcome));
}

}  // namespace contract
