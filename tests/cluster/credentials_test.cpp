// The options that every connection of a handle is opened with, on clusters that ask for them.
#include "handle.hpp"
#include "unit/cmocka.hpp"

namespace {

Options seeds_of(test_cluster* cluster) {
  Options options(rc_options_new());
  rc_options_add_node(options.get(), test_node_host(cluster, 0), test_node_port(cluster, 0), nullptr);
  test_access_by_tls(options.get());
  return options;
}

// Slots 0, 7629 and 12182: each of the three primaries is connected to.
void assert_all_nodes_serve(rc_cluster* handle) {
  for (const char* key : {"{06S}", "k", "foo"}) {
    Error error;
    const Reply reply = command(handle, {"SET", key, "v"}, error);
    if (reply == nullptr) std::fprintf(stderr, "%s\n", rc_error_message(error.get()));
    assert_non_null(reply.get());
  }
}

void the_password_is_given_to_every_node(void**) {
  test_cluster_options servers{};
  servers.password = "a secret";
  test_cluster* cluster = test_cluster_start(&servers);
  assert_non_null(cluster);
  const Options options = seeds_of(cluster);
  Error error;
  assert_null(open_with(options, error).get());
  assert_int_equal(rc_error_code(error.get()), RC_ERR_AUTH);

  assert_int_equal(rc_options_set_password(options.get(), "a secret", nullptr), RC_OK);
  const Handle handle = open_with(options, error);
  assert_non_null(handle.get());
  assert_all_nodes_serve(handle.get());
  test_cluster_stop(cluster);
}

void the_user_is_given_to_every_node(void**) {
  test_cluster_options servers{};
  servers.username = "app";
  servers.password = "a secret";
  test_cluster* cluster = test_cluster_start(&servers);
  assert_non_null(cluster);
  const Options options = seeds_of(cluster);
  assert_int_equal(rc_options_set_username(options.get(), "app", nullptr), RC_OK);
  assert_int_equal(rc_options_set_password(options.get(), "a secret", nullptr), RC_OK);
  Error error;
  const Handle handle = open_with(options, error);
  assert_non_null(handle.get());
  assert_all_nodes_serve(handle.get());
  test_cluster_stop(cluster);
}

void every_node_sees_the_name_of_the_handle(void**) {
  test_cluster_options servers{};
  test_cluster* cluster = test_cluster_start(&servers);
  assert_non_null(cluster);
  const Options options = options_for(test_node_host(cluster, 0), test_node_port(cluster, 0), 5000);
  assert_int_equal(rc_options_set_name(options.get(), "billing", nullptr), RC_OK);
  Error error;
  const Handle handle = open_with(options, error);
  assert_non_null(handle.get());
  assert_all_nodes_serve(handle.get());
  for (int node = 0; node < 3; ++node) {
    char* clients = test_node_text(cluster, node, "CLIENT LIST");
    assert_non_null(clients);
    assert_true(std::string(clients).find(" name=billing ") != std::string::npos);
    free(clients);
  }
  test_cluster_stop(cluster);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_password_is_given_to_every_node),
      cmocka_unit_test(the_user_is_given_to_every_node),
      cmocka_unit_test(every_node_sees_the_name_of_the_handle),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
