#include "operations/transaction_unit.h"

#include <thread>

#include "unit/commands/words.h"
#include "unit/connection/peer.h"
#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

using Read = TransactionUnit::Result;

namespace {

CommandList commands(std::vector<const char*> lines) {
  CommandList list;
  for (const char* line : lines) {
    if (!list.add(Words(line).args()).ok()) std::abort();
  }
  return list;
}

// What a unit of SET a 1 and INCR a makes of these replies, MULTI's first.
Read read(const char* replies, std::uint32_t more = 0, TransactionUnit::Watched watched = {}) {
  const CommandList list = commands({"SET a 1", "INCR a"});
  const RequestPtr request = new_batch(4 + more);
  ReplyParser parser;
  parser.feed(replies, std::string_view(replies).size());
  while (!request->finished() && parser.next(request->destination()) == Parsed::kReply) ++request->received;
  if (!request->finished() || parser.has_bytes()) std::abort();
  return TransactionUnit(list).read(*request, watched);
}

constexpr const char* kBefore = "+OK\r\n+QUEUED\r\n+QUEUED\r\n";
Read read_exec(const char* exec) { return read((std::string(kBefore) + exec).c_str()); }

}  // namespace

static void an_array_is_the_executed_transaction(void**) {
  assert_enum(read_exec("*2\r\n+OK\r\n:2\r\n").kind, Read::kExecuted);
  assert_enum(read_exec("*2\r\n+OK\r\n-WRONGTYPE x\r\n").kind, Read::kExecuted);
  assert_enum(read("+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n", 1).kind,
              Read::kExecuted);  // ASKING before it
}

static void nil_is_a_conflict_where_something_is_watched(void**) {
  for (const char* nil : {"*-1\r\n", "$-1\r\n"}) {
    const std::string replies = std::string(kBefore) + nil;
    const Read conflict = read(replies.c_str(), 0, TransactionUnit::Watched::kYes);
    assert_enum(conflict.kind, Read::kConflict);
    assert_true(conflict.clean);
    // Else the connection watched something that somebody had left on it.
    const Read left_over = read(replies.c_str());
    assert_enum(left_over.kind, Read::kSenseless);
    assert_enum(left_over.outcome, Outcome::kRefused);
    assert_false(left_over.clean);
  }
}

static void other_replies_than_to_its_commands_make_no_sense(void**) {
  for (const char* exec : {"*0\r\n", "*3\r\n:1\r\n:2\r\n:3\r\n", "+OK\r\n", "+QUEUED\r\n", ":2\r\n"}) {
    const Read result = read_exec(exec);
    assert_enum(result.kind, Read::kSenseless);
    assert_enum(result.outcome, Outcome::kUnknown);
    assert_false(result.clean);
  }
  assert_enum(read("-ERR MULTI calls can not be nested\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n").kind,
              Read::kSenseless);
}

static void what_leaves_the_end_of_the_transaction_open_leaves_the_connection_to_nobody(void**) {
  for (const char* exec :
       {"EXECABORT x", "MOVED 1 h:1", "ASK 1 h:1", "TRYAGAIN x", "CLUSTERDOWN x", "CROSSSLOT x"})
    assert_true(read_exec((std::string("-") + exec + "\r\n").c_str()).clean);
  for (const char* exec : {"NOPERM x", "NOAUTH x", "ERR x", "LOADING x", "READONLY x", "OOM x", "BUSY x"})
    assert_false(read_exec((std::string("-") + exec + "\r\n").c_str()).clean);
  const auto refused = [](const char* multi) {
    return read((std::string("-") + multi + "\r\n+OK\r\n:2\r\n-ERR EXEC without MULTI\r\n").c_str());
  };
  for (const char* multi : {"NOPERM x", "NOAUTH x", "LOADING x", "ERR unknown command"})
    assert_true(refused(multi).clean);
  assert_false(read("-ERR MULTI calls can not be nested\r\n+QUEUED\r\n+QUEUED\r\n-NOPERM exec\r\n").clean);
}

static void execabort_quotes_what_asks_to_wait(void**) {
  const Read result = read_exec("-EXECABORT Transaction discarded because of: READONLY a replica\r\n");
  assert_enum(result.kind, Read::kRefused);
  assert_text(result.line, "READONLY a replica");
  assert_true(result.clean);
}

static void an_error_while_queueing_is_told_instead_of_execabort(void**) {
  const Read result =
      read("+OK\r\n+QUEUED\r\n-ERR wrong number of arguments for 'incr'\r\n-EXECABORT discarded\r\n");
  assert_enum(result.kind, Read::kFailed);
  assert_enum(result.outcome, Outcome::kRefused);
  assert_text(result.line, "ERR wrong number of arguments for 'incr'");
  assert_text(result.name, "INCR");
}

static void the_first_of_several_errors_is_told(void**) {
  const Read result = read("+OK\r\n-NOPERM set\r\n-NOPERM incr\r\n-EXECABORT discarded\r\n");
  assert_text(result.line, "NOPERM set");
  assert_text(result.name, "SET");
}

static void a_redirect_while_queueing_redirects_all_of_it(void**) {
  for (const char* answer : {"MOVED 1 h:1", "ASK 1 h:1", "TRYAGAIN x", "CLUSTERDOWN x", "READONLY x"}) {
    const Read result =
        read((std::string("+OK\r\n-") + answer + "\r\n+QUEUED\r\n-EXECABORT discarded\r\n").c_str());
    assert_enum(result.kind, Read::kRefused);
    assert_text(result.line, answer);
    const Read exec = read_exec((std::string("-") + answer + "\r\n").c_str());
    assert_enum(exec.kind, Read::kRefused);
    assert_text(exec.line, answer);
  }
}

