#include "chaos/resources.h"

#include <dirent.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace chaos {
namespace {

constexpr int kFirstEphemeral = 20000;

std::vector<int> descriptors() {
  std::vector<int> all;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return all;
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') all.push_back(std::atoi(entry->d_name));
  }
  closedir(folder);
  return all;
}

bool is_eventfd(int fd) {
  char target[64];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), target, sizeof target - 1);
  if (size <= 0) return false;
  target[size] = '\0';
  return std::strcmp(target, "anon_inode:[eventfd]") == 0;
}

using Name = int (*)(int, sockaddr*, socklen_t*);

int port_of(int fd, Name name) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (name(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sin_family != AF_INET) return 0;
  return ntohs(address.sin_port);
}

}  // namespace

std::size_t allocated_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Both ends of a connection between library and proxy are in this process. The library's is the one whose
// peer has a port of the harness: those lie below what connecting sockets are given. The harness itself talks
// to the nodes, which are other processes.
int library_descriptors() {
  const auto all = descriptors();
  std::set<int> here;
  for (const int fd : all) here.insert(port_of(fd, getsockname));
  int count = -1;
  for (const int fd : all) {
    const int peer = port_of(fd, getpeername);
    count += is_eventfd(fd) || (peer != 0 && peer < kFirstEphemeral && here.contains(peer));
  }
  return count;
}

}  // namespace chaos
