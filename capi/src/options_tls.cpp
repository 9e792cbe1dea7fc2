// rc_options: TLS.
#include "setters.h"

using namespace rediscluster;

int rc_options_set_tls(rc_options* options, int yes, rc_error** error) {
  return set_number(options, yes, error, &Options::set_tls);
}

int rc_options_set_tls_verify(rc_options* options, int yes, rc_error** error) {
  return set_number(options, yes, error, &Options::set_tls_verify);
}

int rc_options_set_tls_ca_file(rc_options* options, const char* path, rc_error** error) {
  return set_text(options, "path", path, error, &Options::set_tls_ca_file);
}

int rc_options_set_tls_ca_dir(rc_options* options, const char* path, rc_error** error) {
  return set_text(options, "path", path, error, &Options::set_tls_ca_dir);
}

int rc_options_set_tls_certificate(rc_options* options, const char* cert_file, const char* key_file,
                                   rc_error** error) {
  return change(options, error, [&](Options& to) -> Status {
    if (cert_file == nullptr) return invalid_argument("cert_file is NULL");
    if (key_file == nullptr) return invalid_argument("key_file is NULL");
    return to.set_tls_certificate(cert_file, key_file);
  });
}

int rc_options_set_tls_key_password(rc_options* options, const char* password, rc_error** error) {
  return set_text(options, "password", password, error, &Options::set_tls_key_password);
}

int rc_options_set_tls_server_name(rc_options* options, const char* name, rc_error** error) {
  return set_text(options, "name", name, error, &Options::set_tls_server_name);
}

int rc_options_set_tls_min_version(rc_options* options, int version, rc_error** error) {
  return set_number(options, version, error, &Options::set_tls_min_version);
}
