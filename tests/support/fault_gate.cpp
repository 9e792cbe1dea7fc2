#include "fault_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace test_support {
namespace {

constexpr int kBacklog = 128;
constexpr fault_kind kAll[FAULT_KINDS] = {FAULT_DROP_REQUEST, FAULT_CUT_REQUEST, FAULT_DROP_REPLY,
                                          FAULT_CUT_REPLY, FAULT_MUTE};
constexpr int kMostBytes = 24;  // of a request or reply that is cut at random

Direction direction_of(fault_kind kind) {
  return kind == FAULT_DROP_REQUEST || kind == FAULT_CUT_REQUEST ? Direction::kRequests : Direction::kReplies;
}

}  // namespace

bool FaultGate::open_listener() {
  if (listener_ >= 0) return true;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port()));
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      listen(listener_, kBacklog) == 0) {
    return true;
  }
  close_listener();
  return false;
}

void FaultGate::close_listener() {
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
}

void FaultGate::add_cue(fault cue) { cues_[static_cast<int>(direction_of(cue.kind))].push_back(cue); }

void FaultGate::set_random(int one_in, unsigned kinds, unsigned seed) {
  one_in_ = one_in;
  kinds_ = kinds;
  random_.seed(seed);
}

void FaultGate::heal() {
  one_in_ = 0;
  stalled = false;
  delay_ms = 0;
  for (auto& cues : cues_) cues.clear();
}

std::optional<fault> FaultGate::draw(Direction direction) {
  auto& cues = cues_[static_cast<int>(direction)];
  if (cues.empty()) return draw_random(direction);
  if (cues.front().after-- > 0) return {};
  const fault cue = cues.front();
  cues.pop_front();
  return drawn(cue);
}

std::optional<fault> FaultGate::draw_random(Direction direction) {
  if (one_in_ <= 0 || random_() % static_cast<unsigned>(one_in_) != 0) return {};
  fault_kind fitting[FAULT_KINDS];
  unsigned count = 0;
  for (const fault_kind kind : kAll) {
    if ((kinds_ & FAULT_BIT(kind)) != 0 && direction_of(kind) == direction) fitting[count++] = kind;
  }
  if (count == 0) return {};
  const fault_kind kind = fitting[random_() % count];
  return drawn({kind, 0, static_cast<int>(1 + random_() % kMostBytes), static_cast<int>(random_() % 2)});
}

std::optional<fault> FaultGate::drawn(fault what) {
  ++injected[what.kind];
  return what;
}

}  // namespace test_support
