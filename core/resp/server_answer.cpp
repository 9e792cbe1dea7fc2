#include "resp/server_answer.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/slots.h"
#include "resp/server_sentences.h"

namespace rediscluster {
namespace {

bool parse_number(std::string_view text, int least, int most, int& number) noexcept {
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number >= least && number <= most;
}

// Error words with which a server says that it did not run the command.
constexpr std::array<std::string_view, 20> kRefusals = {
    "MOVED",      "ASK",       "TRYAGAIN", "CLUSTERDOWN", "LOADING",   "MASTERDOWN", "READONLY",
    "NOAUTH",     "WRONGPASS", "NOPERM",   "CROSSSLOT",   "EXECABORT", "OOM",        "MISCONF",
    "NOREPLICAS", "NOSCRIPT",  "BUSY",     "NOPROTO",     "DENIED",    "UNBLOCKED"};

bool is_refusal(std::string_view word) noexcept {
  return std::find(kRefusals.begin(), kRefusals.end(), word) != kRefusals.end();
}

// Since 7.0 a server appends to an error of a command that a script called which script that was.
bool is_out_of_script(std::string_view line) noexcept {
  return line.find(" script: ") != std::string_view::npos && line.find(", on @") != std::string_view::npos;
}

}  // namespace

std::string_view error_word(std::string_view line) noexcept {
  const auto word = line.substr(0, line.find(' '));
  const bool is_code = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return is_code ? word : std::string_view();
}

Answer classify(std::string_view line) noexcept {
  const auto word = error_word(line);
  if (word == "MOVED") return Answer::kMoved;
  if (word == "ASK") return Answer::kAsk;
  if (word == "TRYAGAIN") return Answer::kTryAgain;
  if (word == "CLUSTERDOWN") return Answer::kClusterDown;
  if (word == "LOADING") return Answer::kLoading;
  if (word == "MASTERDOWN") return Answer::kMasterDown;
  if (word == "READONLY") return Answer::kReadOnly;
  if (word == "NOAUTH") return Answer::kLoggedOut;
  // CLIENT UNBLOCK and a deleted stream have the same word: that the caller should know.
  if (word == "UNBLOCKED" && line.find("instance state changed") != std::string_view::npos)
    return Answer::kDemoted;
  return Answer::kOther;
}

bool is_protocol_error(std::string_view line) noexcept { return line.starts_with("ERR Protocol error: "); }

Outcome outcome_of(std::string_view line, Author author) noexcept {
  const bool refused =
      is_refusal(error_word(line)) || says_unknown_command(line) || is_protocol_error(line);
  if (!refused) return Outcome::kExecuted;
  if (author == Author::kServer) return Outcome::kRefused;
  return is_out_of_script(line) ? Outcome::kExecuted : Outcome::kUnknown;
}

// EXEC looks at the rights again and EVALSHA may not find its script: these commands did not run. A script
// can say so too. Nothing else refuses a command that was queued.
Outcome outcome_inside(std::string_view line) noexcept {
  const auto word = error_word(line);
  return word == "NOPERM" || word == "NOSCRIPT" ? outcome_of(line, Author::kAnybody) : Outcome::kExecuted;
}

std::string_view without_arguments(std::string_view line) noexcept {
  return line.substr(0, line.find(", with args beginning with"));
}

Redirect parse_redirect(std::string_view line) noexcept {
  Redirect redirect;
  const auto slot_at = line.find(' ');
  if (slot_at == std::string_view::npos) return redirect;
  const auto rest = line.substr(slot_at + 1);
  const auto target_at = rest.find(' ');
  if (target_at == std::string_view::npos) return redirect;
  const auto target = rest.substr(target_at + 1);
  const auto colon = target.rfind(':');  // an IPv6 host stands there without brackets
  if (colon == std::string_view::npos || target.find(' ') != std::string_view::npos) return redirect;
  redirect.host = target.substr(0, colon);
  if (target ==
      ":0") {  // servers write so where they have lost the address of a node, as when another is there
    redirect.host = "?";
    redirect.valid = parse_number(rest.substr(0, target_at), 0, kSlotCount - 1, redirect.slot);
    return redirect;
  }
  redirect.valid = parse_number(rest.substr(0, target_at), 0, kSlotCount - 1, redirect.slot) &&
                   parse_number(target.substr(colon + 1), 1, 65535, redirect.port);
  return redirect;
}

}  // namespace rediscluster
