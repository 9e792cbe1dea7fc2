#include "scan/scan_state.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

using Slot = ScanState::Slot;

namespace {

NodeView owner_of(int first, int last) {
  NodeView view;
  view.is_primary = true;
  for (int slot = first; slot <= last; ++slot) view.slots[static_cast<std::size_t>(slot)] = true;
  return view;
}

ScanState::Pass pass(bool tells_slots = false) { return {"127.0.0.1:7000", "process", "0", tells_slots}; }

// A cursor of CLUSTERSCAN: the hash tags of these slots.
constexpr const char* kAtSlot0 = "0-{06S}-0";

}  // namespace

static void a_pass_proves_what_is_there_at_every_page(void**) {
  ScanState state;
  assert_true(state.begin(pass(), owner_of(0, 99)));
  assert_enum(state.at(0), Slot::kInPass);
  assert_enum(state.at(100), Slot::kWaiting);
  state.turn_page("17");
  assert_text(state.pass()->cursor, "17");
  state.hear("127.0.0.1:7000", owner_of(0, 99));
  state.turn_page("0");
  assert_false(state.pass().has_value());
  assert_enum(state.at(99), Slot::kDone);
  assert_false(state.finished());
}

static void what_leaves_during_a_pass_is_asked_by_slot(void**) {
  ScanState state;
  state.begin(pass(), owner_of(0, 99));
  NodeView view = owner_of(0, 98);
  view.leaving.push_back({5, "other"});
  state.hear("127.0.0.1:7000", view);
  state.hear("127.0.0.1:7000", owner_of(0, 99));  // back again: it is too late
  state.turn_page("0");
  assert_enum(state.at(99), Slot::kBySlot);
  assert_enum(state.at(5), Slot::kBySlot);
  assert_enum(state.at(6), Slot::kDone);
}

static void what_is_moving_at_the_beginning_is_in_no_pass(void**) {
  ScanState state;
  NodeView view = owner_of(7, 7);
  view.leaving.push_back({7, "other"});
  assert_true(state.begin(pass(), view));
  assert_false(state.pass().has_value());
  assert_enum(state.at(7), Slot::kBySlot);
}

static void nothing_that_waits_there_is_no_pass(void**) {
  ScanState state;
  state.begin(pass(), owner_of(0, 99));
  state.turn_page("0");
  assert_false(state.begin(pass(), owner_of(0, 99)));
  NodeView replica = owner_of(100, 200);
  replica.is_primary = false;
  assert_false(state.begin(pass(), replica));
}

static void another_process_costs_the_pass(void**) {
  ScanState state;
  state.begin(pass(), owner_of(0, 99));
  state.turn_page("17");
  state.abandon();
  assert_false(state.pass().has_value());
  assert_int_equal(state.by_slot().size(), 100);
}

static void a_cursor_that_tells_slots_costs_one(void**) {
  ScanState state;
  NodeView view = owner_of(0, 99);
  view.slots[50] = false;  // a gap
  assert_true(state.begin(pass(true), view, 10));
  assert_enum(state.at(9), Slot::kWaiting);
  assert_enum(state.at(10), Slot::kInPass);
  assert_enum(state.at(49), Slot::kInPass);
  assert_enum(state.at(51), Slot::kWaiting);
  state.turn_page(kAtSlot0);  // nothing is behind it
  assert_enum(state.at(10), Slot::kInPass);
  state.abandon();
  assert_enum(state.at(10), Slot::kWaiting);
  assert_int_equal(state.by_slot().size(), 0);
}

static void tries_are_bounded(void**) {
  for (const bool by_pass : {false, true}) {
    ScanState state(7);
    assert_enum(state.at(6), Slot::kOutside);
    assert_enum(state.at(7), Slot::kBySlot);
    for (int i = 0; i < ScanState::kMaxTries; ++i) {
      by_pass ? state.wait_again(7) : state.try_again(7);
      assert_enum(state.at(7), by_pass ? Slot::kWaiting : Slot::kBySlot);
    }
    state.try_again(7);
    assert_enum(state.at(7), Slot::kDoubtful);
    assert_true(state.finished());
  }
}

static void slots_that_were_tried_least_come_first(void**) {
  ScanState state;
  for (const int slot : {3, 4, 5}) state.ask_alone(slot);
  state.try_again(3);
  state.try_again(3);
  state.try_again(5);
  const std::vector<int> order = state.by_slot();
  assert_int_equal(order[0], 4);
  assert_int_equal(order[1], 5);
  assert_int_equal(order[2], 3);
}

static void a_half_that_the_owner_does_not_know_of_is_asked_once(void**) {
  ScanState state;
  state.begin(pass(), owner_of(0, 99));
  state.turn_page("0");
  NodeView importer = owner_of(100, 199);
  importer.arriving.push_back({5, "dead"});
  state.begin({"127.0.0.1:7001", "p", "0", false}, importer);
  assert_enum(state.at(5), Slot::kBySlot);
  assert_text(state.importer(5), "127.0.0.1:7001");
  state.settle(5);
  state.hear("127.0.0.1:7001", importer);
  assert_enum(state.at(5), Slot::kDone);
}

static void what_nobody_can_be_asked_for_is_left_out(void**) {
  ScanState state;
  state.begin(pass(), owner_of(0, 16383));
  state.give_up(state.all(Slot::kInPass));
  assert_true(state.finished());
  assert_int_equal(state.all(Slot::kDoubtful).size(), 16384);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_pass_proves_what_is_there_at_every_page),
      cmocka_unit_test(what_leaves_during_a_pass_is_asked_by_slot),
      cmocka_unit_test(what_is_moving_at_the_beginning_is_in_no_pass),
      cmocka_unit_test(nothing_that_waits_there_is_no_pass),
      cmocka_unit_test(another_process_costs_the_pass),
      cmocka_unit_test(a_cursor_that_tells_slots_costs_one),
      cmocka_unit_test(tries_are_bounded),
      cmocka_unit_test(slots_that_were_tried_least_come_first),
      cmocka_unit_test(a_half_that_the_owner_does_not_know_of_is_asked_once),
      cmocka_unit_test(what_nobody_can_be_asked_for_is_left_out),
  };
  return cmocka_run_group_tests_name("scan_state", tests, nullptr, nullptr);
}
