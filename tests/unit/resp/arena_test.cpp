#include "resp/arena.h"

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "unit/refused_memory.h"
#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static ArenaPtr new_arena(std::size_t inline_bytes = 0) { return ArenaPtr(Arena::create(inline_bytes)); }

static void pieces_are_aligned_and_do_not_overlap(void**) {
  const ArenaPtr arena = new_arena(100);
  std::vector<std::pair<unsigned char*, std::size_t>> pieces;
  for (const std::size_t size : {1U, 7U, 16U, 100U, 3000U, 65000U, 65536U, 200000U, 1U, 40000U, 40000U}) {
    auto* piece = static_cast<unsigned char*>(arena->allocate(size));
    assert_non_null(piece);
    assert_int_equal(reinterpret_cast<std::uintptr_t>(piece) % alignof(Reply), 0);
    std::memset(piece, static_cast<int>(pieces.size()), size);
    pieces.emplace_back(piece, size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t at = 0; at < pieces[i].second; ++at) assert_int_equal(pieces[i].first[at], i);
  }
}

static void copied_bytes_end_with_a_nul(void**) {
  const ArenaPtr arena = new_arena();
  std::string bytes("a\0b", 3);
  const char* copy = arena->copy(bytes);
  bytes.assign(3, 'x');
  assert_memory_equal(copy, "a\0b\0", 4);
  assert_string_equal(arena->copy({}), "");
}

static void an_array_has_nil_elements(void**) {
  const ArenaPtr arena = new_arena();
  assert_true(arena->make_array(arena->root(), 3));
  assert_text(shown(arena->root()), "[nil nil nil]");
  assert_true(arena->make_array(arena->root().elements[1], 0));
  assert_text(shown(arena->root()), "[nil [] nil]");
  assert_int_equal(arena->root().elements[1].depth, 1);
}

static void an_error_element_tells_everything(void**) {
  const ArenaPtr arena = new_arena();
  assert_true(arena->make_error(arena->root(), Code::kServer, Outcome::kExecuted, "WRONGTYPE not a list",
                                "WRONGTYPE"));
  assert_true(arena->root().is_error());
  assert_failure(*arena->root().error, Code::kServer, Outcome::kExecuted, "WRONGTYPE not a list");
  assert_string_equal(arena->root().error->server_code, "WRONGTYPE");
  assert_text(arena->root().string(), "WRONGTYPE not a list");
}

static void a_tree_can_be_copied_to_outlive_its_arena(void**) {
  ReplyPtr from = parsed("*5\r\n+OK\r\n$4\r\nbulk\r\n:-7\r\n*2\r\n$-1\r\n*0\r\n-WRONGTYPE no\r\n");
  const ArenaPtr arena = new_arena();
  assert_true(arena->make_array(arena->root(), 2));
  assert_true(copy_tree(*from, arena->root().elements[1], *arena));
  from.reset();
  assert_text(shown(arena->root()), "[nil [+OK $bulk :-7 [nil []] -WRONGTYPE no]]");
  const Error& error = *arena->root().elements[1].elements[4].error;
  assert_failure(error, Code::kServer, Outcome::kExecuted, "WRONGTYPE no");
  assert_string_equal(error.server_code, "WRONGTYPE");
}

static void a_tree_of_any_depth_is_copied(void**) {
  constexpr int kDepth = 200000;  // deeper than a stack could follow
  const ArenaPtr deep = new_arena();
  Reply* node = &deep->root();
  for (int i = 0; i < kDepth; ++i) {
    assert_true(deep->make_array(*node, 2));
    node->elements[0].type = ReplyType::kInteger;
    node->elements[0].integer = i;
    node = &node->elements[1];
  }
  const ArenaPtr arena = new_arena();
  assert_true(copy_tree(deep->root(), arena->root(), *arena));
  const Reply* copied = &arena->root();
  for (int i = 0; i < kDepth; ++i) {
    assert_int_equal(copied->length, 2);
    assert_int_equal(copied->elements[0].integer, i);
    copied = &copied->elements[1];
  }
  assert_enum(copied->type, ReplyType::kNil);
}

static void a_copied_root_stays_the_root_of_its_own_arena(void**) {
  const ReplyPtr from = parsed("$4\r\ntext\r\n");
  ArenaPtr arena = new_arena();
  assert_true(copy_tree(*from, arena->root(), *arena));
  const ReplyPtr copy = into_reply(std::move(arena));
  assert_text(copy->string(), "text");
  assert_true(copy->text != from->text);
  assert_true(copy->is_root);
}

static void adopted_arenas_live_as_long_as_the_one_that_took_them(void**) {
  ArenaPtr all = new_arena();
  std::vector<const char*> texts;
  for (int i = 0; i < 3; ++i) {
    ArenaPtr family = new_arena();
    texts.push_back(family->copy("parent " + std::to_string(i)));
    for (int j = 0; j < 3; ++j) {
      ArenaPtr child = new_arena();
      texts.push_back(child->copy("child"));
      family->adopt(child.release());
    }
    all->adopt(family.release());
  }
  const ReplyPtr reply = into_reply(std::move(all));
  assert_string_equal(texts[0], "parent 0");
  assert_string_equal(texts[3], "child");
  assert_string_equal(texts[8], "parent 2");
}

static void only_roots_are_freed(void**) {
  free_reply(nullptr);
  const ReplyPtr reply = parsed("*1\r\n$1\r\nx\r\n");
  free_reply(&reply->elements[0]);
  assert_text(shown(*reply), "[$x]");
}

static void a_reply_may_be_freed_by_another_thread(void**) {
  for (int i = 0; i < 50; ++i) {
    ReplyPtr reply = parsed("$100000\r\n" + std::string(100000, 'x') + "\r\n");
    ArenaPtr large = new_arena();
    for (int j = 0; j < 40; ++j) assert_non_null(large->allocate(30000));
    std::thread([moved = std::move(reply), also = std::move(large)] {}).join();
  }
}

static void without_memory_null_is_the_answer(void**) {
  assert_null(Arena::create(SIZE_MAX / 4));
  const ArenaPtr arena = new_arena();
  assert_null(arena->allocate(SIZE_MAX / 4));
  assert_false(arena->reserve_elements(arena->root(), std::size_t{UINT32_MAX} + 1));
  assert_string_equal(arena->copy("still good"), "still good");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
      cmocka_unit_test(copied_bytes_end_with_a_nul),
      cmocka_unit_test(an_array_has_nil_elements),
      cmocka_unit_test(an_error_element_tells_everything),
      cmocka_unit_test(a_tree_can_be_copied_to_outlive_its_arena),
      cmocka_unit_test(a_tree_of_any_depth_is_copied),
      cmocka_unit_test(a_copied_root_stays_the_root_of_its_own_arena),
      cmocka_unit_test(adopted_arenas_live_as_long_as_the_one_that_took_them),
      cmocka_unit_test(only_roots_are_freed),
      cmocka_unit_test(a_reply_may_be_freed_by_another_thread),
      cmocka_unit_test(without_memory_null_is_the_answer),
  };
  return cmocka_run_group_tests_name("arena", tests, nullptr, nullptr);
}
