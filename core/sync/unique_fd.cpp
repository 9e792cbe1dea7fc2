#include "sync/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace rediscluster {

int UniqueFd::leave_the_standard_ones(int fd) noexcept {
  const int higher = fcntl(fd, F_DUPFD_CLOEXEC, kFirstFree);
  const int reason = errno;
  close(fd);
  errno = reason;
  return higher;
}

}  // namespace rediscluster
