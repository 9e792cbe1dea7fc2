// What is said on a new connection, and what the answers mean.
#include "connection/session_setup.h"

#include <rediscluster/rediscluster.h>

#include <cstring>

#include "resp/resp3.h"
#include "unit/connection/peer.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

const Address kNode{"127.0.0.1", 7000};

void send_all(SessionSetup& handshake) { handshake.note_sent(handshake.unsent().size()); }

struct Talk {
  ConnectionSettings settings;
  Credentials credentials;
  std::shared_ptr<const Members> members = nullptr;

  SessionSetup begin() const { return SessionSetup(kNode, settings, credentials, members); }
  // The commands as lines; RESP of words without spaces.
  std::string said() const { return lines_of(begin().unsent()); }
  ErrorPtr answered(std::string_view bytes) const {
    SessionSetup handshake = begin();
    send_all(handshake);
    return handshake.take(bytes.data(), bytes.size()).take();
  }

  static std::string lines_of(std::string_view resp) {
    std::string lines;
    std::istringstream in{std::string(resp)};
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
};

// The random word that the node is asked last.
std::string word_of(const SessionSetup& handshake) {
  const std::string lines = Talk::lines_of(handshake.unsent());
  return lines.substr(lines.find("rediscluster-"));
}

std::string bulk(const std::string& word) {
  return "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
}

// All that is sent, but for the random word.
std::string without_word(const std::string& lines) {
  const auto at = lines.rfind(" rediscluster-");
  if (at == std::string::npos || lines.size() - at != 30) return "it does not end with a random word";
  return lines.substr(0, at);
}

const Talk& as_nobody() {
  static const Talk talk;
  return talk;
}

const Talk& with_password() {
  static const Talk talk{{}, {"app", Secret("s3cret")}};
  return talk;
}

}  // namespace

static void nothing_but_a_random_word_is_sent_where_there_is_nothing_to_say(void**) {
  const Talk talk;
  assert_text(without_word(talk.said()), "PING");
  assert_true(word_of(talk.begin()) != word_of(talk.begin()));
  assert_false(talk.begin().done());
}

static void who_we_are_comes_first_and_all_of_it_at_once(void**) {
  Talk talk;
  talk.credentials.password = Secret("s3cret");
  assert_text(without_word(talk.said()), "AUTH s3cret\nPING");
  talk.credentials.username = "app";
  talk.settings.read_only = true;
  talk.settings.name = "me";
  talk.settings.library = "lib";
  assert_text(without_word(talk.said()), std::string("AUTH app s3cret\nREADONLY\nCLIENT SETNAME me\n"
                                                     "CLIENT SETINFO LIB-NAME lib\nCLIENT SETINFO LIB-VER ") +
                                             rc_version() + "\nPING");
}

static void a_user_may_have_no_password(void**) {
  Talk talk;
  talk.credentials.username = "app";
  assert_text(without_word(talk.said()), "AUTH app \nPING");
  talk.settings.protocol = 3;
  assert_text(without_word(talk.said()), "HELLO 3 AUTH app \nPING");
}

static void protocol_3_says_who_we_are_in_its_hello(void**) {
  Talk talk;
  talk.settings.protocol = 3;
  assert_text(without_word(talk.said()), "HELLO 3\nPING");
  talk.credentials.password = Secret("s3cret");
  assert_text(without_word(talk.said()), "HELLO 3 AUTH default s3cret\nPING");
  talk.credentials.username = "app";
  assert_text(without_word(talk.said()), "HELLO 3 AUTH app s3cret\nPING");
}

static void it_is_done_when_all_has_been_answered_however_it_comes(void**) {
  Talk talk = with_password();
  talk.settings.read_only = true;
  talk.settings.name = "me";
  for (std::size_t cut = 0;; ++cut) {
    SessionSetup handshake = talk.begin();
    const std::string answers = "+OK\r\n+OK\r\n+OK\r\n" + bulk(word_of(handshake));
    if (cut > answers.size()) break;
    send_all(handshake);
    if (cut > 0) assert_true(handshake.take(answers.data(), cut).ok());
    assert_int_equal(handshake.done(), cut == answers.size());
    if (cut < answers.size()) assert_true(handshake.take(answers.data() + cut, answers.size() - cut).ok());
    assert_true(handshake.done());
  }
}

