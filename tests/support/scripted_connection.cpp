#include "scripted_connection.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace test_support {
namespace {

// "*3\r\n": the number after the mark, and where the line ends. npos when it is not complete.
size_t parse_header(const std::string& input, size_t at, char mark, size_t* value) {
  if (at >= input.size()) return std::string::npos;
  if (input[at] != mark) {
    throw ScriptError(std::string("the client sent '") + to_text({input.substr(at, 20)}) + "' where '" +
                      mark + "' should be");
  }
  const size_t end = input.find("\r\n", at);
  if (end == std::string::npos) return std::string::npos;
  *value = static_cast<size_t>(strtoul(input.c_str() + at + 1, nullptr, 10));
  return end + 2;
}

// Where the command that starts at `at` ends, or npos.
size_t parse_command(const std::string& input, size_t at, Command* command) {
  size_t count = 0;
  at = parse_header(input, at, '*', &count);
  for (size_t i = 0; at != std::string::npos && i < count; ++i) {
    size_t length = 0;
    at = parse_header(input, at, '$', &length);
    if (at == std::string::npos || input.size() - at < length + 2) return std::string::npos;
    command->push_back(input.substr(at, length));
    at += length + 2;
  }
  return at;
}

}  // namespace

ScriptedConnection::~ScriptedConnection() { close(false); }

void ScriptedConnection::close(bool reset) {
  if (fd_ < 0) return;
  const linger at_once{1, 0};
  if (reset) setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  // Unread input would turn a polite close into a reset.
  char rest[4096];
  while (!reset && !muted_ && recv(fd_, rest, sizeof rest, MSG_DONTWAIT) > 0) {
  }
  ::close(fd_);
  fd_ = -1;
  next_.reset();
  actions_.clear();
}

int ScriptedConnection::poll_fd() const { return events() == 0 ? -1 : fd_; }

short ScriptedConnection::events() const {
  if (fd_ < 0) return 0;
  short wanted = 0;
  if (!muted_ && !ended_ && !next_) wanted |= POLLIN;
  if (blocked_) wanted |= POLLOUT;
  return wanted;
}

void ScriptedConnection::read() {
  if (fd_ < 0 || muted_ || ended_ || next_) return;
  char buffer[65536];
  const ssize_t count = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count > 0) {
    input_.append(buffer, static_cast<size_t>(count));
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    ended_ = true;
  }
}

bool ScriptedConnection::has_command() {
  if (next_) return true;
  if (fd_ < 0 || muted_) return false;
  Command command;
  const size_t end = parse_command(input_, parsed_, &command);
  if (end == std::string::npos) {
    input_.erase(0, parsed_);
    parsed_ = 0;
    return false;
  }
  parsed_ = end;
  next_ = std::move(command);
  return true;
}

void ScriptedConnection::run(long long now) {
  while (!actions_.empty() && wake_at_ <= now) {
    wake_at_ = 0;
    Action& action = actions_.front();
    switch (action.kind) {
      case Action::Kind::kQuote:
        action = {Action::Kind::kSend, "-ERR unknown command '" + last_word_ + "'\r\n"};
        continue;
      case Action::Kind::kEcho:
        action = {Action::Kind::kSend,
                  "$" + std::to_string(last_word_.size()) + "\r\n" + last_word_ + "\r\n"};
        continue;
      case Action::Kind::kSend:
        if (!send(&action, now)) return;
        break;
      case Action::Kind::kSleep:
        if (action.pause_ms > 0) {
          wake_at_ = now + action.pause_ms;
          action.pause_ms = 0;
          return;
        }
        break;
      case Action::Kind::kClose:
        return close(false);
      case Action::Kind::kHalfClose:
        shutdown(fd_, SHUT_WR);
        break;
      case Action::Kind::kReset:
        return close(true);
      case Action::Kind::kSilence:
        muted_ = true;
        break;
      default:  // those of the node do not come here
        break;
    }
    actions_.pop_front();
    sent_ = 0;
  }
}

// True when the action is done.
bool ScriptedConnection::send(Action* action, long long now) {
  blocked_ = false;
  while (sent_ < action->bytes.size()) {
    size_t size = action->bytes.size() - sent_;
    if (action->chunk > 0) size = std::min(size, action->chunk);
    const ssize_t count = ::send(fd_, action->bytes.data() + sent_, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      if (errno == EINTR) continue;
      blocked_ = errno == EAGAIN;
      if (!blocked_) close(false);  // the client has gone: a script may well send too late
      return false;
    }
    sent_ += static_cast<size_t>(count);
    if (action->chunk > 0 && sent_ < action->bytes.size()) {
      wake_at_ = now + std::max(action->pause_ms, 1);
      return false;
    }
  }
  return true;
}

}  // namespace test_support
