// The way to one node through the fault proxy: its listening socket, and what is to go wrong there.
#pragma once

#include <deque>
#include <optional>
#include <random>

#include "fault_proxy.h"
#include "ports.h"

namespace test_support {

enum class Direction { kRequests, kReplies };

class FaultGate {
 public:
  FaultGate(PortReservation reserved, int node_port, bool encrypted)
      : reservation_(std::move(reserved)), node_port_(node_port), encrypted_(encrypted) {}
  ~FaultGate() { close_listener(); }
  FaultGate(const FaultGate&) = delete;
  FaultGate& operator=(const FaultGate&) = delete;

  int node_port() const { return node_port_; }
  bool encrypted() const { return encrypted_; }  // the node and its clients speak TLS
  int port() const { return reservation_.port(); }

  int listener() const { return listener_; }  // -1 while refusing
  bool open_listener();
  void close_listener();

  void add_cue(fault cue);
  void set_random(int one_in, unsigned kinds, unsigned seed);
  void heal();

  // What the next request or reply suffers.
  std::optional<fault> draw(Direction direction);

  bool stalled = false;
  int delay_ms = 0;
  long injected[FAULT_KINDS] = {};

 private:
  std::optional<fault> drawn(fault what);
  std::optional<fault> draw_random(Direction direction);

  const PortReservation reservation_;
  const int node_port_;
  const bool encrypted_;
  int listener_ = -1;
  std::deque<fault> cues_[2];  // by direction
  int one_in_ = 0;
  unsigned kinds_ = 0;
  std::mt19937 random_;
};

}  // namespace test_support
