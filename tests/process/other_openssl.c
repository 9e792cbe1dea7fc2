/* A program that exports functions of an OpenSSL of another version: the library takes no step with them. */
#include <arpa/inet.h>
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

unsigned long OpenSSL_version_num(void);
unsigned long OpenSSL_version_num(void) { return 0x2000000fUL; }

void* SSL_CTX_new(const void* method);
void* SSL_CTX_new(const void* method) {
  (void)method;
  fprintf(stderr, "the library called SSL_CTX_new of the program's OpenSSL\n");
  abort();
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&address, size) != 0 || listen(listener, 1) != 0) return 1;
  getsockname(listener, (struct sockaddr*)&address, &size);

  rc_error* error = NULL;
  rc_options* options = rc_options_new();
  rc_options_add_node(options, "127.0.0.1", ntohs(address.sin_port), NULL);
  rc_options_set_tls(options, 1, NULL);
  rc_cluster* cluster = rc_cluster_open(options, &error);
  const int refused = cluster == NULL && rc_error_code(error) == RC_ERR_TLS &&
                      strstr(rc_error_message(error), "another OpenSSL is in the way") != NULL;
  if (!refused) fprintf(stderr, "open: %s\n", rc_error_message(error));
  rc_error_free(error);
  rc_options_free(options);
  return refused ? 0 : 1;
}
