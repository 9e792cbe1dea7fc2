// Does to the cluster and to its connections what the plan says.
#pragma once

#include <stdexcept>

#include "chaos/event.h"
#include "chaos/plan.h"
#include "chaos/witness.h"

namespace chaos {

// The cluster did not do as told: a defect of the harness or of the servers, not of the library.
class HarnessFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Adversary {
 public:
  Adversary(World& world, Witness& witness) : world_(world), witness_(witness) {}

  // Returns when the cluster is whole again.
  Event perform(const Step& step);

 private:
  Event start(const Step& step);
  void act(const Step& step, Event& event);

  void election(const Step& step, Event& event);
  void restart(const Step& step, Event& event, bool primary);
  void stop_long(const Step& step, Event& event);
  void stop_short(const Step& step, Event& event);
  void failover(Event& event);
  void move_slots(const Step& step, Event& event);
  void resize(const Step& step, Event& event);
  void grow(const Step& step);
  void shrink();
  void random_faults(const Step& step, Event& event);
  void close_all(const Step& step, Event& event);
  void mute(const Step& step, Event& event);
  void refuse(const Step& step, Event& event);
  void stall(const Step& step, Event& event);
  void delay(const Step& step);
  void refresh(int times);

  void kill(int node);
  void revive(int node);
  void move(int tag, int shard);
  int some_port(const Step& step, Event& event);

  World& world_;
  Witness& witness_;
  int shard_ = 0;  // of this event
};

}  // namespace chaos
