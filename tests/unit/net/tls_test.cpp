#include "net/tls.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "temp_folder.h"
#include "test_certificates.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

namespace {

struct Files {
  TlsSettings settings;
  Files(const char* certificate, const char* key) {
    const std::string folder = test_support::temp_folder();
    settings.enabled = true;
    settings.ca_file = folder + "/in-use-ca.crt";
    settings.certificate = folder + "/in-use.crt";
    settings.key = folder + "/in-use.key";
    put(settings.ca_file, "ca.crt");
    put(settings.certificate, certificate);
    put(settings.key, key);
  }
  static void put(const std::string& path, const char* name) {
    assert_int_equal(test_tls_replace(path.c_str(), name), 1);
  }
};

}  // namespace

static void what_does_not_fit_is_an_error_at_first(void**) {
  if (!tls_offered()) skip();
  const Files files("other.crt", "client.key");
  TlsContexts contexts(files.settings);
  auto none = contexts.current();
  assert_false(none.ok());
  assert_failure(none.error(), Code::kTls, Outcome::kNotSent, "in-use.key");
  Files::put(files.settings.key, "other.key");
  assert_true(contexts.current().ok());
}

// A certificate and its key are two files: there is always a moment at which one is new and the other is not.
static void the_last_good_files_serve_until_the_new_ones_fit(void**) {
  if (!tls_offered()) skip();
  const Files files("client.crt", "client.key");
  TlsContexts contexts(files.settings);
  const auto first = contexts.current().take();
  assert_true(contexts.current().value() == first);
  Files::put(files.settings.certificate, "other.crt");
  assert_true(contexts.current().value() == first);
  Files::put(files.settings.key, "other.key");
  const auto second = contexts.current().take();
  assert_true(second != first);
  // The other way round; half written; gone.
  Files::put(files.settings.key, "client.key");
  assert_true(contexts.current().value() == second);
  Files::put(files.settings.certificate, "garbage.pem");
  assert_true(contexts.current().value() == second);
  unlink(files.settings.certificate.c_str());
  assert_true(contexts.current().value() == second);
  unlink(files.settings.ca_file.c_str());
  assert_true(contexts.current().value() == second);
  Files::put(files.settings.certificate, "client.crt");
  assert_true(contexts.current().value() == second);
  Files::put(files.settings.ca_file, "ca.crt");
  assert_true(contexts.current().value() != second);
}

static void a_peer_that_speaks_no_tls_is_quoted_if_it_says_why(void**) {
  if (!tls_offered()) skip();
  static const struct {
    const char* bytes;
    const char* said;
  } table[] = {{"-DENIED no\r\n", "DENIED no"},
               {"-ERR\r\n-ERR again\r\n", "ERR"},
               {"-x", "x"},
               {"-", ""},
               {"+OK\r\n", ""},
               {"SSH-2.0-OpenSSH\r\n", ""},
               {"", ""}};
  for (const auto& row : table) {
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    TlsSettings settings;
    settings.enabled = true;
    TlsContexts contexts(settings);
    auto stream = TlsStream::begin(contexts, fds[0], {"localhost."});
    assert_true(stream.ok());
    const std::string_view bytes(row.bytes);
    assert_int_equal(send(fds[1], bytes.data(), bytes.size(), 0), bytes.size());
    close(fds[1]);
    auto state = TlsStream::SessionSetup::kReads;
    while (state == TlsStream::SessionSetup::kReads) state = stream.value()->handshake();
    assert_enum(state, TlsStream::SessionSetup::kFailed);
    assert_text(stream.value()->said_in_the_clear(), row.said);
    assert_false(stream.value()->out_of_memory());
    stream.take().reset();
    close(fds[0]);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_does_not_fit_is_an_error_at_first),
      cmocka_unit_test(the_last_good_files_serve_until_the_new_ones_fit),
      cmocka_unit_test(a_peer_that_speaks_no_tls_is_quoted_if_it_says_why),
  };
  return cmocka_run_group_tests_name("tls", tests, nullptr, nullptr);
}
