#include "net/tls.h"

#include "base/text.h"
#include "net/address.h"

#ifdef REDISCLUSTER_WITH_TLS

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <system_error>

namespace rediscluster {

// ---- a BIO over a socket that raises no SIGPIPE, unlike OpenSSL's own ----

// It notes what the socket says: whoever has no other reason for a failure looks at that, not at errno, which
// anything may have set.
struct WireAccess {
  using Wire = TlsStream::Wire;
  static Wire& of(BIO* bio) noexcept { return *static_cast<Wire*>(BIO_get_data(bio)); }

  static int moved(BIO* bio, ssize_t bytes, bool reading) noexcept {
    BIO_clear_retry_flags(bio);
    if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
      if (reading) {
        BIO_set_retry_read(bio);
      } else {
        BIO_set_retry_write(bio);
      }
    } else if (bytes < 0) {
      of(bio).failure = errno;
    }
    return static_cast<int>(bytes);
  }

  static int write(BIO* bio, const char* data, int size) {
    const auto length = static_cast<std::size_t>(size);
    return moved(bio, ::send(of(bio).fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT), false);
  }

  static int read(BIO* bio, char* data, int size) {
    Wire& wire = of(bio);
    const ssize_t bytes = ::recv(wire.fd, data, static_cast<std::size_t>(size), MSG_DONTWAIT);
    wire.ended = wire.ended || (bytes == 0 && size > 0);
    if (bytes > 0) keep({data, static_cast<std::size_t>(bytes)}, wire);
    return moved(bio, bytes, true);
  }

  static void keep(std::string_view bytes, Wire& wire) noexcept {
    const std::size_t size = std::min(bytes.size(), sizeof wire.head - wire.head_size);
    std::copy_n(bytes.data(), size, wire.head + wire.head_size);
    wire.head_size += size;
  }
};

namespace {

using ContextPtr = std::shared_ptr<SSL_CTX>;

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

// At the end of the process, when OpenSSL's own atexit() function has run: nothing of it may be touched any
// more.
bool has_cleaned_up() noexcept { return OPENSSL_init_crypto(0, nullptr) == 0; }

const BIO_METHOD* socket_method() {
  static std::atomic<BIO_METHOD*> method{nullptr};
  BIO_METHOD* known = method.load(std::memory_order_acquire);
  if (known != nullptr) return known;
  BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
  if (made == nullptr) return nullptr;  // there may be memory the next time
  BIO_meth_set_write(made, WireAccess::write);
  BIO_meth_set_read(made, WireAccess::read);
  BIO_meth_set_ctrl(made, bio_control);
  if (method.compare_exchange_strong(known, made, std::memory_order_acq_rel)) return made;
  BIO_meth_free(made);
  return known;
}

// ---- errors ----

std::string reason_of(unsigned long failure) {
  if (ERR_GET_LIB(failure) == ERR_LIB_SYS) return std::generic_category().message(ERR_GET_REASON(failure));
  const char* reason = ERR_reason_error_string(failure);
  return reason == nullptr ? text("OpenSSL error ", failure) : std::string(reason);
}

bool is_no_memory(unsigned long failure) noexcept { return ERR_GET_REASON(failure) == ERR_R_MALLOC_FAILURE; }

constexpr std::string_view kCleanedUp =
    "TLS: OpenSSL has cleaned up, since the process ends: make such calls earlier";

ErrorPtr tls_error(std::string_view message) { return make_error(Code::kTls, Outcome::kNotSent, message); }

// Of all that OpenSSL has noted on this thread: the want of memory, or else the first.
unsigned long take_failure() noexcept {
  unsigned long chosen = ERR_get_error();
  for (unsigned long next = chosen; next != 0; next = ERR_get_error()) {
    if (is_no_memory(next)) chosen = next;
  }
  return chosen;
}

// With what OpenSSL says of its failure on this thread. It has a reason for each but the want of memory, for
// which it has none in some of its versions.
ErrorPtr tls_error(std::string_view what, std::string_view advice) {
  const unsigned long failure = take_failure();
  if (failure == 0 || is_no_memory(failure)) return no_memory_error();
  return tls_error(text("TLS: ", what, ": ", reason_of(failure), ": ", advice));
}

// ---- the certificates ----

int key_password(char* to, int size, int, void* settings) {
  const auto password = static_cast<const TlsSettings*>(settings)->key_password.view();
  if (password.empty() || password.size() > static_cast<std::size_t>(size)) return -1;
  return static_cast<int>(password.copy(to, password.size()));
}

Status trust(SSL_CTX* context, const TlsSettings& settings) {
  if (!settings.ca_file.empty() &&
      SSL_CTX_load_verify_locations(context, settings.ca_file.c_str(), nullptr) != 1) {
    return tls_error(text("the CA file ", settings.ca_file, " cannot be used"),
                     "give a readable file of certificates in PEM form");
  }
  if (!settings.ca_dir.empty()) {
    struct stat folder {};
    constexpr std::string_view kAdvice =
        "give a readable folder of certificates, prepared by \"openssl rehash\"";
    const std::string what = text("the CA folder ", settings.ca_dir, " cannot be used");
    if (stat(settings.ca_dir.c_str(), &folder) != 0 || !S_ISDIR(folder.st_mode))
      return tls_error(text("TLS: ", what, ": ", kAdvice));
    if (SSL_CTX_load_verify_locations(context, nullptr, settings.ca_dir.c_str()) != 1)
      return tls_error(what, kAdvice);
  }
  if (settings.ca_file.empty() && settings.ca_dir.empty() && settings.verify &&
      SSL_CTX_set_default_verify_paths(context) != 1) {
    return tls_error("the system's CA certificates cannot be used", "name a CA file or folder");
  }
  return {};
}

Status identify(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.certificate.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) != 1) {
    return tls_error(text("the certificate ", settings.certificate, " cannot be used"),
                     "give a readable file in PEM form");
  }
  if (SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return tls_error(text("the key ", settings.key, " cannot be used"),
                     "give the readable PEM file of the certificate's key, and its password if it has one");
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return tls_error(text("the key ", settings.key, " is not that of the certificate ", settings.certificate),
                     "give both of one pair");
  }
  return {};
}

