#include "test_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "temp_folder.h"
#include "test_wait.h"

namespace {

// Children by pid, readable in a signal handler; 0 is a free place.
std::atomic<pid_t> g_children[256];
pid_t g_owner = 0;

const int kDeadlySignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
struct sigaction g_previous[NSIG];

bool remember(pid_t pid) {
  for (auto& place : g_children) {
    pid_t free_place = 0;
    if (place.compare_exchange_strong(free_place, pid)) return true;
  }
  return false;
}

void forget(pid_t pid) {
  for (auto& place : g_children) {
    pid_t expected = pid;
    place.compare_exchange_strong(expected, 0);
  }
}

// Async-signal-safe.
void kill_children() {
  for (auto& place : g_children) {
    const pid_t pid = place.exchange(0);
    if (pid == 0) continue;
    kill(pid, SIGKILL);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

// std::filesystem may not be used in a signal handler, vfork and exec may.
void remove_folder_in_handler() {
  const char* folder = test_support::temp_folder_if_any();
  if (folder == nullptr) return;
  const pid_t pid = vfork();
  if (pid == 0) {
    execlp("rm", "rm", "-rf", folder, static_cast<char*>(nullptr));
    _exit(127);
  }
  if (pid > 0) waitpid(pid, nullptr, 0);
}

void on_deadly_signal(int number, siginfo_t* info, void*) {
  // A forked child of the test has this handler too, but the processes are not its own.
  if (getpid() == g_owner) {
    kill_children();
    remove_folder_in_handler();
  }
  sigaction(number, &g_previous[number], nullptr);
  // A fault happens again by itself once we return, with the context that the former handler wants to see.
  const bool fault =
      info->si_code > 0 && (number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL);
  if (!fault) raise(number);
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_sigaction = on_deadly_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int number : kDeadlySignals) {
    sigaction(number, nullptr, &g_previous[number]);
    const bool ignored =
        (g_previous[number].sa_flags & SA_SIGINFO) == 0 && g_previous[number].sa_handler == SIG_IGN;
    if (!ignored) sigaction(number, &action, nullptr);
  }
}

// PR_SET_PDEATHSIG acts when the *thread* that forked ends. Test threads come and go, so one thread that
// lives as long as the process does all the forking.
class Spawner {
 public:
  Spawner() {
    // The thread takes no signals: handlers run on the test's own threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { loop(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void run(const std::function<void()>& job) {
    bool done = false;
    std::unique_lock<std::mutex> lock(mutex_);
    jobs_.push_back([&] {
      job();
      done = true;
    });
    changed_.notify_all();
    changed_.wait(lock, [&] { return done; });
  }

  void end() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void loop() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!ending_) {
      changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
      for (; !jobs_.empty(); jobs_.pop_front()) jobs_.front()();
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

Spawner* g_spawner = nullptr;

void at_exit() {
  if (getpid() != g_owner) return;
  kill_children();
  g_spawner->end();
  delete g_spawner;
  test_support::remove_folder(test_support::temp_folder());
}

Spawner& spawner() {
  static std::once_flag once;
  std::call_once(once, [] {
    g_owner = getpid();
    test_support::temp_folder();
    install_signal_handlers();
    g_spawner = new Spawner;
    atexit(at_exit);
  });
  return *g_spawner;
}

// Between fork and exec only async-signal-safe calls: other threads may have held any lock.
[[noreturn]] void become(const char* const* argv, const char* output_path, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int input = open("/dev/null", O_RDONLY);
  const int output =
      open(output_path != nullptr ? output_path : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(argv[0], const_cast<char* const*>(argv));
  static const char failed[] = "test_support: cannot execute the program\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, failed, sizeof failed - 1);
  _exit(127);
}

}  // namespace

extern "C" int test_process_run(char* const* argv) {
  int status = 1;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    execvp(argv[0], argv);
    std::perror(argv[0]);
    _exit(127);
  }
  const bool ended = child > 0 && waitpid(child, &status, 0) == child;
  return ended && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

extern "C" pid_t test_process_spawn(const char* const* argv, const char* output_path) {
  pid_t pid = -1;
  int failure = 0;
  Spawner& forker = spawner();
  if (getpid() != g_owner) {  // a forked child of the test has no spawner thread
    errno = EPERM;
    return -1;
  }
  forker.run([&] {
    pid = fork();
    if (pid == 0) become(argv, output_path, g_owner);
    failure = errno;
  });
  if (pid < 0) {
    errno = failure;
    return -1;
  }
  if (!remember(pid)) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    errno = EAGAIN;
    return -1;
  }
  return pid;
}

extern "C" int test_process_running(pid_t pid) {
  if (pid <= 0) return 0;
  const pid_t ended = waitpid(pid, nullptr, WNOHANG);
  if (ended == 0) return 1;
  forget(pid);
  return 0;
}

extern "C" int test_process_stop(pid_t pid) {
  if (pid <= 0 || kill(pid, SIGSTOP) != 0) return 0;
  int status = 0;
  const pid_t changed = waitpid(pid, &status, WUNTRACED);
  if (changed == pid && WIFSTOPPED(status)) return 1;
  forget(pid);
  return 0;
}

extern "C" int test_process_continue(pid_t pid) {
  if (pid <= 0 || kill(pid, SIGCONT) != 0) return 0;
  int status = 0;
  const pid_t changed = waitpid(pid, &status, WCONTINUED);
  if (changed == pid && WIFCONTINUED(status)) return 1;
  forget(pid);
  return 0;
}

extern "C" void test_process_kill(pid_t pid) {
  if (pid <= 0) return;
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  forget(pid);
}

extern "C" int test_process_count(void) {
  int count = 0;
  for (const auto& place : g_children) {
    const pid_t pid = place.load();
    if (pid != 0) count += test_process_running(pid);
  }
  return count;
}

extern "C" const char* test_process_folder(void) {
  spawner();  // its exit handler is what removes the folder
  return test_support::temp_folder();
}