static void what_was_sent_is_not_sent_again(void**) {
  SessionSetup handshake = with_password().begin();
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
  SessionSetup handshake = talk.begin();
  const std::string answers =
      "-ERR unknown command\r\n-ERR Unknown subcommand\r\n-NOPERM x\r\n" + bulk(word_of(handshake));
  send_all(handshake);
  assert_true(handshake.take(answers.data(), answers.size()).ok());
  assert_true(handshake.done());
}

static void only_its_own_answer_ends_a_handshake(void**) {
  for (const char* answer : {"+OK\r\n", "+PONG\r\n", "$4\r\nPONG\r\n", "$-1\r\n", ":1\r\n", "*0\r\n",
                             "$29\r\nrediscluster-0123456789abcdef\r\n"}) {
    assert_failure(*as_nobody().answered(answer), Code::kProtocol, Outcome::kNotSent, "answered PING with");
  }
  SessionSetup handshake = as_nobody().begin();
  const std::string word = word_of(handshake);
  send_all(handshake);
  const std::string as_status = "+" + word + "\r\n";
  assert_false(handshake.take(as_status.data(), as_status.size()).ok());
}

static void nothing_may_follow_the_last_answer(void**) {
  for (const char* more : {"+OK\r\n", "\r\n", "x", "-ERR\r\n"}) {
    SessionSetup handshake = as_nobody().begin();
    const std::string answers = bulk(word_of(handshake)) + more;
    send_all(handshake);
    assert_failure(*handshake.take(answers.data(), answers.size()).take(), Code::kProtocol, Outcome::kNotSent,
                   "more than it was asked");
  }
}

static void nobody_speaks_before_it_is_asked(void**) {
  for (const char* early : {"+OK\r\n", "SSH-2.0-OpenSSH\r\n", "$3\r\n", "\r\n"}) {
    SessionSetup handshake = with_password().begin();
    assert_failure(*handshake.take(early, std::strlen(early)).take(), Code::kProtocol, Outcome::kNotSent,
                   "spoke before it was asked");
  }
  // But who serves nobody says why.
  SessionSetup handshake = with_password().begin();
  const std::string_view line = "-ERR not today\r\n";
  assert_failure(*handshake.take(line.data(), line.size()).take(), Code::kConnect, Outcome::kNotSent,
                 "saying: ERR not today");
}

static void answers_of_another_type_are_no_redis(void**) {
  for (const char* answer : {":1\r\n", "+PONG\r\n", "$2\r\nOK\r\n", "$-1\r\n", "*1\r\n+OK\r\n"}) {
    assert_failure(*with_password().answered(answer), Code::kProtocol, Outcome::kNotSent,
                   "something that no Redis node answers");
    Talk talk;
    talk.settings.name = "me";
    assert_failure(*talk.answered(answer), Code::kProtocol, Outcome::kNotSent, "no Redis node answers");
    talk.settings.name = "";
    talk.settings.read_only = true;
    assert_failure(*talk.answered(answer), Code::kProtocol, Outcome::kNotSent, "no Redis node answers");
  }
}

static void where_ping_is_refused_an_unknown_command_does(void**) {
  SessionSetup handshake = as_nobody().begin();
  const std::string word = word_of(handshake);
  send_all(handshake);
  const std::string_view refused = "-NOPERM this user has no permissions to run the 'ping' command\r\n";
  assert_true(handshake.take(refused.data(), refused.size()).ok());
  assert_false(handshake.done());
  const std::string another = Talk::lines_of(handshake.unsent());
  assert_true(another.starts_with("rediscluster-") && another != word);
  send_all(handshake);
  const std::string quoted = "-ERR unknown command '" + another + "', with args beginning with: \r\n";
  assert_true(handshake.take(quoted.data(), quoted.size()).ok());
  assert_true(handshake.done());
}

