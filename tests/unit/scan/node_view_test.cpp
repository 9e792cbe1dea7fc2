#include "scan/node_view.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

// As Redis 7 writes it.
const std::string kNodes =
    "aaaa 127.0.0.1:7001@17001,host-a master - 0 1700000000000 2 connected 5461-10922\n"
    "bbbb 127.0.0.1:7000@17000,,shard-id=x myself,master - 0 1700000000000 1 connected 0-99 101 200-300 "
    "[99->-aaaa] [250->-aaaa] [6000-<-aaaa]\n"
    "cccc ::1:7002@17002 slave bbbb 0 1700000000000 1 connected\n"
    "dddd :0@0 master,fail,noaddr - 0 0 0 disconnected 12000-12001\n";

std::string with_slots(const std::string& slots) {
  return "bbbb 127.0.0.1:7000@17000 myself,master - 0 0 1 connected " + slots + "\n";
}

}  // namespace

static void a_node_tells_its_slots_and_what_is_moving(void**) {
  const auto view = parse_node_view(kNodes);
  assert_true(view.has_value());
  assert_text(view->id, "bbbb");
  assert_true(view->is_primary);
  for (const int slot : {0, 98, 101, 200, 300}) assert_true(view->has_all_of(slot));
  for (const int slot : {99, 250}) {
    assert_true(view->owns(slot));
    assert_false(view->has_all_of(slot));
    assert_text(view->leaving_mark(slot)->node, "aaaa");
  }
  for (const int slot : {100, 102, 199, 301, 5461, 6000, 16383}) assert_false(view->owns(slot));
  assert_text(view->arriving_mark(6000)->node, "aaaa");
  assert_null(view->arriving_mark(99));
  assert_null(view->leaving_mark(0));
}

static void old_servers_and_replicas_are_understood(void**) {
  const auto old = parse_node_view("bbbb 127.0.0.1:7000 myself,master - 0 0 1 connected 0-5\r\n");
  assert_true(old && old->owns(5) && !old->owns(6));
  const auto replica = parse_node_view("bbbb 127.0.0.1:7000@1 myself,slave aaaa 0 0 1 connected\n");
  assert_true(replica && !replica->is_primary && !replica->owns(0));
  const auto empty = parse_node_view("bbbb :0@0 myself,master - 0 0 0 connected");
  assert_true(empty && empty->is_primary && !empty->owns(0));
}

static void nonsense_is_no_view(void**) {
  for (const char* text : {"", "\n", "bbbb", "aaaa 127.0.0.1:1@2 master - 0 0 1 connected 0-5\n",
                           "bbbb 127.0.0.1:7000@1 myself,master - 0\n"}) {
    assert_false(parse_node_view(text).has_value());
  }
  for (const char* slots : {"x", "-1", "16384", "5-4", "0-16384", "[", "[]", "[1->-aaaa", "[x->-aaaa]",
                            "[1-aaaa]", "[16384-<-aaaa]", "1-2-3"}) {
    assert_false(parse_node_view(with_slots(slots)).has_value());
  }
  assert_true(parse_node_view(with_slots("0-16383")).has_value());
}

static void other_nodes_are_found_by_id_and_by_slot(void**) {
  assert_text(to_string(line_of_node(kNodes, "aaaa")->address), "127.0.0.1:7001");
  assert_text(to_string(line_of_node(kNodes, "cccc")->address), "[::1]:7002");
  assert_false(line_of_node(kNodes, "dddd").has_value());
  assert_false(line_of_node(kNodes, "eeee").has_value());
  assert_text(line_of_owner(kNodes, 7000)->id, "aaaa");
  assert_text(line_of_owner(kNodes, 101)->id, "bbbb");
  assert_false(line_of_owner(kNodes, 12000).has_value());  // it has failed
  assert_false(line_of_owner(kNodes, 16383).has_value());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_node_tells_its_slots_and_what_is_moving),
      cmocka_unit_test(old_servers_and_replicas_are_understood),
      cmocka_unit_test(nonsense_is_no_view),
      cmocka_unit_test(other_nodes_are_found_by_id_and_by_slot),
  };
  return cmocka_run_group_tests_name("node_view", tests, nullptr, nullptr);
}
