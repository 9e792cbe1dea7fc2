#include "commands/learned_commands.h"

#include <atomic>
#include <string>
#include <thread>

#include "unit/commands/words.h"

#include "unit/cmocka.hpp"  // last

using namespace rediscluster;

static std::shared_ptr<const LearnedCommand> make(const std::string& name, int arity = -1) {
  auto learned = std::make_shared<LearnedCommand>();
  CommandSpec spec;
  spec.arity = static_cast<std::int16_t>(arity);
  learned->add(spec, name);
  return learned;
}

static void what_was_remembered_is_found_in_any_letter_case(void**) {
  LearnedCommands commands;
  assert_null(commands.find(Words("MOD.GET k").args()).get());
  commands.remember("Mod.Get", make("mod.get"));
  assert_non_null(commands.find(Words("MOD.GET k").args()).get());
  assert_non_null(commands.find(Words("mod.get").args()).get());
  assert_null(commands.find(Words("mod.set k").args()).get());
  assert_null(commands.find(Words("").args()).get());
}

static void a_renamed_command_is_found_by_the_name_that_callers_use(void**) {
  LearnedCommands commands;
  commands.remember("secret", make("get"));
  assert_non_null(commands.find(Words("SECRET k").args()).get());
  assert_null(commands.find(Words("get k").args()).get());
}

static void a_subcommand_has_its_own_description_and_others_have_their_containers(void**) {
  LearnedCommand learned;
  CommandSpec spec;
  for (const auto& [name, arity] : {std::pair("mod", -2), {"mod|get", 3}, {"mod|set", 4}}) {
    spec.arity = static_cast<std::int16_t>(arity);
    learned.add(spec, name);
  }
  assert_int_equal(learned.spec_for(Words("MOD GET k").args()).arity, 3);
  assert_int_equal(learned.spec_for(Words("mod Set k v").args()).arity, 4);
  assert_int_equal(learned.spec_for(Words("MOD other").args()).arity, -2);
  assert_int_equal(learned.spec_for(Words("MOD").args()).arity, -2);
}

static void the_latest_description_holds_and_the_earlier_stays_good_for_its_holder(void**) {
  LearnedCommands commands;
  commands.remember("x", make("x", 2));
  const auto earlier = commands.find(Words("x").args());
  commands.remember("x", make("x", 3));
  assert_int_equal(commands.find(Words("x").args())->spec_for(Words("x").args()).arity, 3);
  assert_int_equal(earlier->spec_for(Words("x").args()).arity, 2);
}

static void handles_do_not_share_what_they_learned(void**) {
  LearnedCommands one;
  LearnedCommands other;
  one.remember("x", make("x"));
  assert_non_null(one.find(Words("x").args()).get());
  assert_null(other.find(Words("x").args()).get());
  assert_non_null(one.find(Words("x").args()).get());
}

static void overlong_names_and_nothing_are_not_remembered(void**) {
  LearnedCommands commands;
  const std::string name(1000, 'x');
  commands.remember(name, make(name));
  assert_null(commands.find(Words(std::vector<std::string>{name}).args()).get());
  commands.remember("y", nullptr);
  assert_null(commands.find(Words("y").args()).get());
}

static void not_more_names_are_remembered_than_a_server_can_have(void**) {
  LearnedCommands commands;
  for (int i = 0; i < 3000; ++i) commands.remember("cmd" + std::to_string(i), make("cmd"));
  int found = 0;
  for (int i = 0; i < 3000; ++i)
    found += commands.find(Words(("cmd" + std::to_string(i)).c_str()).args()) != nullptr ? 1 : 0;
  assert_in_range(found, 1000, 2000);
}

static void threads_learn_and_find_at_once(void**) {
  constexpr int kNames = 100;
  LearnedCommands commands;
  std::atomic<int> wrong{0};
  const auto work = [&](int offset) {
    for (int i = 0; i < 20 * kNames; ++i) {
      const std::string name = "cmd" + std::to_string((i + offset) % kNames);
      const Words words(std::vector<std::string>{name});
      const auto found = commands.find(words.args());
      if (found == nullptr) {
        commands.remember(name, make(name));
      } else if (found->spec_for(words.args()).name != name) {
        ++wrong;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work, i * 25);
  for (std::thread& thread : threads) thread.join();
  assert_int_equal(wrong.load(), 0);
  for (int i = 0; i < kNames; ++i) {
    assert_non_null(commands.find(Words(("CMD" + std::to_string(i)).c_str()).args()).get());
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_was_remembered_is_found_in_any_letter_case),
      cmocka_unit_test(a_renamed_command_is_found_by_the_name_that_callers_use),
      cmocka_unit_test(a_subcommand_has_its_own_description_and_others_have_their_containers),
      cmocka_unit_test(the_latest_description_holds_and_the_earlier_stays_good_for_its_holder),
      cmocka_unit_test(handles_do_not_share_what_they_learned),
      cmocka_unit_test(overlong_names_and_nothing_are_not_remembered),
      cmocka_unit_test(not_more_names_are_remembered_than_a_server_can_have),
      cmocka_unit_test(threads_learn_and_find_at_once),
  };
  return cmocka_run_group_tests_name("learned_commands", tests, nullptr, nullptr);
}
