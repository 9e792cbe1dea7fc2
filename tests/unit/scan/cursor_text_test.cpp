#include "scan/cursor_text.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

Members members(std::vector<const char*> ids) {
  std::vector<Member> all;
  int port = 7000;
  for (const char* id : ids) all.push_back({{"127.0.0.1", port++}, id});
  return Members(std::move(all));
}

ScanState in_the_middle() {
  NodeView view;
  view.is_primary = true;
  for (std::size_t slot = 0; slot < 5000; slot += 2) view.slots[slot] = true;
  ScanState state;
  state.ask_alone(16383);
  state.give_up({77});
  state.begin({"[::1]:7000", "run-id", "0-{06S}-\\x", true}, view);
  return state;
}

void assert_refused(std::string_view text) {
  auto read = read_cursor(text);
  assert_false(read.ok());
  assert_failure(read.error(), Code::kInvalidArgument, Outcome::kNotSent, "cursor");
}

}  // namespace

static void a_cursor_is_read_as_it_was_written(void**) {
  for (const ScanState& state : {ScanState(), ScanState(123), in_the_middle()}) {
    const std::string text = write_cursor(state, cluster_sample(members({"a", "b"})), 42);
    for (const char c : text) assert_true(c > ' ' && c < 127);
    auto read = read_cursor(text);
    assert_true(read.ok());
    assert_true(read.value().filter == 42);
    for (int slot = 0; slot < kSlotCount; ++slot) assert_enum(read.value().state.at(slot), state.at(slot));
    assert_int_equal(read.value().state.pass().has_value(), state.pass().has_value());
    if (state.pass()) {
      assert_text(read.value().state.pass()->node, state.pass()->node);
      assert_text(read.value().state.pass()->process, state.pass()->process);
      assert_text(read.value().state.pass()->cursor, state.pass()->cursor);
      assert_int_equal(read.value().state.pass()->tells_slots, state.pass()->tells_slots);
    }
    assert_text(write_cursor(read.value().state, read.value().sample, read.value().filter), text);
  }
}

static void every_change_of_a_byte_is_noticed(void**) {
  const std::string text = write_cursor(ScanState(), cluster_sample(members({"a", "b"})), 42);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '0' ? '1' : '0';
    assert_refused(changed);
    assert_refused(text.substr(0, i));
    assert_refused(text.substr(0, i) + text.substr(i + 1));
  }
  assert_refused(text + " ");
}

static void rubbish_is_no_cursor(void**) {
  for (const char* text :
       {"", "0", ".", "....", "rcscan1", "rcscan1.....", "rcscan1.....0000000000000000", "\xff\xfe"})
    assert_refused(text);
  assert_refused(std::string(5000000, '.'));
}

static void a_cluster_is_known_by_any_of_its_nodes(void**) {
  const std::string sample = cluster_sample(members({"a", "b", "c"}));
  assert_true(same_cluster(sample, members({"x", "c"})));
  assert_false(same_cluster(sample, members({"x", "y"})));
  assert_false(same_cluster(sample, members({})));
  assert_false(same_cluster("", members({"a"})));
  assert_true(same_cluster(cluster_sample(members({""})), members({""})));  // known by its address
  std::vector<std::string> names;
  std::vector<const char*> many;
  for (int i = 0; i < 1000; ++i) names.push_back("node" + std::to_string(i));
  for (const auto& name : names) many.push_back(name.c_str());
  assert_true(cluster_sample(members(many)).size() < 1000);  // a sample is enough
}

static void other_filters_have_other_numbers(void**) {
  const std::uint64_t numbers[] = {filter_number("", false, ""),  filter_number("", true, ""),
                                   filter_number("a", true, ""),  filter_number("", false, "a"),
                                   filter_number("a", true, "b"), filter_number("b", true, "a")};
  for (std::size_t i = 0; i < std::size(numbers); ++i) {
    for (std::size_t k = 0; k < i; ++k) assert_true(numbers[i] != numbers[k]);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_cursor_is_read_as_it_was_written),
      cmocka_unit_test(every_change_of_a_byte_is_noticed),
      cmocka_unit_test(rubbish_is_no_cursor),
      cmocka_unit_test(a_cluster_is_known_by_any_of_its_nodes),
      cmocka_unit_test(other_filters_have_other_numbers),
  };
  return cmocka_run_group_tests_name("cursor_text", tests, nullptr, nullptr);
}
