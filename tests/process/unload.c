/* Loads the library, leaves behind what goes on in it, and unloads it: a lookup of a name that nobody waits
 * for any more, and a thread that has used it and ends later. A fork follows. unload LIBRARY */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fake_resolver.h>
#include <pthread.h>
#include <rediscluster/rediscluster.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static rc_options* (*options_from_url)(const char*, rc_error**);
static int (*options_set_timeout_ms)(rc_options*, int, rc_error**);
static void (*options_free)(rc_options*);
static rc_cluster* (*cluster_open)(const rc_options*, rc_error**);
static int (*error_code)(const rc_error*);
static void (*error_free)(rc_error*);

static int missing;

static void* find(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (found == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    missing = 1;
  }
  return found;
}

static void find_all(void* library) {
  *(void**)&options_from_url = find(library, "rc_options_from_url");
  *(void**)&options_set_timeout_ms = find(library, "rc_options_set_timeout_ms");
  *(void**)&options_free = find(library, "rc_options_free");
  *(void**)&cluster_open = find(library, "rc_cluster_open");
  *(void**)&error_code = find(library, "rc_error_code");
  *(void**)&error_free = find(library, "rc_error_free");
}

static void open_in_vain(void) {
  rc_options* options = options_from_url("redis://slow.test:7000", NULL);
  rc_error* error = NULL;
  options_set_timeout_ms(options, 100, NULL);
  if (cluster_open(options, &error) != NULL || error_code(error) != RC_ERR_TIMEOUT) {
    fprintf(stderr, "open of a name that does not resolve: %d\n", error_code(error));
    exit(1);
  }
  error_free(error);
  options_free(options);
}

static sem_t used, may_end;

static void* use_and_end_later(void* unused) {
  open_in_vain();
  sem_post(&used);
  while (sem_wait(&may_end) != 0 && errno == EINTR) {
  }
  return unused;
}

static int threads(void) {
  DIR* tasks = opendir("/proc/self/task");
  int count = 0;
  for (struct dirent* entry; (entry = readdir(tasks)) != NULL;) count += entry->d_name[0] != '.';
  closedir(tasks);
  return count;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  fake_name_hangs("slow.test");
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  find_all(library);
  if (missing) return 1;
  open_in_vain();
  sem_init(&used, 0, 0);
  sem_init(&may_end, 0, 0);
  pthread_t user;
  if (pthread_create(&user, NULL, use_and_end_later, NULL) != 0) return 1;
  while (sem_wait(&used) != 0 && errno == EINTR) {
  }

  if (dlclose(library) != 0) return 1;
  sem_post(&may_end);
  pthread_join(user, NULL);
  fake_name_resolves("slow.test", "127.0.0.1");
  while (threads() > 1) usleep(1000); /* the lookups that were left behind */

  const pid_t child = fork();
  if (child == 0) _exit(0);
  int status = 1;
  if (waitpid(child, &status, 0) != child || status != 0) return 1;

  /* And it can be loaded again. */
  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return 1;
  find_all(library);
  fake_name_fails("slow.test", -2);
  rc_options* options = options_from_url("redis://slow.test:7000", NULL);
  rc_error* error = NULL;
  if (cluster_open(options, &error) != NULL || error_code(error) != RC_ERR_CONNECT) return 1;
  error_free(error);
  options_free(options);
  return 0;
}