static void who_neither_answers_ping_nor_quotes_an_unknown_command_is_told_what_to_allow(void**) {
  SessionSetup handshake = as_nobody().begin();
  send_all(handshake);
  const std::string_view refused = "-NOPERM x\r\n";
  assert_true(handshake.take(refused.data(), refused.size()).ok());
  send_all(handshake);
  const ErrorPtr error = handshake.take(refused.data(), refused.size()).take();
  assert_failure(*error, Code::kAuth, Outcome::kNotSent, "+ping");
}

static void what_is_said_before_hanging_up_is_told(void**) {
  // An error that says something else while the node stays.
  SessionSetup handshake = with_password().begin();
  send_all(handshake);
  const std::string_view line = "-ERR too many connections from here\r\n";
  assert_true(handshake.take(line.data(), line.size()).ok());
  assert_failure(*handshake.hung_up(), Code::kConnect, Outcome::kNotSent,
                 "127.0.0.1:7000: it closes the connection, saying: ERR too many connections from here");
  assert_string_equal(handshake.hung_up()->server_code, "ERR");
  assert_failure(*handshake.fell_silent(), Code::kAuth, Outcome::kNotSent, "refused the password");

  SessionSetup stays = with_password().begin();
  send_all(stays);
  assert_true(stays.take(line.data(), line.size()).ok());
  const std::string_view next = "-NOAUTH x\r\n";
  assert_failure(*stays.take(next.data(), next.size()).take(), Code::kAuth, Outcome::kNotSent,
                 "refused the password: ERR too many");

  // What was passed over is not why a node goes later.
  Talk named;
  named.settings.name = "me";
  SessionSetup goes = named.begin();
  const std::string answers = "-ERR unknown\r\n" + bulk(word_of(goes));
  send_all(goes);
  assert_true(goes.take(answers.data(), 10).ok() && goes.hung_up() == nullptr);
  assert_true(goes.take(answers.data() + 10, 4).ok() && goes.hung_up() != nullptr);
  assert_true(goes.take(answers.data() + 14, answers.size() - 14).ok() && goes.hung_up() == nullptr);
}

