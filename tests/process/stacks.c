/* What the library needs of the stack of the thread that calls it. Every operation runs on a stack that was
 * painted before, and is told with the bytes that it has used, those of the C library with it; none may need
 * more than docs/process.md says. Then everything runs in threads that have just that much. */
#include <pthread.h>
#include <rediscluster/rediscluster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <test_access.h>
#include <test_cluster.h>
#include <unistd.h>

enum {
  kPromised = 16 * 1024,        /* docs/process.md; of a stack, the thread's own data not counted */
  kPromisedWithTls = 24 * 1024, /* OpenSSL's part is larger than ours */
  kPainted = 512 * 1024,
  kPaint = 0xA5
};

static test_cluster* servers;
static rc_cluster* cluster;

static int told(rc_reply* reply) {
  rc_reply_free(reply);
  return reply != NULL;
}

static rc_cluster* open_one(void) {
  rc_options* options = rc_options_new();
  rc_options_add_address(options, test_node_address(servers, 0), NULL);
  test_access(options);
  rc_error* error = NULL;
  rc_cluster* opened = rc_cluster_open(options, &error);
  if (opened == NULL) fprintf(stderr, "open: %s\n", rc_error_message(error));
  rc_error_free(error);
  rc_options_free(options);
  return opened;
}

static int open_cluster(void) { return (cluster = open_one()) != NULL; }
static int command(void) { return told(rc_commandf(cluster, NULL, "SET {s}key value")); }
static int many_elements(void) { return told(rc_commandf(cluster, NULL, "LRANGE {s}list 0 -1")); }
static int nested(void) {
  return told(rc_commandf(cluster, NULL, "EVAL %s 1 {s}key", "return {1,{2,{3,{4,{5,{6,{'seven'}}}}}}}"));
}
static int formatted(void) { return told(rc_commandf(cluster, NULL, "GETRANGE {s}key %d %.17g", 0, 3.0)); }
static int failing(void) {
  rc_error* error = NULL;
  rc_reply* reply = rc_commandf(cluster, &error, "INCR {s}list");
  rc_error_free(error);
  return reply == NULL && error != NULL;
}

static int many(size_t count, rc_reply* (*operation)(rc_cluster*, const rc_commands*, rc_error**)) {
  rc_commands* commands = rc_commands_new();
  for (size_t i = 0; i < count; ++i) {
    const char* const words[] = {"GET", "{s}key"};
    rc_commands_add(commands, 2, words, NULL, NULL);
  }
  rc_reply* reply = operation(cluster, commands, NULL);
  rc_commands_free(commands);
  return told(reply);
}
static int pipeline(void) { return many(5000, rc_pipeline); }
static int transaction(void) { return many(20, rc_transaction); }

static int watched(rc_watch* watch, rc_commands* to_execute, void* user_data) {
  (void)user_data;
  const char* const get[] = {"GET", "{s}key"};
  const char* const set[] = {"SET", "{s}key", "value"};
  if (!told(rc_watch_command(watch, 2, get, NULL, NULL))) return RC_OK;
  rc_commands_add(to_execute, 3, set, NULL, NULL);
  return RC_WATCH_EXECUTE;
}
static int watch(void) {
  const char* const keys[] = {"{s}key"};
  return told(rc_watch_transaction(cluster, 1, keys, NULL, watched, NULL, NULL));
}
static int refresh(void) { return rc_cluster_refresh(cluster, NULL) == RC_OK; }
static int info(void) {
  rc_info* it = rc_cluster_info(cluster, NULL);
  rc_info_free(it);
  return it != NULL;
}
static int explain(void) {
  const char* const words[] = {"UNHEARD.OF", "{s}key"};
  rc_explanation* it = rc_explain(cluster, 2, words, NULL, NULL);
  rc_explanation_free(it);
  return it != NULL;
}
static int url(void) {
  rc_options* options = rc_options_from_url("redis://user:pass@localhost:7000,[::1]:7001?timeout_ms=5", NULL);
  rc_options_free(options);
  return options != NULL;
}
static int close_cluster(void) {
  rc_cluster_close(cluster);
  rc_cluster_free(cluster);
  cluster = NULL;
  return 1;
}

typedef struct operation {
  const char* name;
  int (*run)(void);
} operation;

static const operation operations[] = {
    {"open", open_cluster},
    {"command", command},
    {"many elements", many_elements},
    {"nested", nested},
    {"rc_commandf", formatted},
    {"error", failing},
    {"pipeline", pipeline},
    {"transaction", transaction},
    {"watch", watch},
    {"refresh", refresh},
    {"info", info},
    {"explain", explain},
    {"options from a URL", url},
    {"close", close_cluster},
};
enum { kOperations = sizeof operations / sizeof *operations };

static int nothing(void) { return 1; }

typedef struct painted {
  int (*run)(void);
  int worked;
} painted;

static void* run(void* argument) {
  painted* it = argument;
  it->worked = it->run();
  return NULL;
}

/* Runs it on a stack of that size; what it has used, or 0 when it did not work. Below lies a page that nobody
 * may touch. */
static size_t used_by(int (*what)(void), size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char* memory =
      mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0) exit(1);
  unsigned char* stack = memory + page;
  memset(stack, kPaint, size);
  pthread_attr_t attributes;
  pthread_t thread;
  painted it = {what, 0};
  pthread_attr_init(&attributes);
  if (pthread_attr_setstack(&attributes, stack, size) != 0 ||
      pthread_create(&thread, &attributes, run, &it) != 0)
    exit(1);
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
  size_t untouched = 0;
  while (untouched < size && stack[untouched] == kPaint) ++untouched;
  munmap(memory, size + page);
  return it.worked ? size - untouched : 0;
}

static int fill(void) {
  rc_cluster* filled = open_one();
  if (filled == NULL) return 0;
  rc_reply_free(rc_commandf(filled, NULL, "DEL {s}list"));
  rc_commands* commands = rc_commands_new();
  for (int i = 0; i < 3000; ++i) {
    const char* const words[] = {"RPUSH", "{s}list", "an element of the list"};
    rc_commands_add(commands, 3, words, NULL, NULL);
  }
  const int worked = told(rc_pipeline(filled, commands, NULL));
  rc_commands_free(commands);
  rc_cluster_free(filled);
  return worked;
}

static int run_all(void) {
  const size_t promised = getenv("RC_TEST_TLS") == NULL ? kPromised : kPromisedWithTls;
  servers = test_cluster_start(NULL);
  if (servers == NULL || !fill()) return 1;
  const size_t of_thread = used_by(nothing, kPainted); /* the C library's and the loader's */
  printf("a thread that does nothing: %zu\n", of_thread);
  int failed = 0;
  for (int i = 0; i < kOperations; ++i) {
    const size_t used = used_by(operations[i].run, kPainted);
    printf("%-20s %zu\n", operations[i].name, used == 0 ? 0 : used - of_thread);
    failed |= used == 0 || used - of_thread > promised;
  }
  fflush(stdout);
  if (failed) {
    fprintf(stderr, "an operation failed, or used more than %zu bytes\n", promised);
    return 1;
  }
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t size = (of_thread + promised + page - 1) / page * page;
  for (int i = 0; i < kOperations; ++i) {
    if (used_by(operations[i].run, size < (size_t)PTHREAD_STACK_MIN ? (size_t)PTHREAD_STACK_MIN : size) != 0)
      continue;
    fprintf(stderr, "%s does not work with a stack of %zu bytes\n", operations[i].name, size);
    return 1;
  }
  return 0;
}

int main(void) {
  const int failed = run_all();
  test_cluster_stop(servers);
  return failed;
}
