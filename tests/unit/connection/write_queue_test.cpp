// What is queued and not yet sent: places, taking back, holes, dropping.
#include "connection/write_queue.h"

#include <cstring>
#include <string>

#include "connection/out_bytes.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static void add(WriteQueue& queue, Request& request, std::string_view bytes) {
  std::memcpy(queue.extend(request, bytes.size()), bytes.data(), bytes.size());
  queue.push(request);
}

static std::string text_of(const OutBytes& out) { return {out.data(), out.size()}; }

static void bytes_leave_in_the_order_of_their_requests(void**) {
  WriteQueue queue;
  OutBytes out;
  RequestQueue sent;
  Request a, b, c;
  assert_true(queue.empty());
  add(queue, a, "one");
  add(queue, b, "two!");
  out.take(queue, sent);
  assert_string_equal(text_of(out).c_str(), "onetwo!");
  assert_true(queue.empty());
  assert_false(queue.holds(a));
  assert_ptr_equal(sent.pop(), &a);
  assert_ptr_equal(sent.pop(), &b);
  assert_int_equal(out.sent(), 0);
  out.note_sent(2);
  assert_string_equal(text_of(out).c_str(), "etwo!");
  out.note_sent(5);
  out.clear();
  assert_int_equal(out.sent(), 7);
  add(queue, c, "three");
  assert_int_equal(c.begin, 7);
  assert_true(queue.holds(c));
}

// Each subset of four.
static void what_is_taken_back_is_not_sent(void**) {
  const char* const words[] = {"a", "bb", "ccc", "dddd"};
  for (unsigned out_of_it = 0; out_of_it < 16; ++out_of_it) {
    WriteQueue queue;
    Request requests[5];
    for (int i = 0; i < 4; ++i) add(queue, requests[i], words[i]);
    std::string expected;
    for (unsigned i = 0; i < 4; ++i) {
      if ((out_of_it >> i & 1) != 0) {
        queue.take_back(requests[i]);
      } else {
        expected += words[i];
      }
    }
    add(queue, requests[4], "last");
    OutBytes out;
    RequestQueue sent;
    out.take(queue, sent);
    assert_string_equal(text_of(out).c_str(), (expected + "last").c_str());
    assert_int_equal(requests[4].begin, expected.size());
  }
}

static void what_is_dropped_is_held_no_more(void**) {
  WriteQueue queue;
  Request a, b, c;
  add(queue, a, "one");
  add(queue, b, "two");
  queue.take_back(a);
  RequestQueue dropped = queue.drop();
  assert_ptr_equal(dropped.pop(), &b);
  assert_null(dropped.pop());
  assert_true(queue.empty());
  assert_false(queue.holds(b));
  add(queue, c, "three");
  OutBytes out;
  RequestQueue sent;
  out.take(queue, sent);
  assert_string_equal(text_of(out).c_str(), "three");
  assert_int_equal(out.sent(), c.begin);
}

static void a_pinned_request_is_found(void**) {
  WriteQueue queue;
  Request a, b;
  add(queue, a, "one");
  assert_false(queue.any_pinned());
  b.pinned = true;
  add(queue, b, "two");
  assert_true(queue.any_pinned());
}

static void the_oldest_sleeper_is_promoted(void**) {
  WriteQueue queue;
  Request a, b, c;
  for (Request* request : {&a, &b, &c}) add(queue, *request, "x");
  assert_null(queue.promote_oldest());
  b.phase = c.phase = Request::kParked;
  assert_ptr_equal(queue.promote_oldest(), &b);
  assert_string_equal(Request::name_of(Request::Phase(b.phase.load())), "promoted");
  assert_ptr_equal(queue.promote_oldest(), &c);
  assert_null(queue.promote_oldest());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_leave_in_the_order_of_their_requests),
      cmocka_unit_test(what_is_taken_back_is_not_sent),
      cmocka_unit_test(what_is_dropped_is_held_no_more),
      cmocka_unit_test(a_pinned_request_is_found),
      cmocka_unit_test(the_oldest_sleeper_is_promoted),
  };
  return cmocka_run_group_tests_name("write_queue", tests, nullptr, nullptr);
}
