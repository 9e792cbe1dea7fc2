// Certificates for tests: PEM files below the folder of the test binary, made at their first use.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// The path of one of these; "", and a word on stderr, where the tests were built without OpenSSL. The text
// lives as long as the process.
//
//   ca.crt             the authority that signed what follows
//   server.crt         127.0.0.1, ::1, localhost and node0.test to node2.test; also what nodes show each
//                      other
//   wrong-name.crt     the server as elsewhere.invalid only
//   expired.crt        the server, until yesterday
//   only-node0.test.crt  the server as that name only; the same for node1.test and node2.test
//   only-address.crt   the server as 127.0.0.1 only
//   server.key         of all these, and of self-signed.crt
//   client.crt         with client.key
//   client-locked.key  the same key, encrypted with TEST_TLS_KEY_PASSWORD
//   expired-client.crt the client, until yesterday
//
//   self-signed.crt    the server, signed by itself
//   other-ca.crt       another authority, which signed nothing of the above
//   other.crt          a client of that one, with other.key
//
//   ca-dir             a folder with ca.crt, by the hash of its name
//   empty-dir          an empty folder
//   garbage.pem        a file that is not PEM
//   missing.pem        no such file
const char* test_tls_file(const char* name);

#define TEST_TLS_KEY_PASSWORD "of the key"

// Puts the contents of one of them in the place of the file at that path, in one step. 1 on success.
int test_tls_replace(const char* path, const char* name);

#ifdef __cplusplus
}
#endif