// A program may define functions of the same names, from an OpenSSL of its own: the loader takes those then.
Status check_version() {
  constexpr int kMajor = 28;  // the bits above
  if (OpenSSL_version_num() >> kMajor == OPENSSL_VERSION_NUMBER >> kMajor) return {};
  return tls_error(text("TLS: another OpenSSL is in the way: that of this process is ",
                        OpenSSL_version(OPENSSL_VERSION), ", and this library was built with ",
                        OPENSSL_VERSION_TEXT, ": let the program not export its own"));
}

Result<ContextPtr> make_context(const TlsSettings& settings) {
  if (auto status = check_version(); !status.ok()) return status;
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_client_method()), [](SSL_CTX* of) {
    if (!has_cleaned_up()) SSL_CTX_free(of);
  });
  if (context == nullptr) return tls_error("it cannot be begun", "check the system's OpenSSL");
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, settings.min_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
  SSL_CTX_set_options(raw, SSL_OP_IGNORE_UNEXPECTED_EOF);  // RESP tells by itself where a reply ends
#endif
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(raw, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_default_passwd_cb(raw, key_password);  // without one OpenSSL asks at the terminal
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): OpenSSL hands it back as it is, to key_password
  SSL_CTX_set_default_passwd_cb_userdata(raw, const_cast<TlsSettings*>(&settings));
  // This first: a system's CA certificates take their time, and files that are not there need none.
  if (auto status = identify(raw, settings); !status.ok()) return status;
  if (auto status = trust(raw, settings); !status.ok()) return status;
  ERR_clear_error();
  return context;
}

// What changes when a file is written anew.
std::string look_of(const std::string& path) {
  struct stat file {};
  if (path.empty() || stat(path.c_str(), &file) != 0) return {};
  return text(static_cast<std::uint64_t>(file.st_ino), " ", static_cast<std::int64_t>(file.st_size), " ",
              static_cast<std::int64_t>(file.st_mtim.tv_sec), " ",
              static_cast<std::int64_t>(file.st_mtim.tv_nsec));
}

std::vector<std::string> look_of_files(const TlsSettings& settings) {
  std::vector<std::string> looks;
  for (const auto* path : {&settings.ca_file, &settings.ca_dir, &settings.certificate, &settings.key}) {
    looks.push_back(look_of(*path));
  }
  if (settings.ca_file.empty() && settings.ca_dir.empty())
    looks.push_back(look_of(X509_get_default_cert_file()));
  return looks;
}

