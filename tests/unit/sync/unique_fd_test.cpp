#include "sync/unique_fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static int open_fd() { return eventfd(0, EFD_CLOEXEC); }
static bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

static void a_descriptor_is_closed_with_its_owner(void**) {
  const int fd = open_fd();
  {
    const UniqueFd owner(fd);
    assert_true(static_cast<bool>(owner));
    assert_true(is_open(fd));
  }
  assert_false(is_open(fd));
}

static void moving_hands_the_descriptor_on(void**) {
  const int fd = open_fd();
  UniqueFd first(fd);
  UniqueFd second(std::move(first));
  assert_int_equal(second.get(), fd);
  // NOLINTNEXTLINE(bugprone-use-after-move): that a moved one is empty is what is tested
  assert_false(static_cast<bool>(first));
  assert_true(is_open(fd));
  second.reset();
  assert_false(is_open(fd));
}

static void assignment_closes_what_was_there(void**) {
  const int old_fd = open_fd();
  const int new_fd = open_fd();
  UniqueFd owner(old_fd);
  owner = UniqueFd(new_fd);
  assert_false(is_open(old_fd));
  assert_true(is_open(new_fd));
  assert_int_equal(owner.get(), new_fd);
}

// A program without them may write to them all the same.
static void the_standard_descriptors_are_left_to_the_program(void**) {
  const int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  assert_true(saved >= 10);
  close(STDIN_FILENO);
  const int taken = open_fd();
  const UniqueFd owner(taken);
  const bool left = !is_open(STDIN_FILENO);
  dup2(saved, STDIN_FILENO);
  close(saved);
  assert_int_equal(taken, STDIN_FILENO);
  assert_true(left);
  assert_true(owner.get() > STDERR_FILENO);
  assert_true(is_open(owner.get()));
  assert_int_equal(fcntl(owner.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void none_is_none(void**) { assert_false(static_cast<bool>(UniqueFd(-1))); }

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_descriptor_is_closed_with_its_owner),
      cmocka_unit_test(moving_hands_the_descriptor_on),
      cmocka_unit_test(assignment_closes_what_was_there),
      cmocka_unit_test(the_standard_descriptors_are_left_to_the_program),
      cmocka_unit_test(none_is_none),
  };
  return cmocka_run_group_tests_name("unique_fd", tests, nullptr, nullptr);
}
