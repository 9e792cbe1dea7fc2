#include "fault_link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace test_support {
namespace {

constexpr size_t kMostQueued = 256 * 1024;  // then the sender has to wait
constexpr size_t kRead = 64 * 1024;

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EINPROGRESS) {
    return fd;
  }
  close(fd);
  return -1;
}

bool would_wait(int failure) { return failure == EAGAIN || failure == EINTR || failure == ENOTCONN; }

}  // namespace

FaultLink::FaultLink(FaultGate& gate, int client)
    : gate_(gate),
      client_(client, Wire::Side::kServer, gate.encrypted()),
      node_(connect_to(gate.node_port()), Wire::Side::kClient, gate.encrypted()) {
  if (!node_) client_.close(true);
}

bool FaultLink::reads(Direction direction) const {
  if (state_ != State::kOpen) return direction == Direction::kRequests && (said_end_ || muted());
  if (direction == Direction::kRequests && client_gone_) return false;
  return (untouched_ || !gate_.stalled) && pipe(direction).queued < kMostQueued;
}

void FaultLink::watch(pollfd* two) const {
  const auto events = [&](const Wire& wire, Direction from, Direction to) {
    const bool waits_for_room = pipe(to).blocked && wire.waits_for_room();
    return static_cast<short>((reads(from) ? POLLIN : 0) | (waits_for_room ? POLLOUT : 0));
  };
  two[0] = {client_.fd(), events(client_, Direction::kRequests, Direction::kReplies), 0};
  two[1] = {node_.fd(), events(node_, Direction::kReplies, Direction::kRequests), 0};
  // With nothing asked for, poll() would still tell of the other side's end, again and again.
  for (int i = 0; i < 2; ++i) {
    if (two[i].events == 0) two[i].fd = -1;
  }
}

FaultLink::Clock::time_point FaultLink::due() const {
  auto first = Clock::time_point::max();
  if (gate_.stalled && !untouched_) return first;
  for (const Pipe& pipe : pipes_) {
    if (!pipe.blocked && !pipe.chunks.empty()) first = std::min(first, pipe.chunks.front().due);
  }
  return first;
}

void FaultLink::run(const pollfd* two, Clock::time_point now) {
  if (two[0].revents != 0 && reads(Direction::kRequests)) receive(Direction::kRequests, now);
  if (two[1].revents != 0 && reads(Direction::kReplies)) receive(Direction::kReplies, now);
  const bool up = pump(Direction::kRequests, now);
  const bool down = pump(Direction::kReplies, now);
  if (client_gone_ && (!up || pipe(Direction::kRequests).chunks.empty())) {
    node_.close(false);
    client_.close(false);
  }
  if (!up && state_ == State::kOpen) end(true);
  if (!down) {
    client_.close(false);
    node_.close(false);
  }
  if (state_ == State::kEnding) finish_ending();
}

void FaultLink::receive(Direction direction, Clock::time_point now) {
  char bytes[kRead];
  if (state_ != State::kOpen) return client_.discard_input(bytes, sizeof bytes);
  const ssize_t count = (direction == Direction::kRequests ? client_ : node_).receive(bytes, sizeof bytes);
  if (count > 0) {
    take(direction, {bytes, static_cast<size_t>(count)}, now);
  } else if (count == 0 || !would_wait(errno)) {
    source_ended(direction, count < 0);
  }
}

void FaultLink::source_ended(Direction direction, bool reset) {
  if (direction == Direction::kRequests) {
    client_gone_ = true;
  } else {
    end(reset);
  }
}

// A request: does a replica speak here? Before it says so it only greets, as others may do too.
void FaultLink::look_at(std::string_view head) {
  untouched_ = head.find("REPLCONF") != std::string_view::npos;
  if (!pipe(Direction::kRequests).begun) greets_ = head.find("PING") != std::string_view::npos;
}

void FaultLink::take(Direction direction, std::string_view data, Clock::time_point now) {
  Pipe& way = pipe(direction);
  const auto due = now + std::chrono::milliseconds(untouched_ ? 0 : gate_.delay_ms);
  while (!data.empty() && state_ == State::kOpen) {
    if (way.frames.at_border() && !untouched_) {
      if (direction == Direction::kRequests) look_at(data.substr(0, 24));
      const bool greeting = greets_ && !way.begun;
      way.begun = true;
      if (!untouched_ && !greeting) way.cut = gate_.draw(direction);
    }
    const size_t frame = untouched_ ? data.size() : way.frames.take(data);
    if (!way.cut) {
      queue(way, data.substr(0, frame), due);
    } else {
      const bool cuts = way.cut->kind == FAULT_CUT_REQUEST || way.cut->kind == FAULT_CUT_REPLY;
      size_t pass = std::min(static_cast<size_t>(cuts ? way.cut->bytes : 0), frame);
      const bool whole = pass == frame;
      if (whole && way.frames.at_border()) --pass;
      queue(way, data.substr(0, pass), due);
      if (!whole || pass < frame) return suffer(*way.cut, now);
      way.cut->bytes -= static_cast<int>(pass);
    }
    data.remove_prefix(frame);
  }
}

void FaultLink::suffer(const fault& what, Clock::time_point now) {
  if (what.kind == FAULT_MUTE) {
    node_.close(false);
    pipe(Direction::kRequests).chunks.clear();
    state_ = State::kMuted;
    return;
  }
  // What came before the request that is cut, and its first bytes, still reach the node.
  if (what.kind == FAULT_DROP_REQUEST || what.kind == FAULT_CUT_REQUEST) pump(Direction::kRequests, now);
  end(what.reset != 0);
}

void FaultLink::queue(Pipe& pipe, std::string_view data, Clock::time_point due) {
  if (data.empty()) return;
  pipe.queued += data.size();
  if (!pipe.chunks.empty() && pipe.chunks.back().due == due) {
    pipe.chunks.back().bytes.append(data);
  } else {
    pipe.chunks.push_back({due, std::string(data)});
  }
}

// False when nobody takes the bytes any more.
bool FaultLink::pump(Direction direction, Clock::time_point now) {
  Pipe& way = pipe(direction);
  Wire& wire = direction == Direction::kRequests ? node_ : client_;
  way.blocked = false;
  if (!wire || (gate_.stalled && !untouched_)) return true;
  while (!way.chunks.empty() && way.chunks.front().due <= now) {
    const std::string& bytes = way.chunks.front().bytes;
    const ssize_t count = wire.send(bytes.data() + way.sent, bytes.size() - way.sent);
    if (count < 0) {
      way.blocked = would_wait(errno);
      return way.blocked;
    }
    way.sent += static_cast<size_t>(count);
    way.queued -= static_cast<size_t>(count);
    if (way.sent < bytes.size()) continue;
    way.chunks.pop_front();
    way.sent = 0;
  }
  return true;
}

void FaultLink::end(bool reset) {
  if (dead()) return;
  node_.close(reset);
  pipe(Direction::kRequests).chunks.clear();
  pipe(Direction::kRequests).blocked = false;
  if (state_ == State::kEnding) return;
  state_ = State::kEnding;
  reset_ = reset;
}

// Closing a socket with unread input would reset it, and the client could lose what was sent before: it is
// told of the end, and read until it closes too.
void FaultLink::finish_ending() {
  if (dead() || !pipe(Direction::kReplies).chunks.empty()) return;
  if (reset_) return client_.close(true);
  if (!said_end_) client_.say_end();
  said_end_ = true;
}

}  // namespace test_support
