#include "test_certificates.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

#include "admin.h"
#include "test_process.h"

#ifdef TEST_WITH_OPENSSL
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#endif

using namespace test_support;

#ifdef TEST_WITH_OPENSSL
namespace {

using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>>;
using File = std::unique_ptr<FILE, FreedBy<fclose>>;

constexpr long kDay = 24 * 60 * 60;
constexpr const char* kServerNames =
    "IP:127.0.0.1,IP:::1,DNS:localhost,DNS:node0.test,DNS:node1.test,DNS:node2.test";

struct Issuer {
  X509* certificate;  // null: it signs itself
  EVP_PKEY* key;
};

struct Subject {
  const char* name;
  EVP_PKEY* key;
  const char* alternative_names = nullptr;
  bool is_authority = false;
  long days = 3650;
};

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  X509_add_ext(certificate, extension.get(), -1);
}

Certificate issue(const Subject& subject, const Issuer& issuer) {
  static long serial = 0;
  Certificate certificate(X509_new());
  X509* it = certificate.get();
  X509* signer = issuer.certificate != nullptr ? issuer.certificate : it;
  X509_set_version(it, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(it), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(it), -30 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(it), subject.days * kDay);
  X509_set_pubkey(it, subject.key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(it), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject.name), -1, -1, 0);
  X509_set_issuer_name(it, X509_get_subject_name(signer));
  add_extension(it, signer, NID_subject_key_identifier, "hash");
  add_extension(it, signer, NID_authority_key_identifier, "keyid");
  add_extension(it, signer, NID_basic_constraints,
                subject.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (subject.is_authority) add_extension(it, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (subject.alternative_names != nullptr) {
    add_extension(it, signer, NID_subject_alt_name, subject.alternative_names);
  }
  X509_sign(it, issuer.key, EVP_sha256());
  return certificate;
}

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) { mkdir(path_.c_str(), 0700); }

  void write(const char* name, const Certificate& certificate) const {
    const File file(fopen((path_ + "/" + name).c_str(), "w"));
    if (file) PEM_write_X509(file.get(), certificate.get());
  }
  void write(const char* name, const Key& key, const char* password = nullptr) const {
    const File file(fopen((path_ + "/" + name).c_str(), "w"));
    if (!file) return;
    PEM_write_PKCS8PrivateKey(file.get(), key.get(), password != nullptr ? EVP_aes_128_cbc() : nullptr,
                              nullptr, 0, nullptr, const_cast<char*>(password));
  }
  void make(const std::string& path) const {
    const Folder folder(path_ + "/" + path);
    const Key authority_key(EVP_EC_gen("P-256"));
    const Key server_key(EVP_EC_gen("P-256"));
    const Key client_key(EVP_EC_gen("P-256"));
    const Key other_authority_key(EVP_EC_gen("P-256"));
    const Key other_key(EVP_EC_gen("P-256"));
    const Certificate authority =
        issue({.name = "authority of the tests", .key = authority_key.get(), .is_authority = true},
              {nullptr, authority_key.get()});
    const Issuer by_authority{authority.get(), authority_key.get()};
    const Certificate other_authority =
        issue({.name = "another authority", .key = other_authority_key.get(), .is_authority = true},
              {nullptr, other_authority_key.get()});

    folder.write("ca.crt", authority);
    folder.write("server.key", server_key);
    Subject server{.name = "server", .key = server_key.get(), .alternative_names = kServerNames};
    folder.write("server.crt", issue(server, by_authority));
    folder.write("self-signed.crt", issue(server, {nullptr, server_key.get()}));
    server.days = -1;
    folder.write("expired.crt", issue(server, by_authority));
    folder.write("wrong-name.crt", issue({.name = "elsewhere.invalid",
                                          .key = server_key.get(),
                                          .alternative_names = "DNS:elsewhere.invalid"},
                                         by_authority));

    for (const std::string name : {"node0.test", "node1.test", "node2.test"}) {
      folder.write(
          ("only-" + name + ".crt").c_str(),
          issue({.name = "server", .key = server_key.get(), .alternative_names = ("DNS:" + name).c_str()},
                by_authority));
    }
    folder.write("only-address.crt",
                 issue({.name = "server", .key = server_key.get(), .alternative_names = "IP:127.0.0.1"},
                       by_authority));

    folder.write("client.key", client_key);
    folder.write("client-locked.key", client_key, TEST_TLS_KEY_PASSWORD);
    folder.write("client.crt", issue({.name = "client", .key = client_key.get()}, by_authority));
    folder.write("expired-client.crt",
                 issue({.name = "client", .key = client_key.get(), .days = -1}, by_authority));

    folder.write("other-ca.crt", other_authority);
    folder.write("other.key", other_key);
    folder.write("other.crt", issue({.name = "client", .key = other_key.get()},
                                    {other_authority.get(), other_authority_key.get()}));

    char hashed[32];
    snprintf(hashed, sizeof hashed, "%08lx.0", X509_subject_name_hash(authority.get()));
    Folder(folder.path_ + "/ca-dir").write(hashed, authority);
    Folder(folder.path_ + "/empty-dir");
    std::ofstream(folder.path_ + "/garbage.pem") << "this is not PEM\n";
  }

 private:
  const std::string path_;
};

}  // namespace
#endif

extern "C" const char* test_tls_file(const char* name) {
#ifdef TEST_WITH_OPENSSL
  static std::once_flag once;
  std::call_once(once, [] { Folder(test_process_folder()).make("certificates"); });
  static std::mutex mutex;
  static std::map<std::string, std::string> paths;
  const std::lock_guard<std::mutex> lock(mutex);
  std::string& path = paths[name];
  if (path.empty()) path = std::string(test_process_folder()) + "/certificates/" + name;
  return path.c_str();
#else
  complain("%s: the tests were built without OpenSSL", name);
  return "";
#endif
}

extern "C" int test_tls_replace(const char* path, const char* name) {
  const std::string fresh = std::string(path) + ".new";
  {
    const std::ifstream from(test_tls_file(name));
    std::ofstream to(fresh, std::ios::trunc);
    to << from.rdbuf();
    if (!from || !to) {
      complain("cannot copy %s to %s", name, path);
      return 0;
    }
  }
  return rename(fresh.c_str(), path) == 0;
}
