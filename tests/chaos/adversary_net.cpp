// What the adversary does to connections, by the fault proxy.
#include "chaos/adversary.h"

namespace chaos {

// That of the shard's primary, or now and then of all nodes.
int Adversary::some_port(const Step& step, Event& event) {
  if (step.numbers[3] % 3 != 0) return world_.port(world_.primary(shard_));
  for (int shard = 0; shard < world_.shards(); ++shard) event.shards.insert(shard);
  return FAULT_ALL_NODES;
}

void Adversary::random_faults(const Step& step, Event& event) {
  event.breaks = true;
  const int one_in = static_cast<int>(10 + step.numbers[1] % 40);
  fault_proxy_random(world_.proxy(), some_port(step, event), one_in, FAULT_CLOSING, step.numbers[2]);
  std::this_thread::sleep_for(milliseconds(500 + step.numbers[1] % 1000));
}

void Adversary::close_all(const Step& step, Event& event) {
  event.breaks = true;
  const int port = some_port(step, event);
  for (unsigned i = 0; i < 1 + step.numbers[1] % 5; ++i) {
    fault_proxy_close(world_.proxy(), port, (step.numbers[2] >> i) % 2 != 0);
    std::this_thread::sleep_for(milliseconds(20 + step.numbers[1] % 100));
  }
}

// A connection that says nothing any more is given up by the library itself, or closed when the proxy heals.
void Adversary::mute(const Step& step, Event& event) {
  constexpr int kGivenUpMs = kTimeoutMs + 2000;
  event.breaks = event.hangs = true;
  event.down_shard = shard_;
  const int port = world_.port(world_.primary(shard_));
  fault_proxy_inject(world_.proxy(), port, {FAULT_MUTE, static_cast<int>(step.numbers[1] % 50), 0, 0});
  if (!TEST_WAIT(fault_proxy_muted(world_.proxy()) > 0, 5000)) throw HarnessFailure("nothing was muted");
  const bool wait = step.numbers[2] % 3 == 0;
  TEST_WAIT(fault_proxy_muted(world_.proxy()) == 0,
            wait ? kGivenUpMs : static_cast<int>(300 + step.numbers[3] % 1000));
  if (wait && fault_proxy_muted(world_.proxy()) > 0)
    witness_.violation("mute: a connection that says nothing was not given up");
}

void Adversary::refuse(const Step& step, Event& event) {
  event.breaks = event.hangs = true;
  event.down_shard = shard_;
  const int port = world_.port(world_.primary(shard_));
  fault_proxy_refuse(world_.proxy(), port, 1);
  fault_proxy_close(world_.proxy(), port, step.numbers[2] % 2 != 0);
  std::this_thread::sleep_for(milliseconds(300 + step.numbers[1] % 1500));
  fault_proxy_refuse(world_.proxy(), port, 0);
}

void Adversary::stall(const Step& step, Event& event) {
  event.hangs = true;
  const int port = some_port(step, event);
  if (event.shards.size() == 1) event.down_shard = shard_;
  fault_proxy_stall(world_.proxy(), port, 1);
  std::this_thread::sleep_for(milliseconds(300 + step.numbers[1] % 1500));
}

void Adversary::delay(const Step& step) {
  fault_proxy_delay(world_.proxy(), FAULT_ALL_NODES, static_cast<int>(1 + step.numbers[1] % 30));
  std::this_thread::sleep_for(milliseconds(500 + step.numbers[2] % 500));
}

void Adversary::refresh(int times) {
  for (int i = 0; i < times; ++i) {
    rc_error* error = nullptr;
    if (rc_cluster_refresh(world_.handle(), &error) != RC_OK)
      witness_.violation(std::string("refresh: ") + rc_error_message(error));
    rc_error_free(error);
  }
}

}  // namespace chaos
