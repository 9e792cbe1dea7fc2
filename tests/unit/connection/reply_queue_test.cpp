// Replies find their requests, in the order in which these were sent.
#include "connection/reply_queue.h"

#include <string>
#include <vector>

#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Wire {
  explicit Wire(int protocol = 2) { replies.open(protocol); }
  ~Wire() { replies.drop(); }

  ReplyQueue::Result receive(std::string_view bytes) {
    return replies.parse(
        bytes.data(), bytes.size(), [this](RequestQueue& to) { to.append(taken); },
        [this](const Request& request) { ended.push_back(&request); });
  }
  RequestPtr expect(std::uint32_t batch = 0) {
    RequestPtr request = batch == 0 ? new_request() : new_batch(batch);
    taken.push(request.get());
    return request;
  }

  ReplyQueue replies;
  RequestQueue taken;
  std::vector<const Request*> ended;
};

class CountedCompletion final : public Completion {
 public:
  void complete(Request& request) noexcept override {
    assert_true(request.done());
    ++calls;
  }
  int calls = 0;
};

}  // namespace

static void replies_come_in_order_and_in_pieces(void**) {
  Wire wire;
  const RequestPtr a = wire.expect();
  const RequestPtr b = wire.expect();
  assert_enum(wire.receive("$3\r\no"), ReplyQueue::Result::kAllRead);
  assert_false(a->done());
  assert_enum(wire.receive("ne\r\n:2\r\n"), ReplyQueue::Result::kAllRead);
  assert_string_equal(shown(a->arena->root()).c_str(), "$one");
  assert_string_equal(shown(b->arena->root()).c_str(), ":2");
  assert_true((wire.ended == std::vector<const Request*>{a.get(), b.get()}));
  assert_true(wire.replies.empty());
}

static void a_batch_ends_with_its_last_reply(void**) {
  Wire wire;
  const RequestPtr batch = wire.expect(2);
  wire.receive("+first\r\n");
  assert_false(batch->done());
  assert_int_equal(batch->received, 1);
  wire.receive("+second\r\n");
  assert_true(batch->done());
}

static void a_reply_that_nobody_asked_for_is_told(void**) {
  Wire wire;
  const RequestPtr only = wire.expect();
  assert_enum(wire.receive("+a\r\n+b\r\n"), ReplyQueue::Result::kNothingAsked);
  assert_true(only->done());
  Wire resp3(3);
  assert_enum(resp3.receive(">1\r\n+push\r\n"), ReplyQueue::Result::kAllRead);
  assert_enum(resp3.receive("+b\r\n"), ReplyQueue::Result::kNothingAsked);
}

static void what_is_no_resp_is_told(void**) {
  Wire wire;
  const RequestPtr only = wire.expect();
  assert_enum(wire.receive("HTTP/1.1 400\r\n"), ReplyQueue::Result::kNotResp);
  wire.replies.drop();
  only->queued = false;
}

static void a_large_reply_is_told_while_it_comes(void**) {
  Wire wire;
  const RequestPtr large = wire.expect();
  const std::string bytes = "$100000\r\n" + std::string(100000, 'x') + "\r\n";
  wire.receive(std::string_view(bytes).substr(0, 70000));
  assert_true(wire.replies.receiving_large_reply());
  wire.receive(std::string_view(bytes).substr(70000));
  assert_false(wire.replies.receiving_large_reply());
  assert_true(large->large);
}

static void a_tombstone_swallows_its_reply(void**) {
  Wire wire;
  RequestPtr late = wire.expect();
  const RequestPtr next = wire.expect();
  late->queued = true;
  wire.receive("");
  late.reset();  // it becomes the queue's
  assert_enum(wire.receive("$4\r\nlate\r\n+next\r\n"), ReplyQueue::Result::kAllRead);
  assert_string_equal(shown(next->arena->root()).c_str(), "+next");
}

static void the_oldest_sleeper_leads_next(void**) {
  Wire wire;
  std::vector<RequestPtr> requests;
  for (int i = 0; i < 4; ++i) requests.push_back(wire.expect());
  wire.replies.append(wire.taken);
  requests[0]->phase = Request::kAbandoned;
  requests[2]->phase = requests[3]->phase = Request::kParked;
  const auto heir = wire.replies.promote_oldest();
  assert_ptr_equal(heir.request, requests[2].get());
  assert_true(heir.awaited);
  for (auto& request : requests) request->phase = Request::kAbandoned;
  const auto none = wire.replies.promote_oldest();
  assert_null(none.request);
  assert_false(none.awaited);
  assert_false(wire.replies.promote_oldest().awaited);  // known by now, without a walk
  wire.replies.drop();
  for (auto& request : requests) request->phase = Request::kWaiting;
}

static void a_completion_is_told_once(void**) {
  Wire wire;
  CountedCompletion told;
  const RequestPtr request = wire.expect();
  request->completion = &told;
  wire.receive("+do");
  assert_int_equal(told.calls, 0);
  wire.receive("ne\r\n");
  assert_int_equal(told.calls, 1);
  assert_string_equal(shown(request->arena->root()).c_str(), "+done");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(replies_come_in_order_and_in_pieces),
      cmocka_unit_test(a_batch_ends_with_its_last_reply),
      cmocka_unit_test(a_reply_that_nobody_asked_for_is_told),
      cmocka_unit_test(what_is_no_resp_is_told),
      cmocka_unit_test(a_large_reply_is_told_while_it_comes),
      cmocka_unit_test(a_tombstone_swallows_its_reply),
      cmocka_unit_test(the_oldest_sleeper_leads_next),
      cmocka_unit_test(a_completion_is_told_once),
  };
  return cmocka_run_group_tests_name("reply_queue", tests, nullptr, nullptr);
}
