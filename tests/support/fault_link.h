// One connection through the fault proxy: two sockets, and the bytes on their way between them.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "fault_gate.h"
#include "resp_frames.h"
#include "wire.h"

struct pollfd;

namespace test_support {

class FaultLink {
 public:
  using Clock = std::chrono::steady_clock;

  FaultLink(FaultGate& gate, int client);  // connects to the node
  FaultLink(const FaultLink&) = delete;
  FaultLink& operator=(const FaultLink&) = delete;

  // What poll() should look for at both sockets.
  void watch(pollfd* two) const;

  // When there is something to do though nothing happens at a socket; max() for never.
  Clock::time_point due() const;

  // Moves what can be moved.
  void run(const pollfd* two, Clock::time_point now);

  // Closes both sides; the client gets first what is already on its way to it.
  void end(bool reset);

  FaultGate& gate() const { return gate_; }
  bool dead() const { return !client_; }
  bool muted() const { return state_ == State::kMuted; }
  bool untouched() const { return untouched_; }
  int descriptors() const { return (client_ ? 1 : 0) + (node_ ? 1 : 0); }

 private:
  enum class State { kOpen, kMuted, kEnding };

  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };

  struct Pipe {
    std::deque<Chunk> chunks;
    size_t queued = 0;
    size_t sent = 0;  // of the first chunk
    bool blocked = false;
    bool begun = false;
    RespFrames frames;
    std::optional<fault> cut;  // what the frame under way suffers
  };

  Pipe& pipe(Direction direction) { return pipes_[static_cast<int>(direction)]; }
  const Pipe& pipe(Direction direction) const { return pipes_[static_cast<int>(direction)]; }

  bool reads(Direction direction) const;
  void receive(Direction direction, Clock::time_point now);
  void take(Direction direction, std::string_view data, Clock::time_point now);
  void look_at(std::string_view head);
  void suffer(const fault& what, Clock::time_point now);
  void source_ended(Direction direction, bool reset);
  static void queue(Pipe& pipe, std::string_view data, Clock::time_point due);
  bool pump(Direction direction, Clock::time_point now);
  void finish_ending();

  FaultGate& gate_;
  Wire client_;
  Wire node_;
  State state_ = State::kOpen;
  bool reset_ = false;        // how it ends
  bool client_gone_ = false;  // it may still have sent something that the node shall get
  bool said_end_ = false;
  bool greets_ = false;  // begins with PING
  bool untouched_ = false;
  Pipe pipes_[2];  // by direction
};

}  // namespace test_support
