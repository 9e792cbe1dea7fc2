#include "commands/may_block.h"

#include "commands/command_table.h"
#include "unit/commands/words.h"

#include "unit/cmocka.hpp"  // last

using namespace rediscluster;

static bool blocks(const Words& words) { return may_block(*find_command(words.args()), words.args()); }

static void commands_that_wait_may_block(void**) {
  for (const char* line : {"BLPOP k 0", "brpop k 1", "BLMOVE a b LEFT LEFT 0", "BZPOPMIN k 0",
                           "BLMPOP 0 1 k LEFT", "BRPOPLPUSH a b 0", "WAIT 1 0"}) {
    if (!blocks(line)) fail_msg("%s may block", line);
  }
}

static void ordinary_commands_do_not_block(void**) {
  for (const char* line : {"GET k", "LPOP k", "LMPOP 1 k LEFT", "EVAL s 0", "CLUSTER SLOTS", "GET block"}) {
    if (blocks(line)) fail_msg("%s does not block", line);
  }
}

static void stream_reads_block_only_when_asked_to(void**) {
  assert_true(blocks("XREAD BLOCK 0 STREAMS s $"));
  assert_true(blocks("XREAD COUNT 2 block 5 STREAMS s $"));
  assert_false(blocks("XREAD STREAMS s 0"));
  assert_false(blocks("XREAD COUNT 2 STREAMS block 0"));
  assert_false(blocks("XREAD"));
  assert_true(blocks("XREADGROUP GROUP g c COUNT 1 BLOCK 0 NOACK STREAMS s >"));
  assert_false(blocks("XREADGROUP GROUP g c STREAMS s >"));
  assert_false(blocks("XREADGROUP GROUP block block STREAMS s >"));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(commands_that_wait_may_block),
      cmocka_unit_test(ordinary_commands_do_not_block),
      cmocka_unit_test(stream_reads_block_only_when_asked_to),
  };
  return cmocka_run_group_tests_name("may_block", tests, nullptr, nullptr);
}