static void exec_may_be_refused_by_itself(void**) {
  const Read result = read_exec("-EXECABORT Transaction discarded because of: OOM\r\n");
  assert_enum(result.kind, Read::kFailed);
  assert_enum(result.outcome, Outcome::kRefused);
  assert_text(result.line, "EXECABORT Transaction discarded because of: OOM");
  assert_text(result.name, "EXEC");
}

static void without_multi_the_commands_may_have_run(void**) {
  const Read ran = read("-NOPERM multi\r\n+OK\r\n:2\r\n-ERR EXEC without MULTI\r\n");
  assert_enum(ran.kind, Read::kFailed);
  assert_enum(ran.outcome, Outcome::kExecuted);
  assert_text(ran.line, "NOPERM multi");
  assert_text(ran.name, "MULTI");
  const Read tried = read("-NOPERM multi\r\n-WRONGTYPE x\r\n-NOPERM incr\r\n-ERR EXEC without MULTI\r\n");
  assert_enum(tried.outcome, Outcome::kExecuted);
  const Read refused = read("-NOPERM x\r\n-NOPERM x\r\n-NOPERM x\r\n-ERR EXEC without MULTI\r\n");
  assert_enum(refused.kind, Read::kFailed);
  assert_enum(refused.outcome, Outcome::kRefused);
  const Read loading = read("-LOADING x\r\n-LOADING x\r\n-LOADING x\r\n-LOADING x\r\n");
  assert_enum(loading.kind, Read::kRefused);
  // What has run must not run again, whatever MULTI said.
  assert_enum(read("-LOADING x\r\n+OK\r\n-LOADING x\r\n-ERR EXEC without MULTI\r\n").kind, Read::kFailed);
}

static void the_callers_error_names_the_command(void**) {
  const ConnectionSettings settings;
  Counters counters;
  const Node node({"h", 1}, settings, counters);
  const Read queued = read("+OK\r\n+QUEUED\r\n-ERR unknown command 'x'\r\n-EXECABORT discarded\r\n");
  assert_failure(*TransactionUnit::failure("transaction", 7, node, queued), Code::kServer, Outcome::kRefused,
                 "transaction, INCR (slot 7): h:1 answered ERR unknown command 'x'");
  const Read no_auth = read("-NOAUTH x\r\n-NOAUTH x\r\n-NOAUTH x\r\n-NOAUTH x\r\n");
  assert_failure(*TransactionUnit::failure("transaction", 7, node, no_auth), Code::kAuth, Outcome::kRefused,
                 "rc_options_set_password");
}

static void only_reads_make_a_unit_that_only_reads(void**) {
  const CommandList reads = commands({"GET a", "HGET b f"});
  const CommandList mixed = commands({"GET a", "SET a 1"});
  const CommandList unheard = commands({"GET a", "NO.SUCH a"});
  assert_true(TransactionUnit(reads).read_only());
  assert_false(TransactionUnit(mixed).read_only());
  assert_false(TransactionUnit(unheard).read_only());
}

static void it_goes_over_the_wire_as_one_piece(void**) {
  for (const bool asking : {false, true}) {
    Peer peer;
    const ConnectionSettings settings;
    Counters counters;
    Budget budget(1 << 28);
    PeerFailures peer_failures;
    Connection connection(peer.address(), settings, counters, budget, peer_failures);
    const CommandList list = commands({"SET a 1", "INCR a"});
    const TransactionUnit unit(list);
    RequestPtr request;
    std::thread caller([&] {
      const TimePoint now = Clock::now();
      request = unit.exchange(connection, {asking}, now, Deadline(now + std::chrono::minutes(10)));
    });
    PeerConnection node = peer.accept();
    if (asking) node.answer("ASKING", "+OK\r\n");
    for (const char* line : {"MULTI", "SET a 1", "INCR a"}) node.expect(line);
    node.answer("EXEC", "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n");
    caller.join();
    assert_true(request->failure == nullptr);
    assert_enum(unit.read(*request).kind, Read::kExecuted);
    assert_text(shown(*take_reply(*request)), "[+OK :2]");
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_array_is_the_executed_transaction),
      cmocka_unit_test(nil_is_a_conflict_where_something_is_watched),
      cmocka_unit_test(other_replies_than_to_its_commands_make_no_sense),
      cmocka_unit_test(what_leaves_the_end_of_the_transaction_open_leaves_the_connection_to_nobody),
      cmocka_unit_test(execabort_quotes_what_asks_to_wait),
      cmocka_unit_test(an_error_while_queueing_is_told_instead_of_execabort),
      cmocka_unit_test(the_first_of_several_errors_is_told),
      cmocka_unit_test(a_redirect_while_queueing_redirects_all_of_it),
      cmocka_unit_test(exec_may_be_refused_by_itself),
      cmocka_unit_test(without_multi_the_commands_may_have_run),
      cmocka_unit_test(the_callers_error_names_the_command),
      cmocka_unit_test(only_reads_make_a_unit_that_only_reads),
      cmocka_unit_test(it_goes_over_the_wire_as_one_piece),
  };
  return cmocka_run_group_tests_name("transaction_unit", tests, nullptr, nullptr);
}
