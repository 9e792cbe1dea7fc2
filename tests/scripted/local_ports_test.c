// A machine of which all local ports are in use: calls say so, and go on as soon as there is one.
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scripted/scenario.h"

// The program lives in a network of its own, where two local ports are all there are. Where a process may not
// have one, the test stands in for the kernel: connect() then answers as it does.
static int own_network;
static int none_left;

// glibc declares connect() with a type of its own for addresses, which ISO C cannot define again.
int connect_unless_none_left(int fd, const void* address, socklen_t length) __asm__("connect");

int connect_unless_none_left(int fd, const void* address, socklen_t length) {
  if (none_left) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  return (int)syscall(SYS_connect, fd, address, length);
}

static int write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (file == NULL) return 0;
  const int written = fputs(text, file) >= 0;
  return fclose(file) == 0 && written;
}

static int enter_own_network(void) {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return 0;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  const int up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
  close(fd);
  return up;
}

static int start(void** state) {
  (void)state;
  own_network = enter_own_network();
  return 0;
}

static void leave_two_ports(void) {
  own_network = own_network && write_file("/proc/sys/net/ipv4/ip_local_port_range", "9000 9001");
  if (!own_network) print_message("there is no network for this test alone: it plays the kernel itself\n");
}

// The ports that are left.
struct taken {
  int fds[2];
};

static int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (struct sockaddr*)&address, sizeof address) == 0) return fd;
  assert_int_equal(errno, EADDRNOTAVAIL);
  close(fd);
  return -1;
}

// For connections to that node.
static struct taken take_ports(const scripted_net* net, const char* node) {
  struct taken taken = {.fds = {-1, -1}};
  none_left = !own_network;
  for (int i = 0; i < 2; i++) taken.fds[i] = connect_to(scripted_net_port(net, node));
  assert_int_equal(connect_to(scripted_net_port(net, node)), -1);
  return taken;
}

static void give_back(struct taken taken) {
  none_left = 0;
  const struct linger reset = {.l_onoff = 1};  // else they were in TIME_WAIT
  for (int i = 0; i < 2; i++) {
    if (taken.fds[i] < 0) continue;
    setsockopt(taken.fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(taken.fds[i]);
  }
}

static void without_a_local_port_calls_say_so_until_there_is_one(void** state) {
  (void)state;
  scripted_net* net =
      scripted_net_start("a", ALL_AT_B, "b", ALL_AT_B "ALWAYS EXPECT GET foo -> BULK v\n", NULL);
  rc_options* options = options_for(net, "a", 500);
  const char* const b = scripted_net_address(net, "b");
  leave_two_ports();

  struct taken taken = take_ports(net, "a");
  rc_error* error = NULL;
  assert_null(rc_cluster_open(options, &error));
  assert_error(error, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, scripted_net_address(net, "a"),
               "local ports are used up", "ip_local_port_range");
  assert_null(strstr(rc_error_message(error), "check that the node runs"));
  rc_error_free(error);
  give_back(taken);
  rc_cluster* cluster = open_with(options);

  taken = take_ports(net, "b");
  assert_fails(cluster, "GET foo", 300, RC_ERR_CONNECT, RC_OUTCOME_NOT_SENT, "GET", b,
               "local ports are used up");
  give_back(taken);
  assert_answer(cluster, "GET foo", "v");

  taken = take_ports(net, "b");
  assert_answer(cluster, "GET foo", "v");  // what has a connection goes on
  give_back(taken);
  rc_cluster_free(cluster);
  scripted_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_local_port_calls_say_so_until_there_is_one),
  };
  return cmocka_run_group_tests(tests, start, NULL);
}
