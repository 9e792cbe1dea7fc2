#include "topology/cluster_view.h"

#include "unit/commands/notation.h"
#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static const Address kAsked{"10.0.0.9", 7009};

// "0-99 10.0.0.1:7000 10.0.0.2:7001; 100-199 ...", or the error's code.
static std::string read_bytes(std::string_view resp) {
  const ReplyPtr reply = parsed(resp);
  auto view = parse_cluster_slots(*reply, kAsked);
  if (!view.ok()) {
    assert_enum(view.error().outcome, Outcome::kRefused);
    return code_name(view.error().code);
  }
  std::string all;
  for (const auto& range : view.value().ranges) {
    if (!all.empty()) all += "; ";
    all += std::to_string(range.first) + "-" + std::to_string(range.last) + " " + to_string(range.primary);
    for (const auto& replica : range.replicas) all += " " + to_string(replica);
  }
  return all;
}

static std::string read(std::string_view notation) { return read_bytes(resp_of(notation)); }

static void a_valid_view_is_read(void**) {
  assert_text(read("[ [ 0 8191 [ h1 7000 id [ ] ] [ h2 7001 id2 [ hostname x ] ] [ h3 7002 ] ]"
                   "  [ 8192 16383 [ ::1 7003 id3 ] ] ]"),
              "0-8191 h1:7000 h2:7001 h3:7002; 8192-16383 [::1]:7003");
  assert_text(read("[ [ 5 5 [ h1 7000 ] ] ]"), "5-5 h1:7000");
}

static void a_partial_view_is_read(void**) {
  assert_text(read("[ [ 10 20 [ h1 7000 id ] ] [ 100 200 [ h2 7000 id ] ] ]"),
              "10-20 h1:7000; 100-200 h2:7000");
}

static void overlapping_entries_are_kept_in_the_servers_order(void**) {
  assert_text(read("[ [ 0 100 [ h1 7000 id ] ] [ 50 150 [ h2 7000 id ] ] ]"),
              "0-100 h1:7000; 50-150 h2:7000");
}

static void a_node_without_a_host_is_the_one_that_was_asked(void**) {
  assert_text(read("[ [ 0 1 [ nil 7000 id ] [ nil 7001 id ] ] ]"), "0-1 10.0.0.9:7000 10.0.0.9:7001");
  assert_text(read_bytes("*1\r\n*3\r\n:0\r\n:1\r\n*3\r\n$0\r\n\r\n:7000\r\n$2\r\nid\r\n"),
              "0-1 10.0.0.9:7000");
}

static void a_node_of_unknown_host_is_passed_over(void**) {
  assert_text(read("[ [ 0 1 [ ? 7000 id ] ] [ 2 3 [ h1 7001 id ] [ ? 7002 id ] [ h2 7003 id ] ] ]"),
              "2-3 h1:7001 h2:7003");
}

static void what_is_malformed_is_passed_over(void**) {
  for (const char* entry : {"5",
                            "nil",
                            "word",
                            "[ ]",
                            "[ 1 ]",
                            "[ 1 2 ]",
                            "[ 1 2 3 ]",
                            "[ 1 2 [ ] ]",
                            "[ 1 2 [ h1 ] ]",
                            "[ 1 2 [ h1 port ] ]",
                            "[ 1 2 [ h1 0 ] ]",
                            "[ 1 2 [ h1 65536 ] ]",
                            "[ 1 2 [ h1 -1 ] ]",
                            "[ 2 1 [ h1 7000 ] ]",
                            "[ -1 2 [ h1 7000 ] ]",
                            "[ 1 16384 [ h1 7000 ] ]",
                            "[ 16384 16384 [ h1 7000 ] ]",
                            "[ a 2 [ h1 7000 ] ]",
                            "[ 1 b [ h1 7000 ] ]",
                            "[ 1 2 word ]",
                            "[ 1 2 nil ]",
                            "[ 1 9223372036854775807 [ h1 7000 ] ]",
                            "[ 1 2 [ a/b 7000 ] ]"}) {
    const std::string notation = std::string("[ [ 7 8 [ good 7000 id ] ] ") + entry + " ]";
    if (read(notation) != "7-8 good:7000") fail_msg("%s: %s", entry, read(notation).c_str());
    assert_text(read(std::string("[ ") + entry + " ]"), "RC_ERR_PROTOCOL");
  }
  assert_text(read("[ [ 1 2 [ h1 7000 ] word [ h2 x ] [ h3 7003 ] ] ]"), "1-2 h1:7000 h3:7003");
}

static void a_view_of_nothing_is_an_error(void**) {
  assert_text(read("[ ]"), "RC_ERR_CLUSTER_DOWN");
  assert_text(read("nil"), "RC_ERR_PROTOCOL");
  assert_text(read("1"), "RC_ERR_PROTOCOL");
  assert_text(read("word"), "RC_ERR_PROTOCOL");
  assert_text(read("[ [ 0 16383 [ ? 7000 id ] ] ]"), "RC_ERR_PROTOCOL");
}

static void an_error_names_the_node_that_was_asked(void**) {
  const ReplyPtr reply = parsed("*0\r\n");
  assert_failure(parse_cluster_slots(*reply, kAsked).error(), Code::kClusterDown, Outcome::kRefused,
                 "10.0.0.9:7009");
}

static void ids_and_the_other_names_of_nodes_are_kept(void**) {
  const ReplyPtr reply = parsed(
      resp_of("[ [ 0 1 [ h1 7000 id1 [ hostname n1.test ] ] [ h2 7001 id2 [ ip 10.0.0.2 hostname n2.test ] ]"
              "        [ h3 7002 ] [ h4 7003 id4 [ hostname ] ] [ h5 7004 id5 [ hostname ? ip [ ] ] ] ] ]"));
  auto view = parse_cluster_slots(*reply, kAsked);
  assert_true(view.ok());
  std::string all;
  for (const Member& member : view.value().members)
    all += to_string(member.address) + " " + member.id + " " + member.hostname + " " + member.ip + ";";
  assert_text(all,
              "h1:7000 id1 n1.test ;h2:7001 id2 n2.test 10.0.0.2;h3:7002   ;h4:7003 id4  ;h5:7004 id5  ;");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_valid_view_is_read),
      cmocka_unit_test(a_partial_view_is_read),
      cmocka_unit_test(overlapping_entries_are_kept_in_the_servers_order),
      cmocka_unit_test(a_node_without_a_host_is_the_one_that_was_asked),
      cmocka_unit_test(a_node_of_unknown_host_is_passed_over),
      cmocka_unit_test(what_is_malformed_is_passed_over),
      cmocka_unit_test(a_view_of_nothing_is_an_error),
      cmocka_unit_test(an_error_names_the_node_that_was_asked),
      cmocka_unit_test(ids_and_the_other_names_of_nodes_are_kept),
  };
  return cmocka_run_group_tests_name("cluster_view", tests, nullptr, nullptr);
}
