// Commands that block have connections of their own, and callers that go on blocking use them again.
#include <barrier>

#include "handle.hpp"
#include "suite.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

long connections_received() {
  long all = 0;
  for (int node = 0; node < 3; ++node) {
    const std::string info = text_at(node, "INFO stats");
    const std::string field = "total_connections_received:";
    const auto at = info.find(field);
    if (at != std::string::npos) all += std::stol(info.substr(at + field.size()));
  }
  return all;
}

// Each that is closed costs a local port for a minute: with one a call there are none left after a while.
void a_crowd_that_blocks_again_and_again_connects_as_often_as_it_is_large(void**) {
  constexpr int kCallers = 100;
  constexpr int kRounds = 18;
  const Handle handle = open_handle(cluster, 60000);
  assert_non_null(handle.get());
  const long before = connections_received();
  Complaints complaints;
  std::barrier together(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        together.arrive_and_wait();
        // All at one node, then all at the next.
        const char* const lists[] = {"{06S}list", "{k}list", "{foo}list"};
        Error error;
        if (command(handle.get(), {"BLPOP", lists[round % 3], "0.1"}, error) == nullptr)
          complaints.add(rc_error_message(error.get()));
      }
    });
  }
  for (auto& caller : callers) caller.join();
  assert_true(complaints.none());
  // At each of three nodes all of them, and a few that are shared or look at the cluster.
  const long connects = connections_received() - before;
  if (connects > 3 * kCallers + 20) print_error("%ld connections\n", connects);
  assert_true(connects <= 3 * kCallers + 20);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_crowd_that_blocks_again_and_again_connects_as_often_as_it_is_large),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
