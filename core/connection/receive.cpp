// The leader receives from a connection.
#include <memory>
#include <new>

#include "base/text.h"
#include "connection/connection.h"
#include "sync/per_thread.h"

namespace rediscluster {
namespace {

constexpr int kReadsInARow = 16;                     // then the leader looks whether its own reply has come
constexpr std::size_t kFew = std::size_t{4} * 1024;  // bytes that most of what comes at a time is less than

// As much as the parser is fed with at a time. Of the thread that receives.
struct Many {
  std::unique_ptr<char[]> bytes{new (std::nothrow) char[ReplyParser::kFeed]};
};

}  // namespace

void Connection::wait_in_read() noexcept {
  try {
    quiet_ = !receive(true);
    close_if_drained();
  } catch (const std::bad_alloc&) {
    fail_all(Code::kNoMemory, "out of memory: free some and call again");
  }
}

// False: nothing more is to be received now, for the connection was given up.
inline bool Connection::use(const Transfer& received, const char* bytes) {
  if (received.failure != 0) [[unlikely]] {
    give_up(received.failure);
    return false;
  }
  if (received.closed) [[unlikely]] {
    peer_failures_.note_close(Clock::now());
    fail_all(Code::kIo, text("the connection to ", to_string(address_), " was closed by the node"));
    return false;
  }
  quiet_ = false;
  note_received();
  const auto more = [this](RequestQueue& requests) {
    const MutexLock lock(mutex_);
    requests.append(taken_);
  };
  const auto ended = [this](const Request& request) { note_ended(request); };
  const ReplyQueue::Result result = replies_.parse(bytes, received.bytes, more, ended);
  if (result != ReplyQueue::Result::kAllRead) [[unlikely]] {
    give_up(result);
    return false;
  }
  const bool large = replies_.receiving_large_reply();
  if (large != receiving_large_reply()) [[unlikely]]
    receiving_large_reply_.store(large, std::memory_order_relaxed);
  return true;
}

// False: nothing has come.
bool Connection::receive(bool wait) {
  char few[kFew];
  const Transfer received =
      wait ? socket_.wait_and_receive(few, sizeof few) : socket_.receive(few, sizeof few);
  if (received.would_block) return false;
  if (use(received, few) && (received.bytes == sizeof few || socket_.tls() != nullptr)) [[unlikely]]
    receive_more();
  return true;
}

// A stack may be small: what is more goes through memory that the thread keeps. OpenSSL tells by nothing else
// than a further read whether there is more in its hands.
void Connection::receive_more() {
  char few[kFew / 4];
  Many* const mine = per_thread<Many>();
  const bool has_room = mine != nullptr && mine->bytes != nullptr;
  char* const room = has_room ? mine->bytes.get() : few;
  const std::size_t size = has_room ? ReplyParser::kFeed : sizeof few;
  const bool plain = socket_.tls() == nullptr;
  for (int i = 1; i < kReadsInARow; ++i) {
    const Transfer received = socket_.receive(room, size);
    if (received.would_block || !use(received, room) || (plain && received.bytes < size)) return;
  }
  unread_ = true;
}

void Connection::receive_all(const Request& until_done, TimePoint until) noexcept {
  try {
    while (connected() && pending_close() == CloseReason::kNone && !until_done.done() && receive(false) &&
           Clock::now() < until) {
    }
    close_if_drained();
  } catch (const std::bad_alloc&) {
    fail_all(Code::kNoMemory, "out of memory: free some and call again");
  }
}

// What cannot send may still have replies to be read.
void Connection::receive_the_last() {
  const int failure = send_failure_.load(std::memory_order_relaxed);
  while (connected() && receive(false)) {
  }
  if (connected()) give_up(failure);
}

// A transfer has failed.
void Connection::give_up(int failure) {
  const bool no_memory = socket_.out_of_memory();
  if (!no_memory) peer_failures_.note_close(Clock::now());
  fail_all(no_memory ? Code::kNoMemory : Code::kIo,
           text("the connection to ", to_string(address_),
                " was lost: ", no_memory ? "out of memory" : socket_.reason(failure)));
}

// What has come makes no sense.
void Connection::give_up(ReplyQueue::Result result) {
  if (result == ReplyQueue::Result::kNothingAsked) {
    fail_all(Code::kProtocol, text(to_string(address_), " sent a reply that nobody had asked for"));
  } else if (replies_.out_of_memory()) {
    fail_all(Code::kNoMemory, text("out of memory for a reply of ", to_string(address_)));
  } else {
    fail_all(Code::kProtocol, text(to_string(address_), " sent something that is not RESP (",
                                   replies_.failure(), "): check that a Redis node listens there"));
  }
}

}  // namespace rediscluster
