// What a server's error line tells the client to do.
#pragma once

#include <string_view>

#include "base/status.h"

namespace rediscluster {

enum class Answer {
  kMoved,        // slot belongs to another node
  kAsk,          // this key, this once, at another node
  kTryAgain,     // keys of the command are on both sides of a moving slot
  kClusterDown,  // no majority, or a slot without owner
  kLoading,      // still reading its data set
  kMasterDown,   // a replica that has lost its primary
  kReadOnly,     // a write reached a replica
  kDemoted,      // it was blocking when its node became a replica, and was thrown out
  kLoggedOut,    // it does not know any more who is on this connection
  kOther,        // an error for the caller
};

// Who can have written an error line.
enum class Author {
  kServer,
  kAnybody,  // a script, a function, a module's command: it can answer with any text
};

// Of a line that the server wrote.
Answer classify(std::string_view error_line) noexcept;
inline bool is_redirect(Answer answer) noexcept { return answer == Answer::kMoved || answer == Answer::kAsk; }
inline bool asks_to_wait(Answer answer) noexcept {
  return answer != Answer::kOther && answer != Answer::kLoggedOut && !is_redirect(answer);
}

// A TRYAGAIN for keys on both sides of a moving slot, each of which may be asked for by itself. There are
// others, for which only time helps.
inline bool says_half_moved(std::string_view error_line) noexcept {
  return error_line.starts_with("TRYAGAIN Multiple keys request");
}

std::string_view error_word(std::string_view error_line) noexcept;  // "WRONGTYPE"
// kRefused or kExecuted; of a line that anybody can have written also kUnknown, and never kRefused.
Outcome outcome_of(std::string_view error_line, Author author = Author::kServer) noexcept;
// The server could not read what it got. It closes the connection and reads nothing of what stands behind.
bool is_protocol_error(std::string_view error_line) noexcept;
// Of an error inside of an array: the array as a whole was executed.
Outcome outcome_inside(std::string_view error_line) noexcept;

// The error line without what a server quotes of the command's arguments.
std::string_view without_arguments(std::string_view error_line) noexcept;

// "MOVED 3999 127.0.0.1:6381" and "ASK ...". The host may be empty (the one that was asked) or "?".
struct Redirect {
  bool valid = false;
  int slot = -1;
  std::string_view host;
  int port = 0;
};
Redirect parse_redirect(std::string_view error_line) noexcept;

}  // namespace rediscluster
