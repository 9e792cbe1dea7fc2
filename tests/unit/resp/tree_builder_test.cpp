#include "resp/tree_builder.h"

#include "resp/server_answer.h"
#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static PlainReply number(std::int64_t value) {
  PlainReply plain;
  plain.type = ReplyType::kInteger;
  plain.integer = value;
  return plain;
}

static void put_number(TreeBuilder& tree, std::int64_t value, bool completes_the_reply) {
  assert_true(tree.put(number(value)));
  assert_enum(tree.close_item(), completes_the_reply);
}

static void items_in_order_become_a_tree(void**) {
  TreeBuilder tree;
  ArenaPtr arena;
  tree.begin({&arena, nullptr});
  assert_true(tree.open('*', 3));
  assert_true(tree.open('%', 2));
  assert_int_equal(tree.depth(), 2);
  put_number(tree, 1, false);
  put_number(tree, 2, false);
  assert_int_equal(tree.depth(), 1);
  assert_true(tree.put_error("ERR no"));
  assert_false(tree.close_item());
  char* const text = tree.put_string(2);
  assert_non_null(text);
  text[0] = 'a';
  text[1] = 'b';
  assert_true(tree.close_item());
  assert_text(shown(arena->root()), "[{:1 :2} -ERR no $ab]");
  assert_int_equal(arena->root().elements[0].elements[1].depth, 2);
  assert_int_equal(arena->root().elements[2].text[2], 0);
}

// An error in an array is not the refusal of the command.
static void an_error_inside_was_executed(void**) {
  for (const bool inside : {false, true}) {
    TreeBuilder tree;
    ArenaPtr arena;
    tree.begin({&arena, nullptr});
    if (inside) assert_true(tree.open('*', 1));
    assert_true(tree.put_error("MOVED 1 h:1"));
    assert_true(tree.close_item());
    const Reply& error = inside ? arena->root().elements[0] : arena->root();
    assert_enum(error.error->outcome, inside ? outcome_inside("MOVED 1 h:1") : Outcome::kRefused);
  }
}

static void an_empty_aggregate_is_complete(void**) {
  TreeBuilder tree;
  ArenaPtr arena;
  tree.begin({&arena, nullptr});
  assert_true(tree.open('~', 0));
  assert_int_equal(tree.depth(), 0);
  assert_true(tree.close_item());
  assert_text(shown(arena->root()), "~[]");
}

static void it_counts_what_is_still_to_come(void**) {
  TreeBuilder tree;
  tree.begin({});
  assert_int_equal(tree.items_left(), 1);
  assert_true(tree.open('*', 3));
  assert_true(tree.open('*', 2));
  assert_int_equal(tree.items_left(), 4);  // two inside, two behind
  put_number(tree, 1, false);
  assert_int_equal(tree.items_left(), 3);
  tree.abandon();
  assert_int_equal(tree.depth(), 0);
  assert_int_equal(tree.items_left(), 1);
}

static void what_is_dropped_is_counted_and_leaves_its_place_alone(void**) {
  TreeBuilder tree;
  ArenaPtr arena;
  tree.begin({&arena, nullptr});
  tree.drop();
  assert_false(tree.keeps());
  assert_true(tree.open('>', 2));
  put_number(tree, 1, false);
  assert_true(tree.put_error("ERR no"));
  assert_true(tree.close_item());
  assert_null(arena.get());
}

static void a_reply_of_a_batch_goes_to_its_node(void**) {
  TreeBuilder tree;
  ArenaPtr arena(Arena::create(0));
  assert_true(arena->make_array(arena->root(), 2));
  for (std::size_t i = 0; i < 2; ++i) {
    tree.begin({&arena, &arena->root().elements[i]});
    assert_true(tree.open('*', 1));
    put_number(tree, static_cast<std::int64_t>(i), true);
  }
  assert_text(shown(arena->root()), "[[:0] [:1]]");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(items_in_order_become_a_tree),
      cmocka_unit_test(an_error_inside_was_executed),
      cmocka_unit_test(an_empty_aggregate_is_complete),
      cmocka_unit_test(it_counts_what_is_still_to_come),
      cmocka_unit_test(what_is_dropped_is_counted_and_leaves_its_place_alone),
      cmocka_unit_test(a_reply_of_a_batch_goes_to_its_node),
  };
  return cmocka_run_group_tests_name("tree_builder", tests, nullptr, nullptr);
}
