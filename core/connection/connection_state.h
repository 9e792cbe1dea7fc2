// What a connection and its writer can be in the middle of. See docs/states.md.
#pragma once

#include <cstdint>

namespace rediscluster {

enum class ConnectionState : std::uint8_t {
  kDown,        // there is no connection; the next request has one opened
  kConnecting,  // its leader is opening one
  kOpen,        // requests are sent and replies received
  kDraining,    // nothing more is sent; it ends when the last reply that is due has come
  kSilent,  // the same, since replies are due and nothing has come for too long; a shared one admits nothing
  kClosed,  // for good
};

enum class WriterState : std::uint8_t {
  kIdle,            // nobody writes
  kWriting,         // a caller does, and never waits
  kWaitingForRoom,  // the socket took no more: the leader goes on when there is room
  kFailed,          // sending failed: the leader finds out what has become of the connection
};

// Why a connection is to be given up; of several the last one here counts.
enum class CloseReason : std::uint8_t {
  kNone,
  kDrain,      // another is wanted, once the replies that are due on this one have come
  kSilent,     // nothing came although replies were due, and nobody waits for them any more
  kReconnect,  // it is of no use any more
  kClosed,     // the handle was closed
};

// A socket is there, and replies may come.
constexpr bool has_socket(ConnectionState state) noexcept {
  return state >= ConnectionState::kOpen && state <= ConnectionState::kSilent;
}
// Ends when no reply is due any more.
constexpr bool is_ending(ConnectionState state) noexcept {
  return state == ConnectionState::kDraining || state == ConnectionState::kSilent;
}
// The socket has taken less than it was given.
constexpr bool is_stuck(WriterState state) noexcept {
  return state == WriterState::kWaitingForRoom || state == WriterState::kFailed;
}

const char* name_of(ConnectionState state) noexcept;
const char* name_of(WriterState state) noexcept;
const char* name_of(CloseReason reason) noexcept;

}  // namespace rediscluster