bool is_numeric(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// As it stands in certificates: without the dot of a full name, and without the interface of an address.
std::string certified_name(const std::string& host) {
  std::string name = canonical_host(host);
  if (name.find(':') != std::string::npos) name.resize(std::min(name.find('%'), name.size()));
  return name;
}

bool is_made_out_to(X509* certificate, const std::string& name) {
  return is_numeric(name) ? X509_check_ip_asc(certificate, name.c_str(), 0) == 1
                          : X509_check_host(certificate, name.data(), name.size(),
                                            X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

// OpenSSL itself takes any of several names, but not a name or an address.
int look_for_another_name(int good, X509_STORE_CTX* store) {
  const int failure = X509_STORE_CTX_get_error(store);
  if (good == 1 || (failure != X509_V_ERR_HOSTNAME_MISMATCH && failure != X509_V_ERR_IP_ADDRESS_MISMATCH))
    return good;
  const auto* ssl =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto& names = *static_cast<const std::vector<std::string>*>(SSL_get_app_data(ssl));
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  for (const auto& name : names) {
    if (!is_made_out_to(certificate, name)) continue;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  return good;
}

// The names by which the server is known: one is asked for, and to one its certificate must be made out.
bool expect_names(SSL* ssl, std::vector<std::string>& names, bool verify) {
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& name) { return !is_numeric(name); });
  const std::string& name = names.front();
  const bool numeric = is_numeric(name);
  if (!numeric && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
  if (!verify) return true;
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (names.size() > 1) {
    SSL_set_app_data(ssl, &names);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, look_for_another_name);
  }
  return numeric ? X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1
                 : X509_VERIFY_PARAM_set1_host(param, name.data(), name.size()) == 1;
}

int clamped(std::size_t size) noexcept { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

bool tls_offered() noexcept { return true; }

Result<ContextPtr> TlsContexts::current() {
  auto looks = look_of_files(settings_);
  const std::lock_guard lock(mutex_);
  if (context_ != nullptr && looks == loaded_from_) return context_;
  auto made = make_context(settings_);
  // Files are replaced one after the other, and a key does not fit the certificate before: until they do, the
  // last good ones serve.
  if (!made.ok() && context_ != nullptr) return context_;
  if (!made.ok()) return made.take_error();
  context_ = made.take();
  loaded_from_ = std::move(looks);
  return context_;
}

Result<std::unique_ptr<TlsStream>> TlsStream::begin(TlsContexts& contexts, int fd,
                                                    std::vector<std::string> names) {
  if (has_cleaned_up()) return tls_error(kCleanedUp);
  auto context = contexts.current();
  if (!context.ok()) return context.take_error();
  std::unique_ptr<TlsStream> stream(new TlsStream());
  stream->ssl_ = SSL_new(context.value().get());
  BIO* bio = stream->ssl_ == nullptr ? nullptr : BIO_new(socket_method());
  if (bio == nullptr) return no_memory_error();
  stream->wire_.fd = fd;
  BIO_set_data(bio, &stream->wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(stream->ssl_, bio, bio);
  SSL_set_connect_state(stream->ssl_);
  const TlsSettings& settings = contexts.settings();
  if (!settings.server_name.empty()) names.assign(1, settings.server_name);
  for (const auto& name : names) stream->names_.push_back(certified_name(name));
  if (!expect_names(stream->ssl_, stream->names_, settings.verify)) {
    return tls_error(text(stream->names_.front(), " cannot be asked for"),
                     "give the name of the server's certificate");
  }
  return stream;
}

TlsStream::~TlsStream() {
  if (ssl_ == nullptr || has_cleaned_up()) return;
  if (failure_ == 0 && system_failure_ == 0 && SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
  SSL_free(ssl_);
  ERR_clear_error();
}

TlsStream::SessionSetup TlsStream::handshake() {
  const std::lock_guard lock(mutex_);
  if (cleaned_up()) return SessionSetup::kFailed;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return SessionSetup::kDone;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return SessionSetup::kReads;
    case SSL_ERROR_WANT_WRITE:
      return SessionSetup::kWrites;
    default:
      note_failure();
      return SessionSetup::kFailed;
  }
}

// From then on it has failed.
bool TlsStream::cleaned_up() noexcept {
  if (!has_cleaned_up()) return false;
  cleaned_up_ = true;
  system_failure_ = ESHUTDOWN;
  return true;
}

void TlsStream::note_failure() noexcept {
  failure_ = take_failure();
  no_reason_ = failure_ == 0 && wire_.failure == 0 && !wire_.ended;
  system_failure_ = wire_.failure != 0 ? wire_.failure : EPROTO;
  verify_failure_ = SSL_get_verify_result(ssl_);
}

template <class Operation>
Transfer TlsStream::transfer(Operation&& operation) noexcept {
  const std::lock_guard lock(mutex_);
  if (cleaned_up()) [[unlikely]] {
    Transfer failed;
    failed.failure = system_failure_;
    return failed;
  }
  ERR_clear_error();
  Transfer transfer;
  const int result = operation();
  if (result > 0) {
    transfer.bytes = static_cast<std::size_t>(result);
    return transfer;
  }
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      transfer.would_block = true;
      return transfer;
    case SSL_ERROR_ZERO_RETURN:
      transfer.closed = true;
      return transfer;
    default:
      note_failure();
      transfer.closed = failure_ == 0 && wire_.failure == 0 && wire_.ended;
      transfer.failure = transfer.closed ? 0 : system_failure_;
      return transfer;
  }
}

Transfer TlsStream::send(const char* data, std::size_t size) noexcept {
  return transfer([&] { return SSL_write(ssl_, data, clamped(size)); });
}

Transfer TlsStream::receive(char* data, std::size_t size) noexcept {
  return transfer([&] { return SSL_read(ssl_, data, clamped(size)); });
}

Transfer TlsStream::peek(char* byte) noexcept {
  return transfer([&] { return SSL_peek(ssl_, byte, 1); });
}

bool TlsStream::out_of_memory() const noexcept {
  const std::lock_guard lock(mutex_);
  if (no_reason_ || is_no_memory(failure_)) return true;
  if (ERR_GET_REASON(failure_) != SSL_R_CERTIFICATE_VERIFY_FAILED) return false;
  // With nothing against the certificate, there was no memory to look at it.
  return verify_failure_ == X509_V_OK || verify_failure_ == X509_V_ERR_OUT_OF_MEM;
}

std::string TlsStream::said_in_the_clear() {
  const std::lock_guard lock(mutex_);
  Wire& wire = wire_;
  if (wire.head_size > 0 && wire.head[0] != '-') return {};
  // OpenSSL has read no more than the beginning, and nothing if it could not write.
  char rest[sizeof wire.head];
  const ssize_t more = ::recv(wire.fd, rest, sizeof rest, MSG_DONTWAIT);
  if (more > 0) WireAccess::keep({rest, static_cast<std::size_t>(more)}, wire);
  if (wire.head_size == 0 || wire.head[0] != '-') return {};
  const std::string_view line(wire.head + 1, wire.head_size - 1);
  return std::string(line.substr(0, line.find_first_of("\r\n")));
}

std::string TlsStream::failure() const {
  const std::lock_guard lock(mutex_);
  if (cleaned_up_) return std::string(kCleanedUp);
  if (failure_ == 0) return {};
  switch (ERR_GET_REASON(failure_)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return text(
          "its certificate is not trusted: ", X509_verify_cert_error_string(verify_failure_),
          ": check the CA that is trusted (rc_options_set_tls_ca_file), the node's certificate, and the name "
          "it is made out to (rc_options_set_tls_server_name)");
    case SSL_R_WRONG_VERSION_NUMBER:
      return text("it answered with something that is not TLS (", reason_of(failure_),
                  "): check that the port is the one for TLS (tls-port)");
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return text(
          reason_of(failure_),
          ": it may ask for a client's certificate (rc_options_set_tls_certificate), or share no TLS version "
          "or cipher with this client");
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return text(reason_of(failure_),
                  ": it offers no TLS version that rc_options_set_tls_min_version allows");
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
      return text(reason_of(failure_), ": it does not accept this client's certificate");
    default:
      return reason_of(failure_);
  }
}

}  // namespace rediscluster

#else

namespace rediscluster {
namespace {

ErrorPtr not_offered() {
  return make_error(Code::kUnsupported, Outcome::kNotSent,
                    "TLS: this library was built without it (REDISCLUSTER_TLS=OFF)");
}

}  // namespace

bool tls_offered() noexcept { return false; }
Result<std::unique_ptr<TlsStream>> TlsStream::begin(TlsContexts&, int, std::vector<std::string>) {
  return not_offered();
}
TlsStream::~TlsStream() = default;
TlsStream::SessionSetup TlsStream::handshake() { return SessionSetup::kFailed; }
Transfer TlsStream::send(const char*, std::size_t) noexcept { return {}; }
Transfer TlsStream::receive(char*, std::size_t) noexcept { return {}; }
Transfer TlsStream::peek(char*) noexcept { return {}; }
bool TlsStream::out_of_memory() const noexcept { return false; }
std::string TlsStream::said_in_the_clear() { return {}; }
std::string TlsStream::failure() const { return {}; }

}  // namespace rediscluster

#endif