static void no_line_shows_the_password(void**) {
  const ErrorPtr error = with_password().answered("-ERR AUTH failed: s3cret is not the one, s3cret\r\n");
  assert_failure(*error, Code::kAuth, Outcome::kNotSent, "*** is not the one, ***:");
  assert_null(std::strstr(error->message, "s3cret"));
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
      {"DENIED Redis is running in protected mode because", Code::kConnect, "is running in protected mode"},
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
  Talk talk;
  talk.settings.protocol = 3;
  for (const char* line :
       {"-NOPROTO x\r\n", "-ERR unknown command `HELLO`, with args\r\n", "-NOPERM hello\r\n",
        "-ERR Protocol version is not an integer or out of range\r\n", "-ERR unsupported\r\n-ERR x\r\n",
        "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2\r\n"}) {
    assert_failure(*talk.answered(line), Code::kUnsupported, Outcome::kNotSent, "rc_options_set_protocol");
  }
  for (const char* line : {"+OK\r\n", "$2\r\nOK\r\n", ":3\r\n"}) {
    assert_failure(*talk.answered(line), Code::kProtocol, Outcome::kNotSent, "no Redis node answers");
  }
  assert_failure(*talk.answered("-WRONGPASS x\r\n"), Code::kAuth, Outcome::kNotSent, "refused the password");
  assert_failure(*talk.answered("-NOAUTH HELLO must be called with the client already authenticated\r\n"),
                 Code::kAuth, Outcome::kNotSent, "asks for a password");
  if (!resp3_offered()) return;
  assert_null(talk.answered("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n").get());
  assert_null(talk.answered("%1\r\n$5\r\nproto\r\n:3\r\n").get());
  assert_failure(*talk.answered("%1\r\n$5\r\nproto\r\n:2\r\n"), Code::kUnsupported, Outcome::kNotSent,
                 "with protocol 2");
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
  assert_text(without_word(talk.said()), "CLUSTER MYID\nPING");
  assert_null(talk.answered(bulk(own)).get());
  assert_null(talk.answered(bulk(neighbour)).get());  // redirects what is not its own
  assert_failure(*talk.answered(bulk(foreign)), Code::kConnect, Outcome::kNotSent, foreign);
  for (const char* vague : {"-ERR unknown command\r\n", "+OK\r\n", "$2\r\nid\r\n", "$-1\r\n", ":1\r\n"})
    assert_null(talk.answered(vague).get());
  // Who may not ask asks for the layout.
  const std::string view = "*1\r\n*3\r\n:0\r\n:1\r\n*3\r\n$9\r\n127.0.0.1\r\n:7001\r\n";
  const auto judged = [&](const std::string& layout) {
    SessionSetup handshake = talk.begin();
    const std::string word = word_of(handshake);
    send_all(handshake);
    const std::string answers = "-NOPERM no\r\n$29\r\n" + word + "\r\n";
    assert_true(handshake.take(answers.data(), answers.size()).ok());
    assert_true(handshake.unsent().find("SLOTS") != std::string_view::npos);
    assert_false(handshake.done());
    send_all(handshake);
    ErrorPtr error = handshake.take(layout.data(), layout.size()).take();
    if (error == nullptr) assert_true(handshake.done());
    return error;
  };
  assert_null(judged(view + bulk(neighbour)).get());
  assert_null(judged("-NOPERM no\r\n").get());
  assert_failure(*judged(view + bulk(foreign)), Code::kConnect, Outcome::kNotSent,
                 "it knows no node of the cluster");
  talk.members = std::make_shared<const Members>(std::vector<Member>{{{"127.0.0.1", 7001}, neighbour}});
  assert_text(without_word(talk.said()), "PING");
  // Two ids for one address say nothing.
  talk.members = std::make_shared<const Members>(std::vector<Member>{{kNode, own}, {kNode, neighbour}});
  assert_text(without_word(talk.said()), "PING");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_but_a_random_word_is_sent_where_there_is_nothing_to_say),
      cmocka_unit_test(who_we_are_comes_first_and_all_of_it_at_once),
      cmocka_unit_test(a_user_may_have_no_password),
      cmocka_unit_test(protocol_3_says_who_we_are_in_its_hello),
      cmocka_unit_test(it_is_done_when_all_has_been_answered_however_it_comes),
      cmocka_unit_test(what_was_sent_is_not_sent_again),
      cmocka_unit_test(old_servers_may_not_know_names),
      cmocka_unit_test(only_its_own_answer_ends_a_handshake),
      cmocka_unit_test(nothing_may_follow_the_last_answer),
      cmocka_unit_test(nobody_speaks_before_it_is_asked),
      cmocka_unit_test(answers_of_another_type_are_no_redis),
      cmocka_unit_test(where_ping_is_refused_an_unknown_command_does),
      cmocka_unit_test(who_neither_answers_ping_nor_quotes_an_unknown_command_is_told_what_to_allow),
      cmocka_unit_test(what_is_said_before_hanging_up_is_told),
      cmocka_unit_test(no_line_shows_the_password),
      cmocka_unit_test(what_an_error_means),
      cmocka_unit_test(a_user_who_may_not_read_from_replicas_is_told_what_to_allow),
      cmocka_unit_test(a_server_that_does_not_speak_resp3_is_told_so),
      cmocka_unit_test(what_is_not_resp_may_be_tls_or_another_server),
      cmocka_unit_test(who_is_known_by_an_id_has_to_have_it),
  };
  return cmocka_run_group_tests_name("session_setup", tests, nullptr, nullptr);
}
