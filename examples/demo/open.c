// Opening a cluster: any node that answers will do, so give several.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demo.h"
#include "output.h"
#include "test_wait.h"

// A port that refuses connections, and stays so while the socket is open: bound, but nobody listens.
static int dead_port(int* fd) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd < 0 || bind(*fd, (struct sockaddr*)&address, size) != 0 ||
      getsockname(*fd, (struct sockaddr*)&address, &size) != 0) {
    return 0;
  }
  return ntohs(address.sin_port);
}

int open_cluster(demo* d) {
  heading("Open from two seeds, one of them dead");
  int fd;
  const int nobody = dead_port(&fd);
  const int somebody = test_node_port(d->servers, 0);
  say("seeds", "127.0.0.1:%d (nobody listens there), 127.0.0.1:%d", nobody, somebody);

  rc_options* options = rc_options_new();
  rc_options_add_node(options, "127.0.0.1", nobody, NULL);
  rc_options_add_node(options, "127.0.0.1", somebody, NULL);
  rc_options_set_timeout_ms(options, 10000, NULL);  // a call may wait for an election
  rc_options_set_watch_retries(options, 1000, NULL);

  const long long begin = test_now_ms();
  rc_error* error = NULL;
  d->cluster = rc_cluster_open(options, &error);
  const long long end = test_now_ms();
  rc_options_free(options);
  close(fd);

  if (d->cluster == NULL) {
    check(0, "open: %s: %s", rc_error_name(rc_error_code(error)), rc_error_message(error));
    rc_error_free(error);
    return 0;
  }
  check(1, "open after %lld ms", end - begin);
  check(print_nodes(d->cluster) == 16384, "every slot has an owner");
  return 1;
}
