// What is said on a new connection, and what the answers mean.
#include "connection/handshake.h"

#include <rediscluster/rediscluster.h>

#include <cstring>

#include "resp/resp3.h"
#include "unit/connection/peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

const Address kNode{"127.0.0.1", 7000};

struct Talk {
  ConnectionSettings settings;
  Credentials credentials;
  bool must_answer = false;
  std::shared_ptr<const Members> members = nullptr;

  Handshake begin() const { return Handshake(kNode, settings, credentials, must_answer, members); }
  // The commands as lines; RESP of words without spaces.
  std::string said() const {
    const Handshake handshake = begin();
    std::string lines;
    std::istringstream in{std::string(handshake.unsent())};
    for (std::string line; std::getline(in, line);) {
      if (line[0] == '*') {
        if (!lines.empty()) lines.back() = '\n';
      } else if (line[0] != '$') {
        lines += line.substr(0, line.size() - 1) + " ";
      }
    }
    if (!lines.empty()) lines.pop_back();
    return lines;
  }
  ErrorPtr answered(std::string_view bytes) const {
    Handshake handshake = begin();
    return handshake.take(bytes.data(), bytes.size()).take();
  }
};

Talk with_password() {
  Talk talk;
  talk.credentials = {"app", Secret("s3cret")};
  return talk;
}

}  // namespace

static void nothing_is_said_where_there_is_nothing_to_say(void**) {
  const Talk talk;
  assert_text(talk.said(), "");
  assert_true(talk.begin().done());
}

static void a_node_that_has_to_answer_is_asked_something(void**) {
  Talk talk;
  talk.must_answer = true;
  assert_text(talk.said(), "PING");
  talk.settings.name = "me";
  assert_text(talk.said(), "CLIENT SETNAME me");
}

static void who_we_are_comes_first_and_all_of_it_at_once(void**) {
  Talk talk;
  talk.credentials.password = Secret("s3cret");
  assert_text(talk.said(), "AUTH s3cret");
  talk.credentials.username = "app";
  talk.settings.read_only = true;
  talk.settings.name = "me";
  talk.settings.library = "lib";
  assert_text(talk.said(), std::string("AUTH app s3cret\nREADONLY\nCLIENT SETNAME me\n"
                                       "CLIENT SETINFO LIB-NAME lib\nCLIENT SETINFO LIB-VER ") +
                               rc_version());
}

static void a_user_may_have_no_password(void**) {
  Talk talk;
  talk.credentials.username = "app";
  assert_text(talk.said(), "AUTH app ");
  talk.settings.protocol = 3;
  assert_text(talk.said(), "HELLO 3 AUTH app ");
}

static void protocol_3_says_who_we_are_in_its_hello(void**) {
  Talk talk;
  talk.settings.protocol = 3;
  assert_text(talk.said(), "HELLO 3");
  talk.credentials.password = Secret("s3cret");
  assert_text(talk.said(), "HELLO 3 AUTH default s3cret");
  talk.credentials.username = "app";
  assert_text(talk.said(), "HELLO 3 AUTH app s3cret");
}

static void it_is_done_when_all_has_been_answered_however_it_comes(void**) {
  Talk talk = with_password();
  talk.settings.read_only = true;
  talk.settings.name = "me";
  const std::string_view answers = "+OK\r\n+OK\r\n+OK\r\n";
  for (std::size_t cut = 0; cut <= answers.size(); ++cut) {
    Handshake handshake = talk.begin();
    assert_true(handshake.take(answers.data(), cut).ok());
    assert_int_equal(handshake.done(), cut == answers.size());
    assert_true(handshake.take(answers.data() + cut, answers.size() - cut).ok());
    assert_true(handshake.done());
  }
}

static void what_was_sent_is_not_sent_again(void**) {
  const Talk talk = with_password();
  Handshake handshake = talk.begin();
  const std::string all(handshake.unsent());
  handshake.note_sent(5);
  assert_text(handshake.unsent(), all.substr(5));
  handshake.note_sent(all.size() - 5);
  assert_text(handshake.unsent(), "");
}

static void old_servers_may_not_know_names(void**) {
  Talk talk;
  talk.settings.name = "me";
  talk.settings.library = "lib";
  assert_null(talk.answered("-ERR unknown command\r\n-ERR Unknown subcommand\r\n-NOPERM x\r\n").get());
  talk.must_answer = true;
  talk.settings.name = talk.settings.library = "";
  assert_null(talk.answered("-NOPERM no PING\r\n").get());  // it answers
}

static void what_an_error_means(void**) {
  const struct {
    const char* line;
    Code code;
    const char* words;
  } table[] = {
      {"WRONGPASS invalid", Code::kAuth, "127.0.0.1:7000 refused the password: WRONGPASS invalid: check"},
      {"NOAUTH needed", Code::kAuth, "127.0.0.1:7000 asks for a password: NOAUTH needed"},
      {"ERR Client sent AUTH, but no password is set", Code::kAuth, "refused the password"},
      {"LOADING the dataset", Code::kConnect, "127.0.0.1:7000: LOADING the dataset"},
      {"ERR max number of clients reached", Code::kConnect, "max number of clients"},
  };
  for (const auto& row : table) {
    const ErrorPtr error = with_password().answered("-" + std::string(row.line) + "\r\n");
    assert_non_null(error.get());
    assert_failure(*error, row.code, Outcome::kNotSent, row.words);
    assert_null(std::strstr(error->message, "s3cret"));
  }
}

