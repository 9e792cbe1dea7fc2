// What real servers answer to a handshake that they do not like, and replies that are deeper than most.
#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

Options usual() { return options_for("127.0.0.1", test_node_port(cluster, 0), 10000); }

void too_many_clients_is_what_is_told(void**) {
  const Handle before = open_with(usual());
  assert_true(all_nodes_serve(before.get()));
  // Less than there are: whoever comes now is turned away.
  assert_true(test_node_ok(cluster, 0, "CONFIG SET maxclients 1"));
  Error error;
  const Options options = usual();
  rc_options_set_timeout_ms(options.get(), 1000, nullptr);
  const Handle handle = open_with(options, error);
  assert_true(test_node_ok(cluster, 0, "CONFIG SET maxclients 10000"));
  assert_null(handle.get());
  assert_true(is(error, {RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, {"127.0.0.1:", "max number of clients"}}));
  assert_null(std::strstr(rc_error_message(error.get()), "tls"));
  assert_true(all_nodes_serve(open_with(usual()).get()));
}

// Its answer is up to 10 levels deep.
void command_docs_is_read_and_hurts_nobody(void**) {
  const Handle handle = open_with(usual());
  assert_non_null(handle.get());
  Error error;
  for (int i = 0; i < 3; ++i) {
    const Reply docs = command(handle.get(), {"COMMAND", "DOCS"}, error);
    if (docs == nullptr) fail_msg("%s", rc_error_message(error.get()));
    assert_true(rc_reply_length(docs.get()) > 100);
    assert_true(all_nodes_serve(handle.get()));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(too_many_clients_is_what_is_told),
      cmocka_unit_test(command_docs_is_read_and_hurts_nobody),
  };
  return cmocka_run_group_tests_name("handshake_live", tests, start, stop);
}
