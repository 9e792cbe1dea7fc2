#include "calls/exchange.h"

#include <thread>

#include "unit/commands/words.h"
#include "unit/connection/peer.h"
#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Fixture {
  Peer peer;
  ConnectionSettings settings;
  Counters counters;
  Budget budget{1 << 28};
  PeerFailures peer_failures;
  Connection connection{peer.address(), settings, counters, budget, peer_failures};

  // What the caller gets while the test plays the node.
  template <class Play>
  RequestPtr exchanged(SendFlags attempt, Play play) {
    RequestPtr request;
    std::thread caller([&] {
      const Words words("GET k");
      const TimePoint now = Clock::now();
      request = exchange(connection, words.args(), encoded_size(words.args()), attempt, now,
                         Deadline(now + std::chrono::minutes(10)));
    });
    play(peer.accept());
    caller.join();
    return request;
  }
};

}  // namespace

static void a_command_gets_its_reply(void**) {
  Fixture f;
  const RequestPtr request =
      f.exchanged({}, [](PeerConnection node) { node.answer("GET k", "$1\r\nv\r\n"); });
  assert_true(request->failure == nullptr);
  assert_text(shown(last_reply(*request)), "$v");
  const ReplyPtr reply = take_reply(*request);
  assert_text(shown(*reply), "$v");
}

static void asking_goes_before_it_and_its_reply_is_not_seen(void**) {
  Fixture f;
  const RequestPtr request = f.exchanged({true, false}, [](PeerConnection node) {
    node.expect("ASKING");
    node.answer("GET k", "+OK\r\n*2\r\n$1\r\nv\r\n:1\r\n");
  });
  assert_text(shown(last_reply(*request)), "[$v :1]");
  const ReplyPtr reply = take_reply(*request);
  assert_true(reply->is_root);
  assert_text(shown(*reply), "[$v :1]");
}

static void a_lost_connection_is_a_failure_of_the_request(void**) {
  Fixture f;
  const RequestPtr request = f.exchanged({}, [](PeerConnection node) {
    node.expect("GET k");
    node.close();
  });
  assert_failure(*request->failure, Code::kIo, Outcome::kUnknown, "closed by the node");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_command_gets_its_reply),
      cmocka_unit_test(asking_goes_before_it_and_its_reply_is_not_seen),
      cmocka_unit_test(a_lost_connection_is_a_failure_of_the_request),
  };
  return cmocka_run_group_tests_name("attempt", tests, nullptr, nullptr);
}