static void a_user_who_may_not_read_from_replicas_is_told_what_to_allow(void**) {
  Talk talk;
  talk.settings.read_only = true;
  const ErrorPtr error = talk.answered("-NOPERM this user has no permissions\r\n");
  assert_failure(*error, Code::kAuth, Outcome::kNotSent, "127.0.0.1:7000 refused READONLY");
  assert_failure(*error, Code::kAuth, Outcome::kNotSent, "+readonly");
  assert_string_equal(error->server_code, "NOPERM");
  // As does a server that is not in cluster mode.
  assert_failure(*talk.answered("-ERR This instance has cluster support disabled\r\n"), Code::kAuth,
                 Outcome::kNotSent, "cluster support disabled");
  assert_enum(talk.answered("-LOADING x\r\n")->code, Code::kConnect);  // that passes
}

static void a_server_that_does_not_speak_resp3_is_told_so(void**) {
  if (!resp3_offered()) skip();
  Talk talk;
  talk.settings.protocol = 3;
  for (const char* line : {"-NOPROTO x\r\n", "-ERR unknown command `HELLO`, with args\r\n"}) {
    assert_failure(*talk.answered(line), Code::kUnsupported, Outcome::kNotSent, "rc_options_set_protocol");
  }
  assert_failure(*talk.answered("-WRONGPASS x\r\n"), Code::kAuth, Outcome::kNotSent, "refused the password");
  assert_null(talk.answered("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n").get());
}

static void what_is_not_resp_may_be_tls_or_another_server(void**) {
  const ErrorPtr error = with_password().answered("HTTP/1.1 400 Bad Request\r\n");
  assert_failure(*error, Code::kProtocol, Outcome::kNotSent, "something that is not RESP");
  assert_failure(*error, Code::kProtocol, Outcome::kNotSent, "rc_options_set_tls");
}

static void who_is_known_by_an_id_has_to_have_it(void**) {
  const std::string own(40, 'a');
  const std::string neighbour(40, 'b');
  const std::string foreign(40, 'c');
  const auto bulk = [](const std::string& text) { return "$40\r\n" + text + "\r\n"; };
  Talk talk;
  talk.members =
      std::make_shared<const Members>(std::vector<Member>{{kNode, own}, {{"127.0.0.1", 7001}, neighbour}});
  assert_text(talk.said(), "CLUSTER MYID");
  assert_null(talk.answered(bulk(own)).get());
  assert_null(talk.answered(bulk(neighbour)).get());  // redirects what is not its own
  assert_failure(*talk.answered(bulk(foreign)), Code::kConnect, Outcome::kNotSent, foreign);
  for (const char* vague : {"-ERR unknown command\r\n", "+OK\r\n", "$2\r\nid\r\n", "$-1\r\n", ":1\r\n"})
    assert_null(talk.answered(vague).get());
  // Who may not ask asks for the layout.
  const std::string view = "*1\r\n*3\r\n:0\r\n:1\r\n*3\r\n$9\r\n127.0.0.1\r\n:7001\r\n";
  Handshake handshake = talk.begin();
  handshake.note_sent(handshake.unsent().size());
  const std::string_view refused = "-NOPERM no\r\n";
  assert_true(handshake.take(refused.data(), refused.size()).ok());
  assert_true(handshake.unsent().find("SLOTS") != std::string_view::npos);
  assert_false(handshake.done());
  const std::string known = view + bulk(neighbour);
  assert_true(handshake.take(known.data(), known.size()).ok());
  assert_true(handshake.done());
  assert_null(talk.answered("-NOPERM no\r\n-NOPERM no\r\n").get());
  assert_failure(*talk.answered("-NOPERM no\r\n" + view + bulk(foreign)), Code::kConnect, Outcome::kNotSent,
                 "it knows no node of the cluster");
  talk.members = std::make_shared<const Members>(std::vector<Member>{{{"127.0.0.1", 7001}, neighbour}});
  assert_text(talk.said(), "");
  // Two ids for one address say nothing.
  talk.members = std::make_shared<const Members>(std::vector<Member>{{kNode, own}, {kNode, neighbour}});
  assert_text(talk.said(), "");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_said_where_there_is_nothing_to_say),
      cmocka_unit_test(a_node_that_has_to_answer_is_asked_something),
      cmocka_unit_test(who_we_are_comes_first_and_all_of_it_at_once),
      cmocka_unit_test(a_user_may_have_no_password),
      cmocka_unit_test(protocol_3_says_who_we_are_in_its_hello),
      cmocka_unit_test(it_is_done_when_all_has_been_answered_however_it_comes),
      cmocka_unit_test(what_was_sent_is_not_sent_again),
      cmocka_unit_test(old_servers_may_not_know_names),
      cmocka_unit_test(what_an_error_means),
      cmocka_unit_test(a_user_who_may_not_read_from_replicas_is_told_what_to_allow),
      cmocka_unit_test(a_server_that_does_not_speak_resp3_is_told_so),
      cmocka_unit_test(what_is_not_resp_may_be_tls_or_another_server),
      cmocka_unit_test(who_is_known_by_an_id_has_to_have_it),
  };
  return cmocka_run_group_tests_name("handshake", tests, nullptr, nullptr);
}
