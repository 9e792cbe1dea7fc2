// A network in between: what passes takes so much longer each way, however much passes. One thread each.
#pragma once

#include <chrono>
#include <memory>

namespace bench {

class DelayRelay {
 public:
  // From a port of its own on loopback to this one.
  DelayRelay(std::chrono::microseconds each_way, int to_port);
  ~DelayRelay();
  DelayRelay(const DelayRelay&) = delete;
  DelayRelay& operator=(const DelayRelay&) = delete;

  int port() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace bench
