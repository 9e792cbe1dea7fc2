#include "temp_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <mutex>

namespace test_support {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "rediscluster-test.";
constexpr time_t kSweepAge = 60;  // a younger folder may not be locked yet

// A plain array, so that a signal handler can read it.
char g_path[512];

// The lock is how others see that the owner lives. It is held until the process ends.
int lock_folder(const char* path) {
  const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -1;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  close(fd);
  return -1;
}

void sweep_abandoned(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.path().filename().string().rfind(kPrefix, 0) != 0) continue;
    struct stat info {};
    if (lstat(entry.path().c_str(), &info) != 0 || info.st_uid != geteuid()) continue;
    if (time(nullptr) - info.st_mtime < kSweepAge) continue;
    const int lock = lock_folder(entry.path().c_str());
    if (lock < 0) continue;
    remove_folder(entry.path());
    close(lock);
  }
}

void create() {
  const char* parent = getenv("TMPDIR");
  if (parent == nullptr || *parent == '\0') parent = "/tmp";
  sweep_abandoned(parent);
  snprintf(g_path, sizeof g_path, "%s/%sXXXXXX", parent, kPrefix);
  if (mkdtemp(g_path) == nullptr || lock_folder(g_path) < 0) {
    perror("test_support: cannot create a folder below $TMPDIR or /tmp");
    abort();
  }
}

}  // namespace

const char* temp_folder() {
  static std::once_flag once;
  std::call_once(once, create);
  return g_path;
}

const char* temp_folder_if_any() { return g_path[0] == '\0' ? nullptr : g_path; }

void remove_folder(const std::string& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace test_support
