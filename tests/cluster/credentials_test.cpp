// The options that every connection of a handle is opened with, on clusters that ask for them.
#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

Options seeds() {
  Options options(rc_options_new());
  rc_options_add_node(options.get(), test_node_host(cluster, 0), test_node_port(cluster, 0), nullptr);
  test_access_by_tls(options.get());
  return options;
}

void the_password_is_given_to_every_node(void**) {
  test_cluster_options servers{};
  servers.password = "a secret";
  assert_int_equal(start_cluster(servers), 0);
  const Options options = seeds();
  Error error;
  assert_null(open_with(options, error).get());
  assert_int_equal(rc_error_code(error.get()), RC_ERR_AUTH);

  assert_int_equal(rc_options_set_password(options.get(), "a secret", nullptr), RC_OK);
  const Handle handle = open_with(options, error);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
}

void the_user_is_given_to_every_node(void**) {
  test_cluster_options servers{};
  servers.username = "app";
  servers.password = "a secret";
  assert_int_equal(start_cluster(servers), 0);
  const Options options = seeds();
  assert_int_equal(rc_options_set_username(options.get(), "app", nullptr), RC_OK);
  assert_int_equal(rc_options_set_password(options.get(), "a secret", nullptr), RC_OK);
  Error error;
  const Handle handle = open_with(options, error);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
}

void every_node_sees_the_name_of_the_handle(void**) {
  assert_int_equal(start_cluster({}), 0);
  const Options options = options_for(test_node_host(cluster, 0), test_node_port(cluster, 0), 5000);
  assert_int_equal(rc_options_set_name(options.get(), "billing", nullptr), RC_OK);
  Error error;
  const Handle handle = open_with(options, error);
  assert_non_null(handle.get());
  assert_true(all_nodes_serve(handle.get()));
  for (int node = 0; node < 3; ++node) {
    assert_true(text_at(node, "CLIENT LIST").find(" name=billing ") != std::string::npos);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_teardown(the_password_is_given_to_every_node, stop),
      cmocka_unit_test_teardown(the_user_is_given_to_every_node, stop),
      cmocka_unit_test_teardown(every_node_sees_the_name_of_the_handle, stop),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
