#include "connection/connection_state.h"

namespace rediscluster {

const char* name_of(ConnectionState state) noexcept {
  switch (state) {
    case ConnectionState::kDown:
      return "down";
    case ConnectionState::kConnecting:
      return "connecting";
    case ConnectionState::kOpen:
      return "open";
    case ConnectionState::kDraining:
      return "draining";
    case ConnectionState::kSilent:
      return "silent";
    case ConnectionState::kClosed:
      return "closed";
  }
  return "?";
}

const char* name_of(WriterState state) noexcept {
  switch (state) {
    case WriterState::kIdle:
      return "idle";
    case WriterState::kWriting:
      return "writing";
    case WriterState::kWaitingForRoom:
      return "waiting for room";
    case WriterState::kFailed:
      return "failed";
  }
  return "?";
}

const char* name_of(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::kNone:
      return "none";
    case CloseReason::kDrain:
      return "drain";
    case CloseReason::kSilent:
      return "silent";
    case CloseReason::kReconnect:
      return "reconnect";
    case CloseReason::kClosed:
      return "closed";
  }
  return "?";
}

}  // namespace rediscluster
