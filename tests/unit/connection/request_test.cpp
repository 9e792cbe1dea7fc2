#include "connection/request_queue.h"

#include <vector>

#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static std::vector<Request*> drain(RequestQueue& queue) {
  std::vector<Request*> all;
  while (Request* request = queue.pop()) all.push_back(request);
  return all;
}

static void a_queue_is_first_in_first_out(void**) {
  Request a;
  Request b;
  Request c;
  RequestQueue queue;
  assert_true(queue.empty());
  assert_null(queue.pop());
  queue.push(&a);
  queue.push(&b);
  assert_ptr_equal(queue.front(), &a);
  assert_ptr_equal(queue.pop(), &a);
  queue.push(&c);
  assert_true((drain(queue) == std::vector<Request*>{&b, &c}));
  queue.push(&a);  // again, after it was empty
  assert_true((drain(queue) == std::vector<Request*>{&a}));
}

static void a_queue_can_be_moved_behind_another(void**) {
  Request a;
  Request b;
  Request c;
  RequestQueue first;
  RequestQueue second;
  first.append(second);
  assert_true(first.empty());
  second.push(&a);
  second.push(&b);
  first.append(second);
  assert_true(second.empty());
  second.push(&c);
  first.append(second);
  first.append(second);
  assert_true((drain(first) == std::vector<Request*>{&a, &b, &c}));
}

// Each subset, and each place to go on from.
static void any_requests_can_be_taken_out(void**) {
  for (unsigned out = 0; out < 16; ++out) {
    Request requests[6];
    RequestQueue queue;
    for (int i = 0; i < 4; ++i) queue.push(&requests[i]);
    std::vector<Request*> expected;
    for (unsigned i = 0; i < 4; ++i) {
      if ((out >> i & 1) != 0) {
        queue.remove(&requests[i]);
      } else {
        expected.push_back(&requests[i]);
      }
    }
    queue.push(&requests[4]);
    queue.push(&requests[5]);
    queue.remove(&requests[4]);
    expected.push_back(&requests[5]);
    assert_true(drain(queue) == expected);
  }
  Request only;
  RequestQueue queue;
  queue.push(&only);
  queue.remove(&only);
  assert_true(queue.empty());
}

// As a connection does with what it has read.
static void receive(Request& request, std::string_view bytes) {
  ReplyParser parser;
  parser.feed(bytes.data(), bytes.size());
  while (parser.has_bytes()) {
    assert_enum(parser.next(request.destination()), Parsed::kReply);
    ++request.received;
  }
}

static void a_recycled_request_is_as_good_as_new(void**) {
  for (int round = 0; round < 20; ++round) {
    RequestPtr request = round % 2 == 0 ? new_request() : new_batch(2);
    assert_false(request->done());
    assert_false(request->finished());
    assert_false(request->pinned);
    assert_true(request->failure == nullptr);
    receive(*request, round % 2 == 0 ? "+OK\r\n" : "+OK\r\n:1\r\n");
    assert_true(request->finished());
    assert_text(shown(request->arena->root()), round % 2 == 0 ? "+OK" : "[+OK :1]");
    request->pinned = true;
    request->sent = 7;
    request->failure = make_error(Code::kIo, Outcome::kUnknown, "lost");
    request->phase = Request::kDone;
  }
}

static void what_came_of_a_batch_can_be_had_before_its_end(void**) {
  RequestPtr request = new_batch(3);
  receive(*request, "$5\r\nfirst\r\n*2\r\n:1\r\n$1\r\nx\r\n");
  const RequestPtr copy = request->received_so_far();
  assert_true(copy->done());
  assert_int_equal(copy->received, 2);
  assert_text(shown(copy->arena->root()), "[$first [:1 $x] nil]");
  receive(*request, "+third\r\n");
  assert_text(shown(request->arena->root()), "[$first [:1 $x] +third]");
  request.reset();
  assert_text(shown(copy->arena->root()), "[$first [:1 $x] nil]");
}

static void of_a_single_reply_there_is_nothing_before_its_end(void**) {
  const RequestPtr request = new_request();
  const RequestPtr copy = request->received_so_far();
  assert_true(copy->done());
  assert_int_equal(copy->received, 0);
}

static void a_request_under_way_becomes_a_tombstone_when_its_caller_lets_go(void**) {
  RequestPtr request = new_request();
  Request* const connections = request.get();
  connections->queued = true;
  request.reset();
  assert_int_equal(connections->phase, Request::kAbandoned);
  assert_null(connections->destination().arena);  // its reply is dropped
  connections->phase = Request::kDone;
  RequestRecycler()(connections);
}

static void a_finished_request_is_no_tombstone(void**) {
  RequestPtr request = new_request();
  request->phase = Request::kDone;
  assert_false(request->become_tombstone());
  assert_true(request->done());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_queue_is_first_in_first_out),
      cmocka_unit_test(a_queue_can_be_moved_behind_another),
      cmocka_unit_test(any_requests_can_be_taken_out),
      cmocka_unit_test(a_recycled_request_is_as_good_as_new),
      cmocka_unit_test(what_came_of_a_batch_can_be_had_before_its_end),
      cmocka_unit_test(of_a_single_reply_there_is_nothing_before_its_end),
      cmocka_unit_test(a_request_under_way_becomes_a_tombstone_when_its_caller_lets_go),
      cmocka_unit_test(a_finished_request_is_no_tombstone),
  };
  return cmocka_run_group_tests_name("request", tests, nullptr, nullptr);
}
